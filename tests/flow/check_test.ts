/** `perch check` over the host and what Perch talks to. */
import assert from "node:assert/strict";
import type { Finding } from "../../lib/cli/check/check.ts";
import type { Facts } from "../../lib/health/emergency/decide.ts";
import { perchHere } from "../support/command_here.ts";
import { startCommandedApp } from "../support/commanded_app.ts";
import { withDir } from "../support/command_line.ts";
import { hostSample } from "../support/host.ts";
import { startGemini } from "../support/fake_gemini.ts";
import { freePort } from "../support/port.ts";
import { startSmtp } from "../support/receivers/smtp.ts";
import { until } from "../support/until.ts";

Deno.test("perch check greets mail servers and the model's address, and says what to do where they are silent", async () => {
  await withDir(async (dir) => {
    // There is a database from now on.
    assert.equal((await perchHere(dir, ["user", "list"])).code, 0);
    const smtp = await startSmtp();
    const model = startGemini();
    const env = {
      PERCH_PORT: "0",
      MQTT_PORT: String(freePort()),
      SMTP_SERVER: "localhost",
      SMTP_PORT: String(smtp.port),
      SENDER_EMAIL: "perch@example.com",
      RECIPIENT_EMAIL: "ada@example.com",
      GEMINI_API_KEY: "a-key-that-nobody-needs-to-see",
      GEMINI_BASE_URL: model.url,
      AI_MODEL_FIX: "gemini-2.0-flash",
      HISTORY_URL: `http://perch:secret-of-history@127.0.0.1:${freePort()}`,
      UPSTREAM_URL: `http://north:secret-of-north@127.0.0.1:${freePort()}`,
    };
    const run = async () => {
      const { code, out } = await perchHere(dir, ["check", "--json"], { env });
      const { checks } = JSON.parse(out) as { checks: Finding[] };
      assert.ok(!out.includes(env.GEMINI_API_KEY));
      assert.ok(!out.includes("secret-of-history") && !out.includes("secret-of-north"));
      for (const { state, detail, advice } of checks) {
        assert.ok(advice !== undefined || state === "ok" || state === "unknown", detail);
      }
      return { code, of: (name: string) => checks.filter((one) => one.name === name) };
    };
    const good = await run();
    assert.deepEqual(good.of("mail").map(({ state }) => state), ["ok"]);
    assert.deepEqual(good.of("model").map(({ state }) => state), ["ok", "problem"]);
    assert.match(good.of("model")[1].advice!, /Set AI_MODEL_FIX.*gemini-3\.8-flash/);
    assert.deepEqual([smtp.mails.length, model.calls], [0, []]);
    assert.match(good.of("forwarding")[0].detail, /the centre http:\/\/127\S+ cannot be reached/);
    assert.match(good.of("history")[0].detail, /history server cannot be used.*does not answer/);
    assert.match(good.of("backups")[0].advice!, /perch backup makes one now/);
    for (
      const name of [
        "host",
        "limits",
        "CPU",
        "card",
        "units",
        "parts",
        "service",
        "log files",
        "clock",
        "ports",
        "database",
      ]
    ) {
      assert.ok(good.of(name).length > 0, name);
    }
    await smtp.close();
    await model.close();
    const bad = await run();
    assert.equal(bad.code, 1);
    assert.match(bad.of("mail")[0].detail, /the server of "Email \(environment\)" cannot be used/);
    assert.match(bad.of("model")[0].detail, /does not answer/);
  });
});

Deno.test("perch check tells what the running Perch knows: emergency mode, parts, programs, a critical host, its own ports", async () => {
  const facts: Facts = { cpu: 10, memory: 20, disk: 98, temperature: 45 };
  const disk = { ...hostSample().disk!, freeBytes: 1e9 };
  const under = await startCommandedApp({}, {
    host: (clock) => ({
      sample: () => Promise.resolve(hostSample({ atMs: clock.now(), disk })),
      sense: () => Promise.resolve(facts),
      databaseWrites: () => Promise.resolve(null),
    }),
  });
  try {
    const { components, emergency, events, host } = under.app.parts();
    for (const name of ["one", "two", "three"]) {
      components.register(name, () => ({ health: "error", detail: `${name} is gone.` }));
    }
    await until("an emergency", () => Promise.resolve(emergency!.sentence()));
    await until("a sample", () => Promise.resolve(host!.recorder.latest()));
    // Work that rests with nothing waiting is nothing that does not work.
    await until("jobs that rest", async () => {
      const { items } = await events.list({});
      return items.some(({ text }) => text.endsWith("exports, imports")) || null;
    });
    // This command knows nothing of MQTT_PORT=0, and another program may have the port that it would take.
    const { code, out } = await perchHere(under.dataDir, ["check", "--json", "--no-queue-probe"]);
    const { checks } = JSON.parse(out) as { checks: Finding[] };
    const of = (name: string) => checks.filter((one) => one.name === name);
    const lines = (name: string) => of(name).map(({ state, detail }) => `${state}: ${detail}`);
    assert.equal(code, 1);
    const [first, ...parts] = lines("parts");
    assert.match(first, /^problem: emergency mode: The host is in need \(the disk is 98 % used/);
    assert.deepEqual(parts, [
      "problem: part one does not work: one is gone",
      "problem: part two does not work: two is gone",
      "problem: part three does not work: three is gone",
    ]);
    assert.match(lines("limits")[0], /^problem: critical: in need: the disk is 98 % used/);
    assert.match(lines("CPU")[0], /^ok: 12 % of 4 cores/);
    assert.deepEqual(of("card").map(({ state }) => state), ["unknown"]);
    assert.deepEqual(of("ports").map(({ state }) => state), ["ok", "ok"]);
    const port = under.app.parts().broker!.port();
    assert.equal(lines("ports")[1], `ok: its MQTT broker listens on 127.0.0.1:${port}`);
    for (const { state, detail, advice } of checks) {
      assert.ok(advice !== undefined || state === "ok" || state === "unknown", detail);
    }
  } finally {
    await under.close();
  }
});
