/**
 * Three nodes on one libSQL server, under load over MQTT and over HTTP through every node: the keeper is killed, the
 * keeper is stopped for longer than its lease and goes on, the server is killed and stopped, the broker is stopped,
 * the keeper (in the soak every node, one by one) is restarted. Nothing acknowledged is lost or stored twice, whoever is replaced changes
 * nothing, and a stream through any node goes on. `NODES_N` sets how many rounds (the soak 20); a round is about a
 * dozen seconds, most of them leases that run out. The fence has its control beside the test of one owner (`SABOTAGE=server-owner`).
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { startLoad } from "../support/mqtt_load.ts";
import { isAlive, type Nodes, type SiteNode, startNodes } from "../support/nodes.ts";
import { findSqld, startSqld } from "../support/sqld.ts";
import { until } from "../support/until.ts";
import { compare, judgeFull } from "./kill.ts";

const ROUNDS = Number(Deno.env.get("NODES_N") ?? 1);
const LEASE_S = 5;
const SILENT_MS = 5_000;
const START_MS = Date.UTC(2026, 0, 1);
const binary = await findSqld();
const ignore = binary === null || !haveMosquitto();

Deno.test({
  name: "nodes: killed, stopped and restarted under load, nothing acknowledged is lost or twice",
  ignore,
  fn: async () => {
    await using sqld = await startSqld(binary!);
    await using broker = await startMosquitto({ config: ["max_queued_messages 100000"] });
    await using site = await startNodes({
      n: 3,
      databaseUrl: sqld.url,
      mqttUrl: `mqtt://127.0.0.1:${broker.port}`,
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
        await site.keeper(paused);
        await passes("while one is stopped");
        Deno.kill(pid, "SIGCONT");
        await until("who was replaced to end", async () => !await isAlive(pid) || null, 60_000);
        assert.match(output(), /not the owner of the database any more: Perch on/);
        await again;

        await sqld.kill();
        await sqld.restart();
        await passes("after the server was killed");
        Deno.kill(sqld.pid, "SIGSTOP");
        await new Promise((resolve) => setTimeout(resolve, 500));
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
    } finally {
      stream.stop();
      await Promise.all([load.stop(), http.stop()]);
    }
  },
});

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
  let ending = new AbortController();
  (async () => {
    for (let turn = 1; !ends; turn++) {
      const silent = ending = new AbortController();
      let timer = setTimeout(() => silent.abort(), SILENT_MS);
      try {
        const url = `${nodes[turn % nodes.length].url}/api/stream?types=reading`;
        const answer = await fetch(url, { headers, signal: silent.signal });
        for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) {
          clearTimeout(timer);
          timer = setTimeout(() => silent.abort(), SILENT_MS);
          if (text.includes("event: reading")) readings++;
        }
      } catch {
        // A node that is down, stopped, or whose keeper went away.
      }
      clearTimeout(timer);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    readings: () => readings,
    stop() {
      ends = true;
      ending.abort();
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
          signal: AbortSignal.timeout(5_000),
        }).catch(() => null);
        await answer?.body?.cancel();
        if (answer?.status === 200) {
          acknowledged.push(seq);
          break;
        }
        refused++;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
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
