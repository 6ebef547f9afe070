/** One life of the runner: what it does with the groups that it is given, and when. */
import { type Runs, runsOf } from "../../readings/runs.ts";
import { HOUR_MS } from "../../words/times.ts";
import type { Finding } from "../detector.ts";
import type { NamedFinding } from "../findings_store.ts";
import type { Round, StateSaver } from "./state_saver.ts";
import { JournalClock } from "./journal_clock.ts";
import type { DetectGroup, RunnerDeps, RunnerOptions } from "./options.ts";
import type { Slice } from "./slice.ts";
import { type Hearing, Watched } from "./watched.ts";

/** Items of findings at ticks: at most one tick before a group, and idle ones after it. */
const TICK_ITEM = -1;
const IDLE_ITEM = { raised: -2, changed: -3, cleared: -4, point: -5 } as const;
const FLUSH_MS = 500;
const URGENT_FLUSH_MS = 50;
const FLUSH_FINDINGS = 200;
/** A reading this far ahead of the host's clock does not move the journal's. */
const AHEAD_MOST_MS = 5 * 60_000;
/** Sensors of a machine that one is compared with. */
const OTHERS_MOST = 48;
/** Readings between two looks at the clock. */
const LOOK_EVERY = 32;

/** Counts since the start, through all lives of the runner. */
export interface Totals {
  readings: number;
  findings: number;
  saves: number;
}

/** One life of the runner: from restored states until it is stopped or fails. */
export class Run {
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
  readonly #slice: Slice;
  #found: NamedFinding[] = [];
  /** Sensors whose state has to be stored with what was found: at a tick it is not found again. */
  #tickFound = new Set<Watched>();
  #round: Round | null = null;
  /** No group was left half-way. */
  #whole = true;
  #roundMs: number;
  /** Of `totals.readings`, when the last round began. */
  #roundReadings: number;
  #flushedMs: number;
  #groupMs: number;
  #idleTickMs: number;
  /** Of what the step under way finds. */
  #name = { sensor: 0, groupId: 0 };
  readonly #now: Hearing = { journalMs: 0, heardMs: 0 };
  readonly #take = (finding: Finding, item: number) =>
    this.#keepFinding({ ...this.#name, item, finding });
  /** Of the group under way, by whose runs findings are placed. */
  #place: Uint32Array = new Uint32Array();
  readonly #takeAt = (finding: Finding, at: number) => this.#take(finding, this.#place[at]);
  /** Somebody waits for one of what was found. */
  #urgent = false;

  constructor(
    private readonly deps: RunnerDeps,
    private readonly options: RunnerOptions,
    private readonly saver: StateSaver,
    private readonly totals: Totals,
    slice: Slice,
  ) {
    this.#slice = slice;
    this.#clock = new JournalClock(options.tickMs);
    this.#roundReadings = totals.readings;
    const nowMs = deps.clock.monotonic();
    this.#roundMs =
      this.#flushedMs =
      this.#groupMs =
      this.#idleTickMs =
        nowMs;
  }

  /** Nothing waits to be written. */
  get settled(): boolean {
    return this.#found.length === 0 && this.#round === null;
  }

