/**
 * Three nodes on one libSQL server, under load over MQTT and over HTTP through every node: the keeper is killed, the
 * keeper is stopped for longer than its lease and goes on, a standby is stopped, the server is killed and stopped, the
 * broker is stopped, the keeper (in the soak every node, one by one) is restarted. Nothing acknowledged is lost or stored
 * twice, whoever is replaced changes nothing, and a stream through any node goes on. Then the broker is killed, alone and
 * together with the keeper: what Perch had acknowledged there is stored, once. `NODES_N` sets how many rounds (the soak
 * 20), `NODES_PAUSE_S` how long the keeper is stopped at least (the soak 30); a round is about twenty seconds, most of them
 * leases that run out. The fence has its control beside the test of one owner (`SABOTAGE=server-owner`), the durability
 * of the server in its own (`SABOTAGE=relaxed`); `SABOTAGE=early-acks` takes for acknowledged what Perch was handed.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { type Acknowledged, startAcknowledged } from "../support/acknowledged.ts";
import { haveMosquitto, type Mosquitto, startMosquitto } from "../support/mosquitto.ts";
import { type DeviceLedger, type Load, startLoad } from "../support/mqtt_load.ts";
import { isAlive, type Nodes, type SiteNode, startNodes } from "../support/nodes.ts";
import { sabotaged } from "../support/sabotage.ts";
import { findSqld, startSqld } from "../support/sqld.ts";
import { until } from "../support/until.ts";
import { compare, judgeFull } from "./kill.ts";

const ROUNDS = Number(Deno.env.get("NODES_N") ?? 1);
const PAUSE_MS = Number(Deno.env.get("NODES_PAUSE_S") ?? 0) * 1000;
const LEASE_S = 5;
/** One node stopped must not hold up the load through the others. */
const ANSWER_MS = 3_000;
const SILENT_MS = 5_000;
const HANDED_MS = 300;
const START_MS = Date.UTC(2026, 0, 1);
const binary = await findSqld();
const ignore = binary === null || !haveMosquitto();

Deno.test({
  name: "nodes: killed, stopped and restarted under load, nothing acknowledged is lost or twice",
  ignore,
  fn: async () => {
    await using sqld = await startSqld(binary!);
    await using broker = await startMosquitto({ config: ["max_queued_messages 100000"] });
    await using way = startAcknowledged(broker.port, sabotaged("early-acks"));
    await using site = await startNodes({
      n: 3,
      databaseUrl: sqld.url,
      mqttUrl: `mqtt://127.0.0.1:${way.port}`,
      leaseS: LEASE_S,
      env: () => ({ LOG_LEVEL: "info" }),
    });
    await connected(site);
    const load = startLoad({ port: broker.port, devices: 4, ratePerS: 100, startMs: START_MS });
    const http = sendOverHttp(site);
    const stream = followStream(site);
    const passes = async (what: string) => {
      const before = http.acknowledged.length;
      const shown = stream.readings();
      await until(
        `readings to be taken ${what}`,
        () => http.acknowledged.length > before + 5 || null,
        120_000,
      );
      await until(`the stream to go on ${what}`, () => stream.readings() > shown || null, 120_000);
    };
    try {
      for (let round = 0; round < ROUNDS; round++) {
        await passes("at first");
        const first = await site.keeper();
        await first.end("kill");
        await passes("by the next node");
        const paused = await site.keeper();
        const again = first.start();
        const { pid, output } = paused.perch();
        Deno.kill(pid, "SIGSTOP");
        const late = sendLate(paused, site.key);
        const pausedMs = performance.now();
        await site.keeper(paused);
        await passes("while one is stopped");
        await sleep(Math.max(0, pausedMs + PAUSE_MS - performance.now()));
        Deno.kill(pid, "SIGCONT");
        await until("who was replaced to end", async () => !await isAlive(pid) || null, 60_000);
        assert.match(output(), /not the owner of the database any more: Perch on/);
        assert.equal(await late, false, "who was replaced acknowledges nothing");
        await again;

        const keeper = await site.keeper();
        const others = site.nodes.filter((node) => node !== keeper && node !== paused);
        const standby = others[0].perch().pid;
        Deno.kill(standby, "SIGSTOP");
        await passes("while a standby is stopped");
        Deno.kill(standby, "SIGCONT");

        await sqld.kill();
        await sqld.restart();
        await passes("after the server was killed");
        Deno.kill(sqld.pid, "SIGSTOP");
        await sleep(500);
        Deno.kill(sqld.pid, "SIGCONT");
        Deno.kill(broker.pid(), "SIGSTOP");
        await passes("while the broker stands");
        Deno.kill(broker.pid(), "SIGCONT");

        for (const node of ROUNDS > 1 ? site.nodes : [await site.keeper()]) {
          await node.end("stop");
          await node.start();
        }
        await passes("after a clean restart");
      }
      await Promise.all([load.stop(), http.stop()]);
      const keeper = await site.keeper();
      const report = await compare(() => judgeFull(keeper.perch(), site.key, load.ledger()));
      const { lost, twice } = await judgeHttp(keeper, site.key, http.acknowledged);
      console.log(
        `nodes: ${ROUNDS} rounds, ${report.acknowledged} acknowledged over MQTT: ${report.lost} lost, ` +
          `${report.duplicate} twice; ${http.acknowledged.length} over HTTP: ${lost} lost, ${twice} twice; ` +
          `${http.refused()} refused`,
      );
      assert.deepEqual(
        [report.lost, report.duplicate, report.wrong, lost, twice],
        [0, 0, 0, 0, 0],
        report.examples.join("\n"),
      );
      assert.equal(await isStored(keeper, LATE, site.key), false, "nor does it store anything");
      await killBroker(site, broker, way);
    } finally {
      stream.stop();
      await Promise.all([load.stop(), http.stop()]);
    }
  },
});

