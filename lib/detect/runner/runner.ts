/**
 * DESIGN. The runner feeds every committed reading to its sensor's detectors, on the main thread: a reading
 * costs microseconds. It works in slices of a few milliseconds and lets the event loop turn in between.
 *
 * Groups come from the bus into a bounded queue. When the queue overflows, and after every start, the runner
 * is *behind*: it reads the journal after the last group it is done with until there are no further ones, then
 * goes on with the queue. Groups it has seen are skipped, so it does not matter that both may show one.
 *
 * States are saved every few minutes (checkpoint.ts). A finding is named by detector, sensor, group and place
 * in the group, and stored once: what a replay finds again is there already.
 *
 * Ticks follow the journal's clock. While nothing comes in at all, that clock stands; after a while idle ticks
 * move on from it by the time the process has waited, so that a silent site is noticed.
 *
 * Nobody is called silent for a time in which nobody listened: while the past is read after a start, and until
 * `heardSinceMs` has been so for as long as the sensor may be silent. What is found at ticks depends on that
 * and on the process's own time, so a state that found something there is stored together with it.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import type { Database } from "../../db/client.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import { HOUR_MS } from "../../words/times.ts";
import type { Finding } from "../detector.ts";
import type { FindingStore, NamedFinding, StoredFinding } from "../findings_store.ts";
import { allowedMs, silence, type SilenceState } from "../detectors/silence.ts";
import { type Checkpoints, createCheckpoints, type Round } from "./checkpoint.ts";
import { JournalClock } from "./journal_clock.ts";
import { type Hearing, type Watch, Watched } from "./watched.ts";

/** The columns of a commit group that detection reads. */
export interface DetectGroup {
  readonly groupId: number;
  readonly n: number;
  readonly sensor: Uint32Array;
  readonly tMs: Float64Array;
  readonly value: Float64Array;
}

export interface RunnerDeps {
  clock: Clock;
  log: Log;
  readings: Pick<ReadingsStore, "journalAfter" | "cursor" | "moveCursor">;
  db: Pick<Database, "query" | "write">;
  findings: Pick<FindingStore, "add" | "trim">;
  /** How a sensor is to be watched; null: it is not known (any more). */
  plan: (sensor: number) => Watch[] | null;
  /** Further sensors of its machine. Left out: none. */
  othersOf?: (sensor: number) => readonly number[];
  /** Since when Perch has been listening without a break, by the host's clock; another value: a new start. */
  heardSinceMs?: () => number;
  /** Findings that somebody waits for: stored within a twentieth of a second. Left out: none. */
  urgent?: (finding: Finding) => boolean;
  /** New findings, after they are on disk. */
  publish: (found: StoredFinding[]) => void;
  options?: Partial<RunnerOptions>;
}

export interface RunnerOptions {
  /** Longest work between two turns of the event loop. */
  sliceMs: number;
  /** Pause between the starts of two checkpoints. */
  checkpointMs: number;
  /** Journal time between two ticks. */
  tickMs: number;
  /** Nothing came in for this long: idle ticks begin. */
  idleMs: number;
  /** Readings that may wait; more are read from the journal later. */
  queueReadings: number;
}

export const RUNNER_OPTIONS: RunnerOptions = {
  sliceMs: 5,
  checkpointMs: 10 * 60_000,
  tickMs: 10_000,
  idleMs: 30_000,
  queueReadings: 100_000,
};

export interface RunnerStats {
  /** Last group that was judged. */
  group: number;
  sensors: number;
  readings: number;
  findings: number;
  /** Reading the journal because of a start or an overflow. */
  behind: boolean;
  queuedReadings: number;
  /** Time spent on the event loop since the start: judging, saving, bookkeeping. */
  busyMs: number;
  checkpoints: number;
}

export interface Runner {
  /** A committed group; costs next to nothing. */
  take(group: DetectGroup): void;
  /** The sensor's options changed, or it is gone: its detectors go on with the new plan. */
  replan(sensor: number): void;
  /** How long a sensor may be silent, as its rhythm is known; null: nobody can say. */
  silenceMs(sensor: number): number | null;
  task: Task;
  stats(): RunnerStats;
}