  async restore(): Promise<void> {
    const saved = await this.saver.load();
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
      if (this.#slice.over) await this.#slice.turn();
    }
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
    const before = this.#found.length;
    const runs = group.runs ?? runsOf(group);
    this.#place = runs.place;
    let looked = 0;
    for (let k = 0; k < runs.sensors.length; k++) {
      this.#read(group.groupId, runs, k);
      if (runs.starts[k + 1] - looked < LOOK_EVERY) continue;
      looked = runs.starts[k + 1];
      if (this.#slice.over) await this.#slice.turn();
      if (signal.aborted) return;
    }
    this.#inOrder(before);
    this.#whole = true;
    this.totals.readings += group.n;
    this.done = group.groupId;
    this.#groupMs = this.#idleTickMs = this.deps.clock.monotonic();
    if (this.#slice.over) await this.#slice.turn();
  }

  /** Judges the readings of one sensor. */
  #read(groupId: number, { sensors, starts, tMs, value }: Runs, k: number): void {
    const sensor = sensors[k];
    const one = this.watched.get(sensor) ?? this.#watch(sensor);
    // A saved state may be ahead of the cursor.
    if (one === null || groupId <= one.savedGroup) return;
    this.#name = { sensor, groupId };
    const run = { tMs, value, from: starts[k], to: starts[k + 1] };
    one.readAll(run, this.#hearing(this.#clock.newestMs), this.#takeAt);
  }

  /** What was found in a group is kept in the order of its readings. */
  #inOrder(from: number): void {
    if (this.#found.length - from < 2) return;
    this.#found.push(...this.#found.splice(from).sort((a, b) => a.item - b.item));
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
        this.#name = { sensor: one.sensor, groupId };
        one.tick(this.#hearing(journalMs), (finding) => {
          this.#take(finding, TICK_ITEM);
          this.#tickFound.add(one);
        }, compares ? this.#othersOf(one.sensor) : undefined);
      }
      if (++looked % LOOK_EVERY === 0 && this.#slice.over) await this.#slice.turn();
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
      if (++looked % LOOK_EVERY === 0 && this.#slice.over) await this.#slice.turn();
    }
  }

  /** What is due besides judging: findings to the disk, the next part of a round of states. */
  async keep(): Promise<void> {
    const nowMs = this.deps.clock.monotonic();
    const waitMs = this.#urgent ? URGENT_FLUSH_MS : FLUSH_MS;
    const due = this.#found.length >= FLUSH_FINDINGS || nowMs - this.#flushedMs >= waitMs;
    if (this.#found.length > 0 && due) await this.flush();
    if (this.#round === null && this.#roundIsDue(nowMs)) {
      this.#roundMs = nowMs;
      this.#roundReadings = this.totals.readings;
      this.#round = this.#newRound();
    }
    if (this.#round !== null) await this.#saveSome(this.#round);
  }

  #roundIsDue(nowMs: number): boolean {
    const waitedMs = nowMs - this.#roundMs;
    const { saveMs, saveReadings, quietSaveMs } = this.options;
    return waitedMs >= saveMs &&
      (this.totals.readings - this.#roundReadings >= saveReadings || waitedMs >= quietSaveMs);
  }

  /**
   * A clean end: everything is saved, so that the next start has nothing to replay. When a group was left
   * half-way only the findings are: the journal has the rest.
   */
  async end(): Promise<void> {
    await this.flush();
    if (!this.#whole) return;
    this.#round = this.#newRound();
    while (this.#round !== null) await this.#saveSome(this.#round);
  }

  #newRound(): Round {
    return { group: this.done, clock: this.#clock.save(), left: [...this.watched.values()] };
  }

  /** Stores what was found, then publishes it. */
  async flush(): Promise<void> {
    this.#flushedMs = this.deps.clock.monotonic();
    // A group that was left half-way is judged again from the states before it.
    const found = this.#found, states = this.#whole ? [...this.#tickFound] : [];
    if (found.length === 0) return;
    this.#found = [];
    this.#urgent = false;
    this.#tickFound = new Set();
    const added = await this.deps.findings.add(found, this.saver.save(states, this.done));
    this.totals.findings += added.length;
    if (added.length > 0) this.deps.publish(added);
    this.#slice.begin();
  }

  async #saveSome(round: Round): Promise<void> {
    // A state must never be on disk before what it found.
    await this.flush();
    const statements = this.saver.next(round, this.done);
    if (statements.length > 0) await this.deps.db.write(statements);
    this.#slice.begin();
    if (round.left.length > 0) return;
    await this.saver.finish(round);
    await this.deps.findings.trim();
    this.#round = null;
    this.totals.saves++;
  }

  #watch(sensor: number): Watched | null {
    const watches = this.deps.plan(sensor);
    if (watches === null) return null;
    const one = new Watched(sensor, watches);
    this.watched.set(sensor, one);
    return one;
  }
}
