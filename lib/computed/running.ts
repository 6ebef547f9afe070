/** One computed sensor while Perch runs: live, or on its way through its history. */
import { LATEST_MS } from "../readings/reading.ts";
import type { ComputedRow } from "./computed_store.ts";
import { define, type Definition, type FindSensor, reachMs } from "./definition.ts";
import { LiveInputs, type Now } from "./live.ts";
import type { Job } from "./recompute.ts";

/** Late readings come in bursts: what they touch is computed again when there was quiet for so long … */
const QUIET_MS = 2_000;
/** … or after this. */
const PATIENCE_MS = 60_000;

/** A stretch whose results are not those of its readings any more. */
interface Touched {
  fromMs: number;
  /** The last reading that touched it; `LATEST_MS`: all from there on. */
  toMs: number;
  /** Monotonic. */
  sinceMs: number;
  latestMs: number;
}

export class Running {
  definition: Definition;
  live: LiveInputs | null = null;
  job: Job | null = null;
  touched: Touched | null = null;
  constructor(readonly row: ComputedRow, find: FindSensor) {
    this.definition = define(row.spec, find);
  }

  get sensor(): number {
    return this.row.sensorNum;
  }

  /** From here on results are to be looked at after a crash; null: all are on disk. */
  get resumeMs(): number | null {
    const all = [
      this.touched?.fromMs,
      this.job?.atMs,
      this.live === null ? null : this.live.firstMs,
      this.unsent,
    ].filter((ms): ms is number => ms !== undefined && ms !== null);
    return all.length === 0 ? null : Math.min(...all);
  }

  /** Results since this time are on their way to the disk. */
  unsent: number | null = null;

  /** What `resumeMs` has to be written as; undefined: as it is. */
  toPersist(): number | null | undefined {
    return this.resumeMs === this.row.recomputeMs ? undefined : this.resumeMs;
  }

  persisted(ms: number | null): void {
    this.row.recomputeMs = ms;
  }

  touch(fromMs: number, toMs: number, nowMs: number): void {
    const { touched } = this;
    if (touched === null) {
      this.touched = { fromMs, toMs, sinceMs: nowMs, latestMs: nowMs };
      return;
    }
    touched.fromMs = Math.min(touched.fromMs, fromMs);
    touched.toMs = Math.max(touched.toMs, toMs);
    touched.latestMs = nowMs;
  }

  /** Everything, without delay: nothing was computed yet, or by another definition. */
  touchAll(): void {
    this.touched = { fromMs: 0, toMs: LATEST_MS, sinceMs: -Infinity, latestMs: -Infinity };
  }

  /** Monotonic time at which the touched stretch is to be computed; Infinity: nothing is touched. */
  get jobDueMs(): number {
    const { touched } = this;
    if (touched === null || this.definition.plan === null) return Infinity;
    if (this.live === null) return -Infinity;
    return Math.min(touched.latestMs + QUIET_MS, touched.sinceMs + PATIENCE_MS);
  }

  /** The end of the stretch that late readings reach; `LATEST_MS`: it goes up to the newest, and live waits. */
  jobEndMs({ fromMs, toMs }: Touched): number {
    const plan = this.definition.plan!;
    const endMs = Math.max(fromMs, toMs) + reachMs(plan.spec) + 1;
    return this.live !== null && endMs <= this.live.atMs ? endMs : LATEST_MS;
  }

  /** What was under way did not get through: it is begun again. */
  giveUp(nowMs: number): void {
    if (this.job !== null) this.touch(this.job.atMs, LATEST_MS, nowMs);
    if (this.unsent !== null) this.touch(this.unsent, LATEST_MS, nowMs);
    const waiting = this.live?.firstMs ?? null;
    if (waiting !== null) this.touch(waiting, LATEST_MS, nowMs);
    [this.live, this.job, this.unsent] = [null, null, null];
  }

  /** A reading of an input was committed. */
  take(input: number, tMs: number, value: number, now: Now): void {
    if (this.live === null) {
      // A job reads what lies before it; it has passed this one.
      if (this.job !== null && tMs < this.job.readMs) this.touch(tMs, tMs, now.monotonicMs);
      return;
    }
    const taken = this.live.take(input, tMs, value, now);
    if (taken === "late") this.touch(tMs, tMs, now.monotonicMs);
    else if (taken === "full") this.touch(tMs, LATEST_MS, now.monotonicMs);
  }
}