/** Items of findings at ticks: at most one tick before a group, and idle ones after it. */
const TICK_ITEM = -1;
const IDLE_ITEM = { raised: -2, changed: -3, cleared: -4, point: -5 } as const;
const PAGE_BYTES = 256 * 1024;
const IDLE_WAIT_MS = 1000;
/** While a checkpoint or findings wait to be written. */
const BUSY_WAIT_MS = 50;
const FLUSH_MS = 500;
const URGENT_FLUSH_MS = 50;
const FLUSH_FINDINGS = 200;
/** A reading this far ahead of the host's clock does not move the journal's. */
const AHEAD_MOST_MS = 5 * 60_000;
/** Sensors of a machine that one is compared with. */
const OTHERS_MOST = 48;
/** Readings between two looks at the clock. */
const LOOK_EVERY = 32;

export function createRunner(deps: RunnerDeps): Runner {
  const { clock } = deps;
  const options = { ...RUNNER_OPTIONS, ...deps.options };
  const checkpoints = createCheckpoints(deps);
  const stats = { readings: 0, findings: 0, busyMs: 0, checkpoints: 0 };
  let queue: DetectGroup[] = [];
  let queued = 0;
  let wake = () => {};
  let run: Run | null = null;
  /** The queue lost a group, or nobody was there to take it. */
  let behind = true;

  return {
    take(group) {
      if (run === null || behind) {
        // Whatever it is, the journal has it.
        behind = true;
        wake();
        return;
      }
      queue.push(group);
      queued += group.n;
      if (queued > options.queueReadings) fallBehind();
      wake();
    },
    replan: (sensor) => run?.replan(sensor),
    silenceMs(sensor) {
      const state = run?.watched.get(sensor)?.stateOf(silence.name);
      return state === undefined ? null : allowedMs(state as SilenceState);
    },
    task: {
      name: "detection",
      async run(signal) {
        fallBehind();
        run = new Run(deps, options, checkpoints, stats);
        const onAbort = () => wake();
        signal.addEventListener("abort", onAbort);
        try {
          await run.restore();
          await work(run, signal);
          await run.end();
        } finally {
          signal.removeEventListener("abort", onAbort);
          run = null;
        }
      },
    },
    stats: () => ({
      group: run?.done ?? 0,
      sensors: run?.watched.size ?? 0,
      behind,
      queuedReadings: queued,
      ...stats,
    }),
  };

  function fallBehind(): void {
    queue = [];
    queued = 0;
    behind = true;
  }

  async function work(run: Run, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (behind) {
        await catchUp(run, signal);
      } else if (queue.length > 0) {
        const group = queue.shift()!;
        queued -= group.n;
        await run.judge(group, signal);
      } else {
        await idle(run, signal);
      }
      // A group may have been left half-way: such states must not be saved.
      if (!signal.aborted) await run.keep();
    }
  }

  async function catchUp(run: Run, signal: AbortSignal): Promise<void> {
    // Groups that come from now on are queued: they are in the journal page as well, or after it.
    behind = false;
    while (!signal.aborted) {
      const page = await deps.readings.journalAfter({ afterGroup: run.done, maxBytes: PAGE_BYTES });
      if (page.groupId.length === 0) {
        run.live = true;
        return;
      }
      let at = 0;
      for (let i = 0; i < page.groupId.length; i++) {
        const to = at + page.n[i];
        await run.judge({
          groupId: page.groupId[i],
          n: page.n[i],
          sensor: page.sensor.subarray(at, to),
          tMs: page.tMs.subarray(at, to),
          value: page.value.subarray(at, to),
        }, signal);
        if (signal.aborted) return;
        at = to;
      }
      await run.keep();
    }
  }

  /** Waits for a group, at most until something else is to be done. */
  async function idle(run: Run, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    wake = () => woken.abort();
    run.resting();
    await clock.sleep(run.settled ? IDLE_WAIT_MS : BUSY_WAIT_MS, woken.signal).catch(() => {});
    wake = () => {};
    run.rested();
    if (!signal.aborted) await run.idleTick();
  }
}

type Totals = Pick<RunnerStats, "readings" | "findings" | "busyMs" | "checkpoints">;

/** One life of the runner: from a restored checkpoint until it is stopped or fails. */
class Run {
  /** Last group that was judged. */
  done = 0;
  /** The past was read: what comes now comes now. */
  live = false;
  readonly watched = new Map<number, Watched>();
  /** Since when somebody has listened, by the journal's clock; Infinity until that is known. */
  #heardMs = Infinity;
  #heardSinceMs = NaN;
  /** Hour at whose beginning sensors of a machine were compared last. */
  #comparedHour = NaN;
  readonly #clock: JournalClock;
  #found: NamedFinding[] = [];
  /** Sensors whose state has to be stored with what was found: at a tick it is not found again. */
  #tickFound = new Set<Watched>();
  #round: Round | null = null;
  /** No group was left half-way. */
  #whole = true;
  #roundMs: number;
  #flushedMs: number;
  #sliceMs: number;
  #groupMs: number;
  #idleTickMs: number;
  /** Name of what the step under way finds. */
  #name = { sensor: 0, groupId: 0, item: 0 };
  readonly #now: Hearing = { journalMs: 0, heardMs: 0 };
  readonly #take = (finding: Finding) => this.#keepFinding({ ...this.#name, finding });
  /** Somebody waits for one of what was found. */
  #urgent = false;

