/**
 * Probes and heartbeats from the API to the mail: a real HTTP server that fails and comes back, a job that stops
 * reporting, a real SMTP server. What each kind finds stands in lib/sources/polls/kinds/probes_test.ts.
 */
import assert from "node:assert/strict";
import type { Role } from "../../lib/access/identity.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { freePort } from "../support/port.ts";
import { startSmtp } from "../support/receivers/smtp.ts";
import { until } from "../support/until.ts";

type Send = (role: Role, method: string, path: string, body?: unknown) => Promise<{
  status: number;
  // deno-lint-ignore no-explicit-any
  json: any;
}>;

const sender = ({ ask }: RunningApp): Send => async (role, method, path, body) => {
  const headers = { "content-type": "application/json" };
  const answer = await ask(path, { role, method, headers, body: JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, json: text === "" ? null : JSON.parse(text) };
};

/** A server whose answers can be switched. */
function startShop(port: number) {
  const shop = { status: 200, asked: 0 };
  const server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, () => {
    shop.asked++;
    return new Response("shop", { status: shop.status });
  });
  return Object.assign(shop, { close: () => server.shutdown() });
}

Deno.test("probes: what fails and what does not report has an alarm and a mail, and both end by themselves", async () => {
  const smtp = await startSmtp();
  const port = freePort();
  const shop = startShop(port);
  const app = await runApp({
    SMTP_SERVER: "127.0.0.1",
    SMTP_PORT: String(smtp.port),
    SENDER_EMAIL: "perch@example.org",
    RECIPIENT_EMAIL: "plant@example.org",
    OUTGOING_NETWORKS: "127.0.0.0/8",
  });
  const send = sender(app);
  const { registry, alarms, storage } = app.parts;
  const mailAbout = (what: RegExp) =>
    until(
      `a mail about ${what}`,
      () => smtp.mails.find(({ mail }) => what.test(mail.subject ?? "")) ?? null,
    );
  try {
    const settings = { every_s: 1, down_after: 2 };
    const added = await send("admin", "POST", "/api/probes", {
      ...{ name: "Shop", kind: "http", settings },
      options: { url: `http://127.0.0.1:${port}/`, keyword: "shop", headers: "X-Key: canary" },
    });
    assert.equal(added.status, 201, JSON.stringify(added.json));
    assert.deepEqual([added.json.machine, added.json.options.headers], ["probes/Shop", "***"]);
    const job = await send("admin", "POST", "/api/probes", {
      ...{ name: "Backup", kind: "heartbeat", machine: "office/backup" },
      ...{ options: { grace_s: 0 }, settings: { every_s: 1.5, severity: "critical" } },
    });
    const address: string = job.json.address;
    assert.match(address, /\/api\/heartbeat\/[0-9a-z]{26}$/);
    const secret = address.split("/").at(-1)!;

    const beat = await fetch(`${address}?msg=saved%2012%20GB&ping=2500`);
    assert.equal(beat.status, 204, await beat.text());
    assert.equal(registry.find("office/backup/up")?.last?.value, 1, "stored before it is answered");
    assert.equal(registry.find("office/backup/response time")?.last?.value, 2_500);
    for (const other of ["x", "0".repeat(26), secret.slice(1)]) {
      const answer = await fetch(address.replace(secret, other), { method: "POST" });
      assert.equal(answer.status, 404);
      assert.equal((await answer.json()).detail, "there is nothing at this path");
    }
    app.parts.intakePause.pause("a test");
    const waits = await fetch(address);
    assert.deepEqual([waits.status, waits.headers.has("retry-after")], [503, true]);
    app.parts.intakePause.resume();
    const isUp = () => app.parts.polls.find(added.json.id).state === "up";
    await until("the shop is up", () => isUp() && registry.find("probes/Shop/up") || null);
    assert.equal(registry.find("probes/Shop/response time")?.unit, "ms");

    shop.status = 500;
    const missed = await mailAbout(/Backup is down: It has not reported for/);
    assert.match(missed.mail.text ?? "", /it must every 1\.5 s/);
    await mailAbout(/Shop is down: Answered 500, expected 200-299/);
    assert.deepEqual(
      alarms.open().map(({ machine, severity }) => `${machine} ${severity}`).sort(),
      [
        "office/backup critical",
        "probes/Shop warning",
      ],
    );
    assert.equal(registry.find("probes/Shop/up")?.last?.value, 0);
    const { json: now } = await send("viewer", "GET", `/api/probes/${added.json.id}`);
    assert.deepEqual([now.state, now.options], ["down", null]);
    assert.ok(now.uptime_24h > 0 && now.uptime_24h < 1, `${now.uptime_24h}`);
    assert.deepEqual(
      now.checks.map(({ state }: { state: string }) => state).filter((state: string) =>
        state !== "up"
      ).slice(0, 2),
      ["trying", "down"],
    );

    shop.status = 200;
    const { json: tested } = await send("engineer", "POST", `/api/probes/${added.json.id}/test`);
    assert.equal(tested.ok, true, tested.text);
    await until("the shop's alarm is over", () => alarms.open().length === 1 || null);
    const late = await fetch(address, { method: "POST", body: "a log that nobody reads" });
    assert.equal(late.status, 204);
    await until("the backup's alarm is over", () => alarms.open().length === 0 || null);

    await send("engineer", "POST", `/api/probes/${added.json.id}/pause`);
    await send("engineer", "POST", `/api/probes/${job.json.id}/pause`);
    const { asked } = shop;
    assert.equal((await fetch(address)).status, 204, "a paused heartbeat does not fail its job");
    const storm = await Promise.all(
      Array.from({ length: 150 }, async () => (await fetch(address)).status),
    );
    assert.ok(storm.includes(429), "of too many words some are refused");
    const { json: { items } } = await send("viewer", "GET", "/api/probes");
    assert.deepEqual(items.map(({ state }: { state: string }) => state), ["paused", "paused"]);
    assert.equal(shop.asked, asked);
    for (const table of ["polls", "events", "audit", "deliveries"]) {
      const { rows } = await storage.db.query({ sql: `select * from ${table}` });
      const text = JSON.stringify(rows);
      assert.ok(!text.includes(secret) && !text.includes("canary"), `a secret is in ${table}`);
    }
  } finally {
    await app.stop();
    await shop.close();
    await smtp.close();
  }
});