/**
 * The broker dies under load, every second time together with the keeper. It forgets what it had promised its devices,
 * and the session; what Perch acknowledged to it is known from the way between the two.
 */
async function killBroker(site: Nodes, broker: Mosquitto, way: Acknowledged): Promise<void> {
  const load = startLoad({
    ...{ port: broker.port, devices: 4, ratePerS: 100, startMs: START_MS, prefix: "b" },
  });
  const flows = (what: string) => {
    const before = way.count();
    return until(`messages ${what}`, () => way.count() > before + 50 || null, 120_000);
  };
  try {
    await flows("before the broker is killed");
    for (let kill = 0; kill < 2 * ROUNDS; kill++) {
      const keeper = kill % 2 === 0 ? null : await site.keeper();
      if (keeper !== null) {
        // What comes now is handed to it, and stored nowhere.
        Deno.kill(keeper.perch().pid, "SIGSTOP");
        await sleep(HANDED_MS);
      }
      await Promise.all([broker.kill(), keeper?.end("kill")]);
      await Promise.all([broker.restart(), keeper?.start()]);
      await flows("after the broker was killed");
    }
  } finally {
    await load.stop();
  }
  const ledger = promised(load, way);
  const keeper = await site.keeper();
  const report = await compare(() => judgeFull(keeper.perch(), site.key, ledger));
  console.log(
    `nodes: the broker killed ${
      2 * ROUNDS
    } times, ${report.acknowledged} readings acknowledged to it: ` +
      `${report.lost} lost, ${report.duplicate} twice`,
  );
  assert.deepEqual(
    [report.lost, report.duplicate, report.wrong],
    [0, 0, 0],
    report.examples.join("\n"),
  );
}

/** What was sent, of which Perch acknowledged what is not open. */
function promised(load: Load, way: Acknowledged): DeviceLedger[] {
  return load.ledger().map((one) => {
    const payloads = way.payloads().get(`factory/load/${one.device}/value`) ?? [];
    const kept = new Set(payloads.map((payload) => JSON.parse(payload).seq as number));
    const open = Array.from({ length: one.sent }, (_, seq) => seq).filter((seq) => !kept.has(seq));
    return { ...one, acknowledged: kept.size, open };
  });
}