  constructor(
    private readonly deps: RunnerDeps,
    private readonly options: RunnerOptions,
    private readonly checkpoints: Checkpoints,
    private readonly totals: Totals,
  ) {
    this.#clock = new JournalClock(options.tickMs);
    const nowMs = deps.clock.monotonic();
    this.#roundMs =
      this.#flushedMs =
      this.#sliceMs =
      this.#groupMs =
      this.#idleTickMs =
        nowMs;
  }

  /** Nothing waits to be written. */
  get settled(): boolean {
    return this.#found.length === 0 && this.#round === null;
  }

  async restore(): Promise<void> {
    const saved = await this.checkpoints.load();
    this.done = saved.group;
    if (saved.clock !== null) this.#clock.load(saved.clock);
    for (const { sensor, group, data } of saved.states) {
      const one = this.#watch(sensor);
      if (one === null) continue;
      one.savedGroup = group;
      one.load(
        data,
        (error) =>
          this.deps.log.warn("a detector starts afresh: its saved state cannot be continued", {
            sensor,
            error: error.message,
          }),
      );
      if (this.#sliceIsOver()) await this.#breathe();
    }
  }

  /** Nothing is to be done for the moment. */
  resting(): void {
    this.totals.busyMs += this.deps.clock.monotonic() - this.#sliceMs;
  }

  /** The event loop has turned. */
  rested(): void {
    this.#sliceMs = this.deps.clock.monotonic();
  }

  replan(sensor: number): void {
    const watches = this.deps.plan(sensor);
    if (watches === null) this.watched.delete(sensor);
    else this.watched.get(sensor)?.replan(watches);
  }

  /** Judges a group, unless it was judged before. When `signal` aborts in between, this life is over. */
  async judge(group: DetectGroup, signal: AbortSignal): Promise<void> {
    if (group.groupId <= this.done) return;
    if (group.n === 0) {
      // Delivery marks alone: such a group is in the journal and not on the bus, so it must not tick.
      this.done = group.groupId;
      return;
    }
    this.#whole = false;
    const latestMs = this.deps.clock.now() + AHEAD_MOST_MS;
    const tickMs = this.#clock.take(group.tMs.subarray(0, group.n), latestMs);
    this.#listen(this.#clock.newestMs);
    if (tickMs !== null) await this.#tick(tickMs, group.groupId);
    for (let i = 0; i < group.n; i++) {
      this.#read(group, i);
      if (i % LOOK_EVERY === 0 && this.#sliceIsOver()) await this.#breathe();
      if (signal.aborted) return;
    }
    this.#whole = true;
    this.totals.readings += group.n;
    this.done = group.groupId;
    this.#groupMs = this.#idleTickMs = this.deps.clock.monotonic();
    if (this.#sliceIsOver()) await this.#breathe();
  }

  #read({ groupId, sensor, tMs, value }: DetectGroup, i: number): void {
    const one = this.watched.get(sensor[i]) ?? this.#watch(sensor[i]);
    // A saved state may be ahead of the cursor.
    if (one === null || groupId <= one.savedGroup) return;
    this.#name = { sensor: sensor[i], groupId, item: i };
    one.read(tMs[i], value[i], this.#hearing(this.#clock.newestMs), this.#take);
  }

  #hearing(journalMs: number): Hearing {
    this.#now.journalMs = journalMs;
    this.#now.heardMs = this.#heardMs;
    return this.#now;
  }

  /** Notices that nobody listened for a while: from `journalMs` on everybody has all their time again. */
  #listen(journalMs: number): void {
    if (!this.live) return;
    const sinceMs = this.deps.heardSinceMs?.() ?? 0;
    if (sinceMs === this.#heardSinceMs) return;
    this.#heardSinceMs = sinceMs;
    this.#heardMs = journalMs;
  }

  #keepFinding(found: NamedFinding): void {
    this.#found.push(found);
    this.#urgent ||= this.deps.urgent?.(found.finding) ?? false;
  }

  async #tick(journalMs: number, groupId: number): Promise<void> {
    const hour = Math.floor(journalMs / HOUR_MS);
    const compares = this.live && hour !== this.#comparedHour;
    if (compares) this.#comparedHour = hour;
    let looked = 0;
    for (const one of this.watched.values()) {
      if (groupId > one.savedGroup) {
        this.#name = { sensor: one.sensor, groupId, item: TICK_ITEM };
        one.tick(this.#hearing(journalMs), (finding) => {
          this.#take(finding);
          this.#tickFound.add(one);
        }, compares ? this.#othersOf(one.sensor) : undefined);
      }
      if (++looked % LOOK_EVERY === 0 && this.#sliceIsOver()) await this.#breathe();
    }
  }

  #othersOf(sensor: number): Watched[] {
    const others = this.deps.othersOf?.(sensor).slice(0, OTHERS_MOST) ?? [];
    return others.flatMap((other) => this.watched.get(other) ?? []);
  }

