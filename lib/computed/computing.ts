/**
 * DESIGN. The results on disk are the state: a total goes on from its last result, everything else from the last
 * readings of its inputs. A cursor in the journal says up to which group all results are on disk, or from when on
 * they have to be looked at (`recompute_ms`, written in the same transaction); after a crash what came after it is
 * computed again, compared with what is stored, and written where it differs. So no result is missing and none is
 * there twice. Results of live readings go through the intake, like all readings; what lies in the past is replaced
 * in the store, in steps, each as long as the pause after it.
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Beat, Task } from "../base/supervisor.ts";
import { createWake } from "../base/wake.ts";
import type { Database } from "../db/client.ts";
import type { DraftBatch } from "../intake/intake.ts";
import type { CommittedGroup } from "../intake/committed.ts";
import type { Registry } from "../machines/registry.ts";
import type { Sensor } from "../machines/sensor.ts";
import { LATEST_MS } from "../readings/reading.ts";
import type { ReadingsStore } from "../readings/store.ts";
import { type ComputedRow, computedUntil, putComputed } from "./computed_store.ts";
import { define, type FindSensor } from "./definition.ts";
import { lastBefore } from "./history.ts";
import { LiveInputs, type Now } from "./live.ts";
import {
  computePage,
  createJob,
  differsFrom,
  type Job,
  type Page,
  type Results,
  writePage,
} from "./recompute.ts";
import { Running } from "./running.ts";

export interface ComputingDeps {
  db: Database;
  clock: Clock;
  log: Log;
  readings: Pick<
    ReadingsStore,
    "raw" | "buckets" | "replace" | "journalAfter" | "cursor" | "moveCursor" | "dropCursor"
  >;
  registry: Pick<Registry, "byNum"> & { changes: Pick<Registry["changes"], "changed"> };
  find: FindSensor;
  offer: (batch: DraftBatch) => Promise<unknown>;
}

const CURSOR = "computed";
const CURSOR_EVERY_MS = 60_000;
const JOURNAL_BYTES = 1024 * 1024;
const IDLE_MS = 10 * 60_000;
const RETRY_MS = 5_000;

export interface Computing {
  task: Task;
  running(sensor: number): Running | undefined;
  all(): Running[];
  /** A row was written: its results are computed anew where the definition is another. */
  put(row: ComputedRow): void;
  drop(sensor: number): void;
  /** A commit group. */
  take(group: CommittedGroup): void;
  /** A sensor was changed, deleted, restored: it may be an input. */
  sensorChanged(sensor: Sensor): void;
}

