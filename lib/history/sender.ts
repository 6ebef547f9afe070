/**
 * DESIGN. Chunks wait in a queue of the database until they are known to be at the server. One is sent; only when it
 * was found there again, some time later, does it leave the queue: what a server has answered for may still be in its
 * memory alone, and a kill of it takes that along. A server keeps everything twice that it is sent twice. So whenever
 * it is not certain what it has (Perch was started, a request failed, something was not found again), it is asked
 * before anything is sent, and gets what it lacks and no more.
 */
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Sensor } from "../machines/sensor.ts";
import type { OnwardStore, ReadingColumns, WaitingChunk } from "../readings/onward.ts";
import { DAY_MS, HOUR_MS } from "../words/times.ts";
import { compare } from "./compare.ts";
import type { Arrived, HistoryStore } from "./history_store.ts";
import type { Known } from "./known.ts";
import { byMonth } from "./months.ts";
import type { SeriesBlock } from "./remote_write.ts";
import { HistoryError, type HistoryServer } from "./server.ts";

export interface SenderDeps {
  clock: Clock;
  log: Log;
  readings: Pick<OnwardStore, "waiting" | "sealed">;
  store: HistoryStore;
  known: Known;
  sensor: (num: number) => Sensor | undefined;
  /** What was sent is looked for after so long: longer than the server keeps it in memory alone. */
  settleMs?: number;
  /** For sabotage in tests: what was answered for counts as kept. */
  trusting?: boolean;
}

/** A chunk that was sent and not looked for yet. */
interface Posted extends Arrived {
  /** Nothing else of the sensor lies in its stretch of time. */
  isAlone: boolean;
  atMs: number;
}

export interface Sender {
  /** A new connection to the server begins: it is not certain what it has. */
  begin(server: HistoryServer, signal: AbortSignal): Promise<void>;
  /** Sends some of what waits and looks for some of what was sent. False: there was nothing to do at the moment. */
  step(server: HistoryServer, keepsMs: number | null, signal: AbortSignal): Promise<boolean>;
  /** Something is sent and not found there yet. */
  isSettling(): boolean;
  /** Places in the queue of what can be found there already. */
  visible(): number[];
  /** Readings that were sent since the start. */
  sent(): number;
}

/** Of one request, and of all that is sent and was not looked for yet. */
const READINGS_OF_STEP = 50_000;
const SETTLING_MOST = 4_000_000;
/** A VictoriaMetrics has what it answered for on its disk within 11 s (measured by kills). */
export const SETTLE_MS = 20_000;
/** Where it cannot be told to, a server makes what it has findable by itself within this. */
const FINDABLE_MS = 5_000;
/** A chunk that was sent so often and never found is not sent again for a while. */
const TRIES_MOST = 3;