/** The keeper's session at the broker is there: what comes from now on waits for it. */
async function connected({ nodes, key }: Nodes): Promise<void> {
  const headers = { authorization: `Bearer ${key}` };
  await until("the session at the broker", async () => {
    const answer = await fetch(`${nodes[0].url}/api/status`, { headers }).catch(() => null);
    const text = await answer?.text() ?? "";
    return /"mqtt"[^}]*"connected"/.test(text) || null;
  });
}

/**
 * The live stream as a browser follows it behind a proxy: when it ends, or is silent (a node that is stopped), it is
 * asked for again, here of the next node.
 */
function followStream({ nodes, key }: Nodes) {
  const headers = { authorization: `Bearer ${key}` };
  let ends = false;
  let readings = 0;
  let cut = () => {};
  (async () => {
    for (let turn = 1; !ends; turn++) {
      const ending = new AbortController();
      const url = `${nodes[turn % nodes.length].url}/api/stream?types=reading`;
      const opened = fetch(url, { headers, signal: ending.signal }).catch(() => null);
      const answer = await beforeSilence(opened);
      const reader = answer?.body?.pipeThrough(new TextDecoderStream()).getReader();
      // A node that is down or stopped, or whose keeper went away: nothing more is waited for there.
      while (reader !== undefined && !ends) {
        const next = await beforeSilence(reader.read().catch(() => null));
        if (next === null || next.done) break;
        if (next.value.includes("event: reading")) readings++;
      }
      ending.abort();
      await sleep(100);
    }
  })();

  /** What comes of it; nothing after a while, or at the end. */
  async function beforeSilence<T>(work: Promise<T>): Promise<T | null> {
    const { promise: silence, resolve } = Promise.withResolvers<null>();
    const timer = setTimeout(cut = () => resolve(null), SILENT_MS);
    return await Promise.race([work, silence]).finally(() => clearTimeout(timer));
  }

  return {
    readings: () => readings,
    stop() {
      ends = true;
      cut();
    },
  };
}

/** One reading after the other through each node in turn, each sent again until it is acknowledged. */
function sendOverHttp({ nodes, key }: Nodes) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const acknowledged: number[] = [];
  let ends = false;
  let refused = 0;
  const run = (async () => {
    for (let seq = 1; !ends; seq++) {
      const reading = { machine: "hall/press", sensor: "load", value: seq, ts: START_MS + seq };
      for (let tries = 0; !ends; tries++) {
        const node = nodes[(seq + tries) % nodes.length];
        const answer = await fetch(`${node.url}/api/ingest`, {
          ...{ method: "POST", headers, body: JSON.stringify(reading) },
          signal: AbortSignal.timeout(ANSWER_MS),
        }).catch(() => null);
        await answer?.body?.cancel();
        if (answer?.status === 200) {
          acknowledged.push(seq);
          break;
        }
        refused++;
        await sleep(50);
      }
      await sleep(10);
    }
  })();
  return {
    acknowledged,
    refused: () => refused,
    stop: () => {
      ends = true;
      return run;
    },
  };
}

const LATE = "hall/late/load";

/** A reading that waits in the socket of a node that is stopped. Whether it was acknowledged. */
async function sendLate({ url }: SiteNode, key: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const body = JSON.stringify({ machine: "hall/late", sensor: "load", value: 1 });
  const answer = await fetch(`${url}/api/ingest`, { method: "POST", headers, body })
    .catch(() => null);
  await answer?.body?.cancel();
  return answer?.status === 200;
}

async function isStored({ url }: SiteNode, sensor: string, key: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${key}` };
  const answer = await fetch(`${url}/api/readings?sensor=${sensor}&from=0&points=0`, { headers });
  return (await answer.json()).v?.length > 0;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function judgeHttp(
  { url }: SiteNode,
  key: string,
  acknowledged: readonly number[],
): Promise<{ lost: number; twice: number }> {
  const query = `sensor=hall/press/load&from=${START_MS}&to=${START_MS + 1e7}&points=0&limit=10000`;
  const headers = { authorization: `Bearer ${key}` };
  const { v } = await (await fetch(`${url}/api/readings?${query}`, { headers })).json();
  const stored = new Set<number>(v);
  return {
    lost: acknowledged.filter((seq) => !stored.has(seq)).length,
    twice: v.length - stored.size,
  };
}
