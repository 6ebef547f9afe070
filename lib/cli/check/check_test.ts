import assert from "node:assert/strict";
import { join } from "node:path";
import { parseConfig } from "../../base/config.ts";
import { silentLog } from "../../base/log.ts";
import { openOwn } from "../../tls/own.ts";
import { DAY_MS } from "../../words/times.ts";
import { brokerCheck, PROBE_MESSAGES } from "./broker.ts";
import { type Check, type Finding, runChecks } from "./check.ts";
import { clockCheck } from "./clock.ts";
import { dataDirCheck } from "./data_dir.ts";
import { portsCheck, type RunningPorts } from "./ports.ts";
import { tlsCheck } from "./tls.ts";

type Found = Omit<Finding, "name">;
const NOW_MS = Date.UTC(2026, 10, 20);

Deno.test("runChecks turns what is thrown, and what takes too long, into a problem", async () => {
  const seen: string[] = [];
  const findings = await runChecks(
    [
      { name: "good", run: () => Promise.resolve([{ state: "ok", detail: "fine" }]) },
      { name: "broken", run: () => Promise.reject(new Error("no such thing")) },
      { name: "slow", run: () => new Promise<Found[]>(() => {}) },
    ],
    (finding) => seen.push(finding.name),
    20,
  );
  assert.deepEqual(seen, ["good", "broken", "slow"]);
  assert.deepEqual(findings.map(({ state }) => state), ["ok", "problem", "problem"]);
  assert.match(findings[1].detail, /no such thing/);
  assert.match(findings[2].detail, /no answer within 0.02 s/);
});

Deno.test("clockCheck tells a clock that lost its time from one that nothing keeps", async () => {
  const at = (ms: number, ...paths: string[]) =>
    clockCheck(() => ms, (path) => paths.includes(path)).run();
  assert.equal((await at(0))[0].state, "problem");
  assert.equal((await at(Date.UTC(2101, 0)))[0].state, "problem");
  assert.equal((await at(NOW_MS))[0].state, "warn");
  assert.match((await at(NOW_MS, "/run/systemd/timesync/synchronized"))[0].detail, /synchronised$/);
  assert.equal((await at(NOW_MS, "/run/chrony"))[0].state, "ok");
});

Deno.test("dataDirCheck measures a good directory, leaves nothing in it, and names an open one", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.chmod(dir, 0o700);
    const good = await dataDirCheck(dir).run();
    assert.match(good[0].detail, /is writable; a write is on disk after [\d.]+ ms/);
    assert.ok(good.length === 2, JSON.stringify(good));
    assert.deepEqual([...Deno.readDirSync(dir)], []);
    await Deno.chmod(dir, 0o755);
    const open = (await dataDirCheck(dir).run()).at(-1)!;
    assert.equal(open.advice, `chmod 700 ${dir}`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("portsCheck asks those of a running Perch whether they answer", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("{}"),
  );
  const broker = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${server.addr.port}`;
  // What this command's own environment says is not what runs.
  const config = parseConfig({ MQTT_PORT: "1", PERCH_PORT: "1" });
  const { port } = broker.addr as Deno.NetAddr;
  const at = (condition: RunningPorts["condition"]) => portsCheck(config, { url, condition });
  const here = { broker: { host: "0.0.0.0", port } };
  const states = async (condition: RunningPorts["condition"] = here) =>
    (await at(condition).run()).map(({ state }) => state);
  assert.deepEqual(await states({ broker: null }), ["ok"]);
  assert.deepEqual(await states(null), ["ok", "unknown"]);
  assert.deepEqual(await states(), ["ok", "ok"]);
  broker.close();
  assert.deepEqual(await states(), ["ok", "problem"]);
  await server.shutdown();
  assert.deepEqual(await states(), ["problem", "problem"]);
});

Deno.test("portsCheck and tlsCheck name each fault of HTTPS with what to do", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-check-" });
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const pairOf = async (names: string) => {
      const place = join(folder, names);
      const own = await openOwn({
        ...{ folder: place, hostName: "localhost", now: () => NOW_MS, log: silentLog() },
        names: () => ({ dns: ["localhost"], ips: [] }),
      });
      return own.current();
    };
    const [one, other] = [await pairOf("one"), await pairOf("other")];
    const [cert, key] = ["cert.pem", "key.pem"].map((name) => join(folder, name));
    const { port } = taken.addr as Deno.NetAddr;
    const config = parseConfig({
      ...{ PERCH_HOST: "127.0.0.1", PERCH_PORT: "0", MQTT_URL: "mqtt://broker" },
      ...{ PERCH_TLS: "files", PERCH_TLS_PORT: String(port), TLS_CERT: cert, TLS_KEY: key },
    });
    const found = async (check: Check) =>
      (await check.run()).map(({ state, detail, advice = "" }) => `${state}: ${detail}. ${advice}`);
    const at = (nowMs: number) => found(tlsCheck(config, () => nowMs));
    const [, busy] = await found(portsCheck(config, null));
    assert.match(busy, /^problem: PERCH_TLS_PORT: .*taken by another.* Set PERCH_TLS_PORT to/);

    assert.match((await at(NOW_MS)).join("\n"), /no file .*cert\.pem[^]*no file .*key\.pem/);
    const put = async (pair: { cert: string; key: string }) => {
      await Deno.writeTextFile(cert, pair.cert);
      await Deno.writeTextFile(key, pair.key);
    };
    await put(one);
    assert.match((await at(NOW_MS))[0], /^ok: the certificate fits its key and holds until 20/);
    assert.match((await at(NOW_MS + 392 * DAY_MS))[0], /^warn: .* ends on .* Put a newer one/);
    assert.match(
      (await at(NOW_MS + 500 * DAY_MS))[0],
      /^problem: .* ended on .* newer certificate/,
    );
    assert.match((await at(NOW_MS - 30 * DAY_MS))[0], /^problem: .* only from .* clock/);
    await put({ cert: one.cert, key: other.key });
    assert.match((await at(NOW_MS))[0], /^problem: .* not that of the certificate.* made with/);
    await put({ cert: one.key, key: one.key });
    assert.match((await at(NOW_MS))[0], /^problem: .* no certificate.*BEGIN CERTIFICATE/);
    await put({ cert: one.cert, key: "secret" });
    const noKey = (await at(NOW_MS))[0];
    assert.match(noKey, /^problem: .* no key without a password.* Put the key/);
  } finally {
    taken.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("brokerCheck warns with the lines to change when the broker drops messages", async () => {
  const config = parseConfig({ MQTT_URL: "mqtt://u:p@broker" });
  const run = (delivered: number, refused: string | null = null) =>
    brokerCheck({
      config,
      probeQueue: true,
      runningEmbedded: null,
      probe: (_connection, messages) => Promise.resolve({ sent: messages, delivered, refused }),
    }).run();
  const [reached, dropped] = await run(1_000);
  assert.equal(reached.state, "ok");
  assert.equal(dropped.state, "warn");
  assert.match(dropped.advice!, /max_queued_messages 0.*max_inflight_messages/);
  assert.equal((await run(PROBE_MESSAGES))[1].state, "ok");
  assert.match((await run(0, "it refused the topic"))[1].detail, /it refused the topic/);
});
