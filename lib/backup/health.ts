import { ago, span } from "../words/times.ts";
import type { Failure, Job } from "./backups.ts";
import { intervalMs, type Schedule } from "./schedule.ts";
import type { Receipt } from "./types.ts";

/** What is known about the backups at one moment. */
export interface BackupState {
  unavailable: string | null;
  schedule: Schedule;
  newest: Receipt | null;
  job: Job | null;
  failure: Failure | null;
  /** Of the newest good one, or of the plant while there is none. */
  ageMs: number;
  /** False for some minutes after a start or a jump of the clock: a missed backup is made up for then. */
  settled: boolean;
}

/** Something is wrong: for the alarm, the component and the page. */
export interface BackupTrouble {
  text: string;
  ageMs: number | null;
  mostMs: number | null;
}

/** A backup may be so many intervals old. */
const MOST_INTERVALS = 2;

/** What is wrong; null: nothing. Without a final stop, as alarms say it. */
export function troubleOf(state: BackupState): BackupTrouble | null {
  const { unavailable, failure, newest, ageMs } = state;
  if (unavailable !== null) return null;
  if (failure !== null) {
    const last = newest === null
      ? "there is no earlier one"
      : `the last good one is ${span(ageMs)} old`;
    const text = `the backup failed: ${failure.sentence.replace(/\.$/, "")}; ${last}`;
    return { text, ageMs: newest === null ? null : ageMs, mostMs: null };
  }
  const interval = intervalMs(state.schedule);
  if (interval === null || !state.settled) return null;
  const mostMs = MOST_INTERVALS * interval;
  if (ageMs <= mostMs) return null;
  const text = newest === null
    ? `no backup was made in ${span(ageMs)}`
    : `the last verified backup is ${span(ageMs)} old`;
  return { text, ageMs, mostMs };
}

/** How the backups are doing, in a sentence. */
export function describeBackups(
  state: BackupState,
): { health: "ok" | "degraded" | "off"; detail: string } {
  const { unavailable, newest, job, ageMs, schedule } = state;
  if (unavailable !== null) return { health: "off", detail: unavailable };
  const trouble = troubleOf(state);
  if (trouble !== null) {
    return {
      health: "degraded",
      detail: `${trouble.text[0].toUpperCase()}${trouble.text.slice(1)}.`,
    };
  }
  if (job?.state === "running") {
    return { health: "ok", detail: `A backup is being made: ${Math.round(job.share * 100)} %.` };
  }
  const last = newest === null
    ? "There is no backup yet."
    : `The last verified backup was made ${ago(ageMs)}.`;
  if (schedule.every !== "off") return { health: "ok", detail: last };
  return { health: "off", detail: `Backups are switched off. ${last}` };
}
