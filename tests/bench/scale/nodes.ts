import { processCpuS } from "../ingest/setup.ts";
import { type BenchResult, doing } from "../../support/bench.ts";
import { type Nodes, startNodes } from "../../support/nodes.ts";
import { findSqld, type Sqld, startSqld } from "../../support/sqld.ts";

/*
 * One, two and three nodes on one libSQL server with full durability: what they take and answer together, asked in
 * turn as by a proxy, and what that costs. One node has the lease and does the work, so it is flat: what is measured is
 * what handing on costs.
 */

const CLIENTS = 8;
const BATCH = 500;
const START_MS = Date.UTC(2026, 0, 1);

export async function nodesPart(
  figures: BenchResult["figures"],
  notes: string[],
  quick: boolean,
): Promise<void> {
  const binary = await findSqld();
  if (binary === null) return void notes.push("no libSQL server: the part of nodes is missing");
  const seconds = quick ? 2 : 8;
  for (const n of [1, 2, 3]) {
    doing(`${n} nodes`);
    await using sqld = await startSqld(binary);
    await using site = await startNodes({ n, databaseUrl: sqld.url, leaseS: 30 });
    await unlimited(site);
    const take = await during(site, sqld, seconds, ingest(site));
    figures[`nodes_${n}_readings_per_s`] = Math.round(take.perS * BATCH);
    figures[`nodes_${n}_cpu_us_per_reading`] = take.cpuS * 1e6 / (take.done * BATCH);
    figures[`nodes_${n}_sqld_cpu_us_per_reading`] = take.serverS * 1e6 / (take.done * BATCH);
    const pages = await during(site, sqld, seconds, get(site, "/machines"));
    figures[`nodes_${n}_pages_per_s`] = pages.perS;
    const query = "/api/readings?sensor=load/c0/value&from=0&to=now&points=500";
    figures[`nodes_${n}_queries_per_s`] =
      (await during(site, sqld, seconds, get(site, query))).perS;
  }
  figures.nodes_pages_3_to_1 = figures.nodes_3_pages_per_s / figures.nodes_1_pages_per_s;
  figures.nodes_queries_3_to_1 = figures.nodes_3_queries_per_s / figures.nodes_1_queries_per_s;
  notes.push(
    `${navigator.hardwareConcurrency} cores for nodes, server and clients together; ${CLIENTS} clients, batches of ${BATCH}`,
    "one node has the lease and does the work: more nodes take over, they do not carry more",
  );
}

/** As many requests as the nodes can answer, from one key. */
async function unlimited({ key, nodes }: Nodes): Promise<void> {
  const answer = await fetch(`${nodes[0].url}/api/settings/access.requests_per_second`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ value: 10_000 }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  await answer.body?.cancel();
}

type Ask = (client: number, turn: number, to: string) => Promise<Response>;

interface Measured {
  done: number;
  perS: number;
  /** Of all nodes together. */
  cpuS: number;
  serverS: number;
}

async function during(site: Nodes, sqld: Sqld, seconds: number, ask: Ask): Promise<Measured> {
  const cpu = () => site.nodes.reduce((sum, node) => sum + processCpuS(node.perch().pid), 0);
  const before = { cpuS: cpu(), serverS: processCpuS(sqld.pid) };
  const begunMs = performance.now();
  let done = 0;
  await Promise.all(Array.from({ length: CLIENTS }, async (_, client) => {
    for (let turn = 0; performance.now() - begunMs < seconds * 1000; turn++) {
      const answer = await ask(client, turn, site.nodes[(client + turn) % site.nodes.length].url);
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      done++;
    }
  }));
  const spentS = (performance.now() - begunMs) / 1000;
  return {
    done,
    perS: done / spentS,
    cpuS: cpu() - before.cpuS,
    serverS: processCpuS(sqld.pid) - before.serverS,
  };
}

function ingest({ key }: Nodes): Ask {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  return (client, turn, to) => {
    const readings = Array.from({ length: BATCH }, (_, i) => ({
      ...{ machine: `load/c${client}`, sensor: "value", value: i % 97 },
      ts: START_MS + (turn * BATCH + i) * 100,
    }));
    const body = JSON.stringify(readings);
    return fetch(`${to}/api/ingest/batch`, { method: "POST", headers, body });
  };
}

function get({ key }: Nodes, path: string): Ask {
  const headers = { authorization: `Bearer ${key}`, accept: "text/html, application/json" };
  return (_client, _turn, to) => fetch(to + path, { headers });
}