export function createSender(deps: SenderDeps): Sender {
  const { clock, log, readings, store, known } = deps;
  const settleMs = deps.settleMs ?? SETTLE_MS;
  let posted: Posted[] = [];
  let visible: number[] = [];
  let afterId = 0;
  /** Chunks up to this place may be there already. */
  let askUntilId = Infinity;
  let sent = 0;
  /** How often chunks were sent that were not found again. */
  let tries = new Map<number, number>();
  /** The newest time of each sensor that was sent. */
  let newest = new Map<number, number>();

  const range = ({ firstMs, lastMs }: Pick<Arrived, "firstMs" | "lastMs">) => ({
    fromMs: firstMs,
    toMs: lastMs + 1,
  });

  async function lacking(
    server: HistoryServer,
    { sensor, id, firstMs, lastMs }: Pick<Arrived, "sensor" | "firstMs" | "lastMs"> & {
      id: string;
    },
    signal: AbortSignal,
  ): Promise<ReadingColumns> {
    const where = range({ firstMs, lastMs });
    const there = await server.readings(known.selector(sensor, id, where), where, signal);
    const ours = await readings.sealed({ sensor, ...where });
    return compare(ours, there, true).missing;
  }

  /** What of a chunk is to be sent, and whether it has its stretch of time for itself. */
  async function wanted(
    server: HistoryServer,
    chunk: WaitingChunk,
    sensor: Sensor,
    signal: AbortSignal,
  ): Promise<{ columns: ReadingColumns; isAlone: boolean }> {
    const firstMs = chunk.tMs[0];
    const lastMs = chunk.tMs[chunk.tMs.length - 1];
    const isNewer = firstMs > (newest.get(chunk.sensor) ?? -Infinity);
    if (isNewer && chunk.id > askUntilId) return { columns: chunk, isAlone: true };
    const where = range({ firstMs, lastMs });
    const n = await server.count(known.selector(chunk.sensor, sensor.id, where), where, signal);
    if (n === 0) return { columns: chunk, isAlone: isNewer };
    const of = { sensor: chunk.sensor, id: sensor.id, firstMs, lastMs };
    return { columns: await lacking(server, of, signal), isAlone: false };
  }

  async function send(
    server: HistoryServer,
    keepsMs: number | null,
    signal: AbortSignal,
  ): Promise<boolean> {
    const settling = posted.reduce((sum, { n }) => sum + n, 0);
    if (settling > SETTLING_MOST) return false;
    const chunks = await readings.waiting({ afterId, readings: READINGS_OF_STEP });
    if (chunks.length === 0) return false;
    // What the server would throw away as too old need not be sent.
    const oldestMs = keepsMs === null ? -Infinity : clock.now() - keepsMs + DAY_MS;
    const blocks: SeriesBlock[] = [];
    const all: Posted[] = [];
    for (const whole of chunks) {
      const sensor = deps.sensor(whole.sensor);
      const chunk = since(whole, oldestMs);
      const n = chunk.tMs.length;
      const [firstMs, lastMs] = n === 0 ? [0, 0] : [chunk.tMs[0], chunk.tMs[n - 1]];
      const id = sensor === undefined || n === 0 ? null : sensor.id;
      const entry = { place: chunk.id, sensor: chunk.sensor, id, firstMs, lastMs, n };
      if (sensor === undefined || n === 0) {
        all.push({ ...entry, isAlone: false, atMs: -Infinity });
        continue;
      }
      const { columns, isAlone } = await wanted(server, chunk, sensor, signal);
      blocks.push(...blocksOf(sensor, columns));
      newest.set(chunk.sensor, Math.max(newest.get(chunk.sensor) ?? -Infinity, lastMs));
      all.push({ ...entry, isAlone, atMs: clock.monotonic() });
    }
    if (blocks.length > 0) {
      await server.write(blocks, signal);
      sent += blocks.reduce((sum, { tMs }) => sum + tMs.length, 0);
    }
    posted.push(...all.map((one) => ({ ...one, atMs: Math.max(one.atMs, clock.monotonic()) })));
    // What is late is asked for together with what is there already: it must be counted once.
    if (all.some(({ isAlone }) => !isAlone)) await findable(server, signal);
    visible = posted.map(({ place }) => place);
    afterId = chunks[chunks.length - 1].id;
    return true;
  }

  /** Looks for what was sent some time ago; what is there need not wait any more. */
  async function look(server: HistoryServer, signal: AbortSignal): Promise<boolean> {
    const atMs = clock.monotonic() - (deps.trusting ? 0 : settleMs);
    const due = posted.filter((one) => one.atMs <= atMs);
    if (due.length === 0) return false;
    // What cannot be found yet would be sent twice.
    if (settleMs < FINDABLE_MS && !deps.trusting) await findable(server, signal);
    const again = new Set<number>();
    for (const run of runsOf(due)) {
      if (deps.trusting || run.id === null) continue;
      const where = range(run);
      const of = { ...run, id: run.id };
      const n = await server.count(known.selector(run.sensor, run.id, where), where, signal);
      if (run.isAlone && n === run.n) continue;
      const missing = await lacking(server, of, signal);
      if (missing.tMs.length === 0) continue;
      await sendAgain(server, run, missing, signal);
      for (const place of run.places) again.add(place);
    }
    const found = due.filter(({ place }) => !again.has(place));
    await store.arrived(found);
    for (const { sensor, id, firstMs, lastMs, place } of found) {
      if (id !== null) known.arrived(sensor, id, firstMs, lastMs);
      tries.delete(place);
    }
    const gone = new Set(found);
    posted = posted.filter((one) => !gone.has(one));
    visible = posted.map(({ place }) => place);
    return true;
  }

  /** What was not found again, although the server had taken it, or came to the same stretch of time since. */
  async function sendAgain(
    server: HistoryServer,
    run: Run,
    missing: ReadingColumns,
    signal: AbortSignal,
  ): Promise<void> {
    const sensor = deps.sensor(run.sensor);
    if (sensor === undefined) return;
    const n = missing.tMs.length;
    const day = new Date(run.firstMs).toISOString().slice(0, 10);
    const most = run.places.reduce((most, place) => {
      tries.set(place, (tries.get(place) ?? 0) + 1);
      return Math.max(most, tries.get(place)!);
    }, 0);
    if (most > TRIES_MOST) {
      tries = new Map();
      throw new HistoryError(
        `the server does not keep what it takes: ${n} readings of ${sensor.name} of ${day} are not ` +
          `there after ${most} tries. Does it remove duplicates, or what is old?`,
      );
    }
    log.warn(`the server lacks ${n} readings of ${sensor.name} of ${day}; they are sent again`);
    await server.write(blocksOf(sensor, missing), signal);
    sent += n;
    await findable(server, signal);
    const places = new Set(run.places);
    for (const one of posted) {
      if (!places.has(one.place)) continue;
      one.isAlone = false;
      one.atMs = clock.monotonic();
    }
  }

  function blocksOf(sensor: Sensor, columns: ReadingColumns): SeriesBlock[] {
    return Array.from(byMonth(columns), ([month, part]) => ({
      labels: known.labels(sensor, month, known.generation(sensor.num, month)),
      ...part,
    }));
  }

  async function findable(server: HistoryServer, signal: AbortSignal): Promise<void> {
    const isFlushed = await server.flush(signal).catch((error) => {
      log.debug(`the server cannot be told to flush: ${messageOf(error)}`);
      return false;
    });
    if (!isFlushed) await clock.sleep(FINDABLE_MS, signal);
  }

  return {
    async begin(server, signal) {
      posted = [];
      visible = [];
      newest = new Map(known.all().map(({ sensor, newestMs }) => [sensor, newestMs]));
      afterId = 0;
      askUntilId = await store.newestWaiting();
      await findable(server, signal);
    },
    async step(server, keepsMs, signal) {
      const hasSent = await send(server, keepsMs, signal);
      const hasFound = await look(server, signal);
      return hasSent || hasFound;
    },
    isSettling: () => posted.length > 0,
    visible: () => visible,
    sent: () => sent,
  };
}

/** Without what is older. */
function since(chunk: WaitingChunk, oldestMs: number): WaitingChunk {
  const from = chunk.tMs.findIndex((tMs) => tMs >= oldestMs);
  if (from === 0) return chunk;
  const at = from < 0 ? chunk.tMs.length : from;
  return { ...chunk, tMs: chunk.tMs.subarray(at), value: chunk.value.subarray(at) };
}

interface Run extends Omit<Posted, "place" | "atMs"> {
  places: number[];
}

/** Chunks of one sensor that follow each other are looked for at once, as long as a part of a day. */
function runsOf(due: readonly Posted[]): Run[] {
  const runs: Run[] = [];
  const open = new Map<number, Run>();
  for (const { place, ...one } of due) {
    const run = open.get(one.sensor);
    const joins = run !== undefined && one.isAlone && run.isAlone && one.firstMs > run.lastMs &&
      one.lastMs - run.firstMs < 48 * HOUR_MS;
    if (joins) {
      run.lastMs = one.lastMs;
      run.n += one.n;
      run.places.push(place);
      continue;
    }
    const fresh = { ...one, places: [place] };
    open.set(one.sensor, fresh);
    runs.push(fresh);
  }
  return runs;
}
