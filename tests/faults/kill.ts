/**
 * T1: kill -9 at random moments under QoS 1 from 20 devices through a real mosquitto with its default queue.
 * The oracle is the load generator's ledger: everything mosquitto acknowledged to a device has to be stored
 * exactly once.
 *
 * SIGKILL keeps the page cache: this shows that restarts neither lose nor repeat. Power cuts have a test of
 * their own.
 */
import { createClient } from "@libsql/client";
import { startMosquitto } from "../support/mosquitto.ts";
import { type DeviceLedger, startLoad, valueOf } from "../support/mqtt_load.ts";
import { addKey, type PerchProcess, startPerch } from "../support/perch.ts";
import { subscribed } from "../support/subscribed.ts";

export interface KillOptions {
  cycles: number;
  /** Each start gets a new MQTT client id: the broker's session is lost, and what it held. Must turn red. */
  sabotage?: boolean;
  onCycle?: (cycle: number, readyMs: number) => void;
}

export interface KillReport {
  cycles: number;
  acknowledged: number;
  lost: number;
  duplicate: number;
  wrong: number;
  /** Slowest start to the first `/health/ready`. */
  slowestReadyMs: number;
  /** Findings of `PRAGMA integrity_check`; empty when the database is sound. */
  damage: string[];
  examples: string[];
}

const DEVICES = 20;
/** Well below what makes mosquitto's default queue of 1 000 overflow while Perch restarts. */
const RATE_PER_S = 400;
const START_MS = Date.UTC(2026, 0, 1);
const LEAST_LIFE_MS = 50;
const MOST_LIFE_MS = 900;
const DRAIN_MS = 30_000;

/** Runs the cycles and compares what is stored with the ledger. */
export async function killUnderLoad(options: KillOptions): Promise<KillReport> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-kill-" });
  await using broker = await startMosquitto();
  const key = await addKey({ dataDir, role: "viewer" });
  const session = `kill-${crypto.randomUUID().slice(0, 8)}`;
  let starts = 0;
  const start = () =>
    startPerch({
      dataDir,
      env: {
        MQTT_URL: `mqtt://127.0.0.1:${broker.port}`,
        MQTT_CLIENT_ID: options.sabotage ? `${session}-${starts++}` : session,
        LOG_LEVEL: "warn",
      },
    });
  let perch = await start();
  let slowestReadyMs = perch.readyAfterMs;
  try {
    await subscribed(perch, key);
    const load = startLoad({
      port: broker.port,
      devices: DEVICES,
      ratePerS: RATE_PER_S,
      startMs: START_MS,
    });
    for (let cycle = 1; cycle <= options.cycles; cycle++) {
      await sleep(LEAST_LIFE_MS + Math.random() * (MOST_LIFE_MS - LEAST_LIFE_MS));
      await perch.kill();
      perch = await start();
      slowestReadyMs = Math.max(slowestReadyMs, perch.readyAfterMs);
      options.onCycle?.(cycle, perch.readyAfterMs);
    }
    await load.stop();
    const ledger = load.ledger();
    const report = await compare(perch, key, ledger);
    await perch.stop();
    return { cycles: options.cycles, slowestReadyMs, damage: await damage(dataDir), ...report };
  } finally {
    await perch.kill();
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** Waits until nothing new arrives, then looks for each acknowledged reading of each device. */
async function compare(
  perch: PerchProcess,
  key: string,
  ledger: readonly DeviceLedger[],
): Promise<Omit<KillReport, "cycles" | "slowestReadyMs" | "damage">> {
  const deadlineMs = performance.now() + DRAIN_MS;
  let result = await judge(perch, key, ledger);
  while (result.lost > 0 && performance.now() < deadlineMs) {
    await sleep(500);
    result = await judge(perch, key, ledger);
  }
  return result;
}

async function judge(perch: PerchProcess, key: string, ledger: readonly DeviceLedger[]) {
  const result = { acknowledged: 0, lost: 0, duplicate: 0, wrong: 0, examples: [] as string[] };
  const example = (text: string) =>
    void (result.examples.length < 10 && result.examples.push(text));
  for (const [index, one] of ledger.entries()) {
    const stored = await readingsOf(perch, key, `load/${one.device}/value`, one.sent);
    const open = new Set(one.open);
    for (let seq = 0; seq < one.sent; seq++) {
      const values = stored.get(seq) ?? [];
      if (!open.has(seq)) result.acknowledged++;
      if (values.length === 0 && !open.has(seq)) {
        result.lost++;
        example(`${one.device} seq ${seq} was acknowledged and is not stored`);
      }
      if (values.length > 1) {
        result.duplicate += values.length - 1;
        example(`${one.device} seq ${seq} is stored ${values.length} times`);
      }
      if (values.some((value) => value !== valueOf(index, seq))) {
        result.wrong++;
        example(`${one.device} seq ${seq} is stored as ${values}, sent as ${valueOf(index, seq)}`);
      }
    }
  }
  return result;
}

/** Stored values of a device by seq (which is its time). */
async function readingsOf(
  perch: PerchProcess,
  key: string,
  sensor: string,
  sent: number,
): Promise<Map<number, number[]>> {
  const found = new Map<number, number[]>();
  let cursor = "";
  do {
    const query = `sensor=${sensor}&from=${START_MS}&to=${START_MS + sent + 1}&points=0${cursor}`;
    const page = JSON.parse(await get(perch, key, `/api/readings?${query}`));
    (page.t as number[] | undefined ?? []).forEach((tMs, i) => {
      const seq = tMs - START_MS;
      found.set(seq, [...found.get(seq) ?? [], page.v[i]]);
    });
    cursor = page.next ? `&cursor=${encodeURIComponent(page.next)}` : "";
  } while (cursor !== "");
  return found;
}

async function get(perch: PerchProcess, key: string, path: string): Promise<string> {
  const response = await fetch(perch.url + path, { headers: { authorization: `Bearer ${key}` } });
  return await response.text();
}

/** What SQLite's full check finds in the database of a stopped Perch. */
async function damage(dataDir: string): Promise<string[]> {
  const client = createClient({ url: `file:${dataDir}/perch.db`, concurrency: 1 });
  try {
    const { rows } = await client.execute("PRAGMA integrity_check");
    return rows.map((row) => String(row[0])).filter((text) => text !== "ok");
  } finally {
    client.close();
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
