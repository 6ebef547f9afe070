import assert from "node:assert/strict";
import { parseConfig } from "../../base/config.ts";
import { brokerCheck, PROBE_MESSAGES } from "./broker.ts";
import { type Finding, runChecks } from "./check.ts";
import { clockCheck } from "./clock.ts";
import { dataDirCheck } from "./data_dir.ts";
import { portsCheck, type RunningPorts } from "./ports.ts";

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