export function createComputing(deps: ComputingDeps, rows: readonly ComputedRow[]): Computing {
  const { db, clock, log, readings, registry, find } = deps;
  const wake = createWake(clock);
  const byNum = new Map<number, Running>();
  /** Who is computed from a sensor, and as which input. */
  let uses = new Map<number, { running: Running; input: number }[]>();
  let lastGroup: number | null = null;
  let cursorMs = -Infinity;
  let retryMs = -Infinity;

  for (const row of rows) byNum.set(row.sensorNum, new Running(row, find));
  arrange();

  const nowOf = (): Now => ({ ms: clock.now(), monotonicMs: clock.monotonic() });

  /** Keeps `uses`. */
  function arrange(): void {
    uses = new Map();
    for (const running of byNum.values()) {
      running.definition.inputs.forEach((num, input) => {
        uses.set(num, [...uses.get(num) ?? [], { running, input }]);
      });
    }
  }

  function put(row: ComputedRow): void {
    const running = new Running(row, find);
    byNum.set(row.sensorNum, running);
    if (running.row.recomputeMs !== null) running.touchAll();
    arrange();
    wake.now();
  }

  function take(group: CommittedGroup): void {
    if (byNum.size === 0) return;
    lastGroup = group.groupId;
    const now = nowOf();
    let mine = false;
    for (let i = 0; i < group.n; i++) {
      const all = uses.get(group.sensor[i]);
      if (all === undefined) continue;
      mine = true;
      for (const { running, input } of all) {
        running.take(input, group.tMs[i], group.value[i], now);
      }
    }
    if (mine) wake.now();
  }

  function sensorChanged(sensor: Sensor): void {
    const own = byNum.get(sensor.num);
    const all = [...byNum.values()].filter((one) =>
      one === own || one.row.spec.inputs.some((input) => input.sensor === sensor.id)
    );
    for (const running of all) redefine(running);
    if (all.length > 0) {
      arrange();
      wake.now();
    }
  }

  function redefine(running: Running): void {
    const before = running.definition;
    const now = define(running.row.spec, find);
    const own = registry.byNum(running.sensor);
    if (own === undefined || own.deletedMs !== null) {
      Object.assign(now, { plan: null, inputs: [], fault: "it was deleted" });
    }
    if (now.fault === before.fault && now.version === before.version) return;
    running.definition = now;
    [running.live, running.job] = [null, null];
    if (now.plan === null) return;
    if (now.version === running.row.version) running.touch(lastOf(running), LATEST_MS, -Infinity);
    else running.touchAll();
  }

  /** Results up to here are there. */
  const lastOf = ({ sensor }: Running) => registry.byNum(sensor)?.last?.tMs ?? 0;

  // ---- at the start: what came after the cursor ----

  async function readAlong(beat: () => void): Promise<void> {
    for (const running of byNum.values()) redefine(running);
    arrange();
    const nowMs = clock.monotonic();
    for (const running of byNum.values()) {
      const { plan, version } = running.definition;
      if (plan !== null && version !== running.row.version) running.touchAll();
      else touchForGood(running, running.row.recomputeMs, nowMs);
    }
    let after = await readings.cursor(CURSOR);
    if (after === null) {
      for (const running of byNum.values()) running.touchAll();
      return;
    }
    for (;;) {
      const page = await readings.journalAfter({ afterGroup: after, maxBytes: JOURNAL_BYTES });
      if (page.groupId.length === 0) break;
      if (page.groupId[0] > after + 1) {
        log.warn(
          "the journal was freed before everything was computed from it: all is computed again",
        );
        for (const running of byNum.values()) running.touchAll();
      }
      for (let i = 0; i < page.sensor.length; i++) {
        for (const { running } of uses.get(page.sensor[i]) ?? []) {
          touchForGood(running, page.tMs[i], nowMs);
        }
      }
      after = page.groupId[page.groupId.length - 1];
      beat();
    }
    lastGroup ??= after;
    for (const running of byNum.values()) touchForGood(running, lastOf(running) + 1, nowMs);
  }

  function touchForGood(running: Running, fromMs: number | null, nowMs: number): void {
    if (fromMs !== null) running.touch(fromMs, LATEST_MS, nowMs);
  }

  // ---- live ----

  async function sendLive(): Promise<void> {
    const sent: { running: Running; results: Results }[] = [];
    const now = nowOf();
    for (const running of byNum.values()) {
      if (running.live === null || running.live.firstMs === null) continue;
      const results = running.live.compute(now);
      if (results.tMs.length === 0) continue;
      running.unsent = results.tMs[0];
      sent.push({ running, results });
    }
    if (sent.length === 0) return;
    try {
      await offer(sent);
    } catch (error) {
      log.warn("results could not be stored; they are computed again", { error });
      retryMs = clock.monotonic() + RETRY_MS;
      for (const { running, results } of sent) {
        running.touch(results.tMs[0], LATEST_MS, clock.monotonic());
      }
    }
    for (const { running } of sent) running.unsent = null;
  }

  async function offer(sent: readonly { running: Running; results: Results }[]): Promise<void> {
    const drafts = sent.flatMap(({ running, results: { tMs, value } }) => {
      const sensor = registry.byNum(running.sensor);
      if (sensor === undefined || sensor.deletedMs !== null) return [];
      const { scale, offset } = sensor.settings;
      // A result is what was computed: calibration is for what devices measure.
      const uncalibrated = (v: number) => scale === 1 && offset === 0 ? v : (v - offset) / scale;
      return tMs.map((t, i) => ({ sensor: sensor.name, tMs: t, value: uncalibrated(value[i]) }));
    });
    const indexed = drafts.map((draft, index) => ({ ...draft, index }));
    await deps.offer({
      source: "computed",
      topic: "computed",
      drafts: indexed,
      rejects: [],
      keepRejects: false,
    });
  }

  // ---- history ----

  /** The next one whose history is to be computed, and whose inputs are all through with theirs. */
  function nextJob(nowMs: number): Running | null {
    if (nowMs < retryMs) return null;
    for (const running of byNum.values()) {
      if (running.job === null && running.jobDueMs > nowMs) continue;
      const waits = running.definition.inputs.some((num) => {
        const input = byNum.get(num);
        return input !== undefined && input.definition.plan !== null &&
          (input.job !== null || input.touched !== null);
      });
      if (!waits) return running;
    }
    return null;
  }

  async function begin(running: Running): Promise<void> {
    const { definition, touched } = running;
    const toMs = running.jobEndMs(touched!);
    const all = touched!.fromMs === 0;
    const job = await createJob(readings, {
      sensor: running.sensor,
      inputs: definition.inputs,
      plan: definition.plan!,
      fromMs: touched!.fromMs,
      toMs,
    });
    if (running.definition !== definition) return;
    if (all && running.row.version !== definition.version) {
      running.row.version = definition.version;
      running.row.recomputeMs = 0;
      await db.write([putComputed(running.row)]);
      running.persisted(0);
    }
    if (running.definition !== definition) return;
    [running.job, running.touched] = [job, null];
    if (toMs === LATEST_MS) running.live = null;
  }

  async function step(running: Running): Promise<void> {
    if (running.job === null) return await begin(running);
    const { job, definition } = running;
    const toNewest = job.toMs === LATEST_MS;
    const page = await computePage(readings, job, (isLast) => {
      // What is committed from here on is not in this page.
      if (isLast && toNewest && running.job === job) {
        running.live = new LiveInputs(job.calculation, job.inputs.length, Infinity);
      }
    });
    if (running.live !== null && toNewest && page.isLast) running.live.atMs = job.lastMs;
    await store(running, job, page, toNewest && page.isLast);
    if (running.definition !== definition) return;
    job.atMs = page.untilMs;
    if (!page.isLast) return;
    running.job = null;
    if (job.changedMs !== null) touchUses(running, job.changedMs);
  }

  /** Writes a page where it differs. The newest result of all goes the way of live ones: it is judged and shown. */
  async function store(running: Running, job: Job, page: Page, isNewest: boolean): Promise<void> {
    const changedMs = await differsFrom(readings, job.sensor, page);
    if (changedMs === null) return;
    job.changedMs ??= changedMs;
    // What is the same stays as it is on disk.
    const same = page.tMs.findIndex((t) => t >= changedMs);
    const from = same < 0 ? page.tMs.length : same;
    const rest = {
      fromMs: changedMs,
      untilMs: page.untilMs,
      tMs: page.tMs.slice(from),
      value: page.value.slice(from),
    };
    const newest: Results = { tMs: [], value: [] };
    if (isNewest && rest.tMs.length > 0) {
      newest.tMs.push(rest.tMs.pop()!);
      newest.value.push(rest.value.pop()!);
      running.unsent = newest.tMs[0];
    }
    const done = [computedUntil(job.sensor, changedMs)];
    const keptUntilMs = await writePage(readings, job.sensor, rest, done);
    if (keptUntilMs !== null) {
      const until = new Date(keptUntilMs).toISOString();
      log.info("results that were summed up stay as they are", { sensor: job.sensor, until });
    }
    running.persisted(changedMs);
    if (isNewest) await showLast(job.sensor, newest.tMs.length > 0 ? null : changedMs);
    if (newest.tMs.length > 0) await offer([{ running, results: newest }]);
    running.unsent = null;
  }

  /** What is shown as the present value is gone: that before `beforeMs` is it now; null: one is coming. */
  async function showLast(num: number, beforeMs: number | null): Promise<void> {
    const last = beforeMs === null ? null : await lastBefore(readings, num, beforeMs, Infinity);
    const sensor = registry.byNum(num);
    if (sensor !== undefined) registry.changes.changed(sensor, { last });
  }

  function touchUses(running: Running, fromMs: number): void {
    for (const { running: user } of uses.get(running.sensor) ?? []) {
      user.touch(fromMs, LATEST_MS, -Infinity);
    }
  }

  function failed(running: Running, error: unknown): void {
    log.warn("a computed sensor's history could not be stored; it is tried again", { error });
    retryMs = clock.monotonic() + RETRY_MS;
    running.giveUp(-Infinity);
  }

  // ---- the cursor ----

  async function keepCursor(): Promise<void> {
    const nowMs = clock.monotonic();
    if (lastGroup === null || nowMs - cursorMs < CURSOR_EVERY_MS) return;
    cursorMs = nowMs;
    const moved = [...byNum.values()].flatMap((running) => {
      const ms = running.toPersist();
      return ms === undefined ? [] : [{ running, ms }];
    });
    await readings.moveCursor(
      CURSOR,
      lastGroup,
      moved.map(({ running, ms }) => computedUntil(running.sensor, ms)),
    );
    for (const { running, ms } of moved) running.persisted(ms);
  }

  const dueMs = (now: Now) =>
    [...byNum.values()].reduce(
      (ms, { live, jobDueMs }) => Math.min(ms, live?.dueMs(now) ?? Infinity, jobDueMs),
      byNum.size === 0 ? Infinity : cursorMs + CURSOR_EVERY_MS,
    );

  /** Until none is left. */
  async function work(signal: AbortSignal, beat: Beat): Promise<void> {
    while (byNum.size > 0) {
      signal.throwIfAborted();
      beat();
      await sendLive();
      const nowMs = clock.monotonic();
      const running = nextJob(nowMs);
      if (running !== null) {
        await step(running).catch((error) => failed(running, error));
        // As long as it worked, it rests: others have the machine, too.
        await clock.sleep(Math.min(clock.monotonic() - nowMs, 1_000), signal);
        continue;
      }
      await keepCursor();
      const waitMs = Math.max(dueMs(nowOf()), retryMs) - clock.monotonic();
      await wake.sleep(Math.min(Math.max(waitMs, 50), IDLE_MS), signal);
    }
  }

  return {
    task: {
      name: "computed sensors",
      async run(signal, beat = () => {}) {
        for (;;) {
          while (byNum.size === 0) {
            // Without it the journal waits for nobody.
            if (await readings.cursor(CURSOR) !== null) await readings.dropCursor(CURSOR, []);
            cursorMs = -Infinity;
            await wake.sleep(Infinity, signal);
          }
          for (const running of byNum.values()) running.giveUp(-Infinity);
          await readAlong(beat);
          await work(signal, beat);
        }
      },
    },
    running: (sensor) => byNum.get(sensor),
    all: () => [...byNum.values()],
    put,
    drop(sensor) {
      byNum.delete(sensor);
      arrange();
      wake.now();
    },
    take,
    sensorChanged,
  };
}
