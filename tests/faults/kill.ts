/**
 * T1: kill -9 at random moments under QoS 1 from 20 devices through a real mosquitto, whose queue is long enough
 * for a start on a busy host: with its default of 1 000 messages it drops what it acknowledged after five seconds.
 * The oracle is the load generator's ledger: everything mosquitto acknowledged to a device has to be stored
 * exactly once.
 *
 * SIGKILL keeps the page cache: this shows that restarts neither lose nor repeat. Power cuts have a test of
 * their own.
 */
import { createClient } from "@libsql/client";
import { startMosquitto } from "../support/mosquitto.ts";
import { type DeviceLedger, startLoad, valueOf } from "../support/mqtt_load.ts";
import { addKey, perchCommand, type PerchProcess, startPerch } from "../support/perch.ts";
import { subscribed } from "../support/subscribed.ts";

export interface KillOptions {
  cycles: number;
  /** Each start gets a new MQTT client id: the broker's session is lost, and what it held. Must turn red. */
  sabotage?: boolean;
  /**
   * `full` (default): each reading carries its time and seq. `plain`: a number alone, so that only its
   * delivery can tell that it came again.
   */
  payload?: "full" | "plain";
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
  /** Slowest `perch version` meanwhile: what a start that does nothing takes on this host now. */
  slowestBareMs: number;
  /** Findings of `PRAGMA integrity_check`; empty when the database is sound. */
  damage: string[];
  examples: string[];
}

const DEVICES = 20;
const RATE_PER_S = 200;
const QUEUE = "max_queued_messages 100000";
const START_MS = Date.UTC(2026, 0, 1);
const LEAST_LIFE_MS = 50;
const MOST_LIFE_MS = 900;
const DRAIN_MS = 30_000;
const BARE_EVERY = 5;

/** Runs the cycles and compares what is stored with the ledger. */
export async function killUnderLoad(options: KillOptions): Promise<KillReport> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-kill-" });
  await using broker = await startMosquitto({ config: [QUEUE] });
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
  let slowestBareMs = 0;
  try {
    await subscribed(perch, key);
    const load = startLoad({
      port: broker.port,
      devices: DEVICES,
      ratePerS: RATE_PER_S,
      startMs: START_MS,
      payload: options.payload,
    });
    for (let cycle = 1; cycle <= options.cycles; cycle++) {
      const delayed = options.payload === "plain" ? await delaySends(perch.pid) : null;
      await sleep(LEAST_LIFE_MS + Math.random() * (MOST_LIFE_MS - LEAST_LIFE_MS));
      await perch.kill();
      await delayed?.status;
      perch = await start();
      slowestReadyMs = Math.max(slowestReadyMs, perch.readyAfterMs);
      if (cycle % BARE_EVERY === 0) slowestBareMs = Math.max(slowestBareMs, await bareStartMs());
      options.onCycle?.(cycle, perch.readyAfterMs);
    }
    await load.stop();
    const ledger = load.ledger();
    const judge = options.payload === "plain" ? judgePlain : judgeFull;
    const report = await compare(() => judge(perch, key, ledger));
    await perch.stop();
    const slowest = { slowestReadyMs, slowestBareMs };
    return { cycles: options.cycles, ...slowest, damage: await damage(dataDir), ...report };
  } finally {
    await perch.kill();
    await Deno.remove(dataDir, { recursive: true });
  }
}

async function bareStartMs(): Promise<number> {
  const startedMs = performance.now();
  const [command, args] = perchCommand(undefined, ["version"]);
  const { success } = await new Deno.Command(command, { args, stdout: "null" }).output();
  if (!success) throw new Error("perch version failed");
  return performance.now() - startedMs;
}

/**
 * Holds every send of a process back for 20 ms. The time between a commit and its PUBACK is else so short that
 * a kill hardly ever falls into it, and that is the moment which makes a broker send a stored message again.
 */
async function delaySends(pid: number): Promise<Deno.ChildProcess> {
  const strace = new Deno.Command("strace", {
    args: "-f -e trace=sendto -e inject=sendto:delay_enter=20000 -o /dev/null -p".split(" ")
      .concat(String(pid)),
    stderr: "piped",
    stdout: "null",
  }).spawn();
  const reader = strace.stderr.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; !text.includes("attached");) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  (async () => {
    while (!(await reader.read()).done);
  })();
  return strace;
}