Deno.test("probes: what is wrong is refused with the field; a LAN address is asked for and allowed once", async () => {
  const app = await runApp();
  const send = sender(app);
  const add = (body: Record<string, unknown>) =>
    send("admin", "POST", "/api/probes", { name: "X", ...body });
  const tcp = (host: string) => add({ kind: "tcp", options: { host, port: 502 } });
  try {
    const refusals = [
      [await add({ kind: "ftp" }), 400, "kind", /give one of http, tcp/],
      [
        await tcp("127.0.0.1"),
        400,
        "options.host",
        /^127\.0\.0\.1 may not be connected to: this host itself/,
      ],
      [await tcp("169.254.169.254"), 400, "options.host", /^169\.254\.169\.254 may not/],
      [await tcp("http://x"), 400, "options.host", /^give a host name or an IP address/],
      [
        await add({ kind: "heartbeat", settings: { every_s: 0 } }),
        400,
        "settings.every_s",
        /^give a number of at least 1; it was 0/,
      ],
      [
        await add({ kind: "heartbeat", machine: "a/+/b" }),
        400,
        "machine",
        /control character, \+ or #/,
      ],
      [
        await send("engineer", "POST", "/api/probes", { name: "X", kind: "heartbeat" }),
        403,
        null,
        null,
      ],
    ] as const;
    for (const [{ status, json }, wanted, path, message] of refusals) {
      assert.equal(status, wanted, JSON.stringify(json));
      if (path === null) continue;
      assert.equal(json.errors[0].path, path, JSON.stringify(json));
      assert.match(json.errors[0].message, message);
    }
    const { json: probe } = await tcp("192.168.7.7");
    const { json: tested } = await send("engineer", "POST", `/api/probes/${probe.id}/test`);
    const waits = "192.168.7.7:502 is in the local network, and no admin has allowed it yet.";
    assert.equal(tested.text, `X was not asked: ${waits}`);
    const { json: shown } = await send("viewer", "GET", `/api/probes/${probe.id}`);
    assert.deepEqual([shown.state, shown.text], ["unallowed", `X is not asked: ${waits}`]);
    assert.deepEqual([shown.failures, shown.checks], [0, []]);
    assert.equal(app.parts.registry.find("probes/X/up"), undefined);
    const allow = `/api/probes/${probe.id}/allow`;
    assert.equal((await send("admin", "GET", allow)).json.address, "192.168.7.7:502");
    assert.equal(
      (await send("engineer", "POST", allow, { address: "192.168.7.7:502" })).status,
      403,
    );
    assert.equal((await send("admin", "POST", allow, { address: "192.168.7.8:502" })).status, 409);
    const { json: allowed } = await send("admin", "POST", allow, { address: "192.168.7.7:502" });
    assert.equal(allowed.allowed, "192.168.7.7:502");
    assert.equal((await send("admin", "GET", allow)).json.address, null);
    const moved = { options: { host: "192.168.7.8", port: 502 } };
    const { json: elsewhere } = await send("admin", "PATCH", `/api/probes/${probe.id}`, moved);
    assert.equal(elsewhere.allowed, null, "another address is asked for again");
    assert.equal((await add({ kind: "heartbeat" })).status, 409);
    const { rows } = await app.parts.storage.db.query({
      sql: "select action from audit where resource like 'poll:%'",
    });
    assert.deepEqual(rows.flat(), [
      "probe.create",
      "probe.allow",
      "probe.update",
    ]);
  } finally {
    await app.stop();
  }
});