  /** Ticks on from the journal's clock by the time the process has waited, when it has waited long. */
  async idleTick(): Promise<void> {
    const nowMs = this.deps.clock.monotonic();
    const waitedMs = nowMs - this.#groupMs;
    const { idleMs, tickMs } = this.options;
    if (waitedMs < idleMs || nowMs - this.#idleTickMs < tickMs) return;
    if (this.#clock.newestMs === -Infinity) return;
    this.#idleTickMs = nowMs;
    const journalMs = Math.floor(this.#clock.newestMs + waitedMs);
    this.#listen(journalMs);
    let looked = 0;
    for (const one of this.watched.values()) {
      one.tick(this.#hearing(journalMs), (finding) => {
        const item = IDLE_ITEM[finding.phase];
        this.#keepFinding({ sensor: one.sensor, groupId: this.done, item, finding });
        this.#tickFound.add(one);
      });
      if (++looked % LOOK_EVERY === 0 && this.#sliceIsOver()) await this.#breathe();
    }
  }

  /** What is due besides judging: findings to the disk, the next part of a checkpoint. */
  async keep(): Promise<void> {
    const nowMs = this.deps.clock.monotonic();
    const waitMs = this.#urgent ? URGENT_FLUSH_MS : FLUSH_MS;
    const due = this.#found.length >= FLUSH_FINDINGS || nowMs - this.#flushedMs >= waitMs;
    if (this.#found.length > 0 && due) await this.flush();
    if (this.#round === null && nowMs - this.#roundMs >= this.options.checkpointMs) {
      this.#roundMs = nowMs;
      this.#round = this.#newRound();
    }
    if (this.#round !== null) await this.#checkpoint(this.#round);
  }

  /**
   * A clean end: everything is saved, so that the next start has nothing to replay. When a group was left
   * half-way only the findings are: the journal has the rest.
   */
  async end(): Promise<void> {
    await this.flush();
    if (!this.#whole) return;
    this.#round = this.#newRound();
    while (this.#round !== null) await this.#checkpoint(this.#round);
  }

  #newRound(): Round {
    return { group: this.done, clock: this.#clock.save(), left: [...this.watched.values()] };
  }

  /** Stores what was found; then tells it. */
  async flush(): Promise<void> {
    this.#flushedMs = this.deps.clock.monotonic();
    // A group that was left half-way is judged again from the states before it.
    const found = this.#found, states = this.#whole ? [...this.#tickFound] : [];
    if (found.length === 0) return;
    this.#found = [];
    this.#urgent = false;
    this.#tickFound = new Set();
    const added = await this.deps.findings.add(found, this.checkpoints.save(states, this.done));
    this.totals.findings += added.length;
    if (added.length > 0) this.deps.publish(added);
    this.rested();
  }

  async #checkpoint(round: Round): Promise<void> {
    // A state must never be on disk before what it found.
    await this.flush();
    const statements = this.checkpoints.next(round, this.done);
    if (statements.length > 0) await this.deps.db.write(statements);
    this.rested();
    if (round.left.length > 0) return;
    await this.checkpoints.finish(round);
    await this.deps.findings.trim();
    this.#round = null;
    this.totals.checkpoints++;
  }

  #watch(sensor: number): Watched | null {
    const watches = this.deps.plan(sensor);
    if (watches === null) return null;
    const one = new Watched(sensor, watches);
    this.watched.set(sensor, one);
    return one;
  }

  #sliceIsOver(): boolean {
    return this.deps.clock.monotonic() - this.#sliceMs >= this.options.sliceMs;
  }

  /** Lets the event loop turn. */
  async #breathe(): Promise<void> {
    this.resting();
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.rested();
  }
}