/** Waits until nothing new arrives, then looks for each acknowledged reading of each device. */
export async function compare(judge: () => Promise<Verdict>): Promise<Verdict> {
  const deadlineMs = performance.now() + DRAIN_MS;
  let result = await judge();
  while (result.lost > 0 && performance.now() < deadlineMs) {
    await sleep(500);
    result = await judge();
  }
  return result;
}

export type Verdict = Pick<
  KillReport,
  "acknowledged" | "lost" | "duplicate" | "wrong" | "examples"
>;

const verdict = (): Verdict => ({ acknowledged: 0, lost: 0, duplicate: 0, wrong: 0, examples: [] });

/** Without time and seq a reading is known by its value: each must stand as often as it was sent. */
export async function judgePlain(
  perch: PerchProcess,
  key: string,
  ledger: readonly DeviceLedger[],
): Promise<Verdict> {
  const result = verdict();
  for (const [index, one] of ledger.entries()) {
    const open = new Set(one.open);
    /** By value: how often it was acknowledged, and how often it may stand at most. */
    const expected = new Map<number, { least: number; most: number }>();
    for (let seq = 0; seq < one.sent; seq++) {
      const value = valueOf(index, seq);
      const counts = expected.get(value) ?? { least: 0, most: 0 };
      if (!open.has(seq)) counts.least++;
      counts.most++;
      expected.set(value, counts);
    }
    result.acknowledged += one.sent - open.size;
    const stored = new Map<number, number>();
    await eachReading(
      perch,
      key,
      `load/${one.device}/value`,
      0,
      Date.now() + 60_000,
      (_, value) => {
        stored.set(value, (stored.get(value) ?? 0) + 1);
      },
    );
    for (const [value, { least, most }] of expected) {
      const times = stored.get(value) ?? 0;
      result.lost += Math.max(0, least - times);
      result.duplicate += Math.max(0, times - most);
      if ((times < least || times > most) && result.examples.length < 10) {
        result.examples.push(
          `${one.device}: ${value} is stored ${times} times, sent ${most} times`,
        );
      }
    }
    result.wrong += [...stored.keys()].filter((value) => !expected.has(value)).length;
  }
  return result;
}

/** Looks for each acknowledged reading of each device, by its time. */
export async function judgeFull(
  perch: PerchProcess,
  key: string,
  ledger: readonly DeviceLedger[],
): Promise<Verdict> {
  const result = verdict();
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
  await eachReading(perch, key, sensor, START_MS, START_MS + sent + 1, (tMs, value) => {
    const seq = tMs - START_MS;
    found.set(seq, [...found.get(seq) ?? [], value]);
  });
  return found;
}

/** Every stored reading of a sensor in a range, page by page. */
async function eachReading(
  perch: PerchProcess,
  key: string,
  sensor: string,
  fromMs: number,
  toMs: number,
  visit: (tMs: number, value: number) => void,
): Promise<void> {
  let cursor = "";
  do {
    const query = `sensor=${sensor}&from=${fromMs}&to=${toMs}&points=0${cursor}`;
    const page = JSON.parse(await get(perch, key, `/api/readings?${query}`));
    (page.t as number[] | undefined ?? []).forEach((tMs, i) => visit(tMs, page.v[i]));
    cursor = page.next ? `&cursor=${encodeURIComponent(page.next)}` : "";
  } while (cursor !== "");
}

async function get(perch: PerchProcess, key: string, path: string): Promise<string> {
  const response = await fetch(perch.url + path, { headers: { authorization: `Bearer ${key}` } });
  return await response.text();
}

/** What SQLite's full check finds in the database of a stopped Perch. */
export async function damage(dataDir: string): Promise<string[]> {
  const client = createClient({ url: `file:${dataDir}/perch.db`, concurrency: 1 });
  try {
    const { rows } = await client.execute("PRAGMA integrity_check");
    return rows.map((row) => String(row[0])).filter((text) => text !== "ok");
  } finally {
    client.close();
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
