/** What a backtest is asked, and what it answers. Plain data: it travels to the worker and to routes. */
import type { Severity } from "../../words/severity.ts";
import type { Finding } from "../detector.ts";

/** One alarm that a detector would have raised. */
export interface Firing {
  startMs: number;
  /** Null: still so at the end of the range. The time of the last finding where each is a point. */
  endMs: number | null;
  severity: Severity;
  /** 0 … 1, the highest. */
  score: number;
  /** The value furthest from what was allowed, and when; null where no value is to blame. */
  peak: { tMs: number; value: number } | null;
  /** One sentence without a final stop. */
  reason: string;
  /** The finding that says it. */
  told: Finding;
  /** Findings that it is made of. */
  findings: number;
}

/** What a detector with certain options did over the range. */
export interface TrialResult {
  options: unknown;
  /** Alarms; `firings` holds the first of them. */
  count: number;
  bySeverity: Record<Severity, number>;
  /** Time that something was raised, within the range. */
  raisedMs: number;
  firings: Firing[];
}

export interface BacktestResult {
  /** Readings in the range. */
  readings: number;
  /** With what the sensor has now; null when the detector does not watch it. */
  present: TrialResult | null;
  changed: TrialResult;
}

export type BacktestState = "waiting" | "running" | "done" | "failed" | "cancelled";

export interface Backtest {
  id: string;
  /** Public id and full name as of the start. */
  sensor: { id: string; name: string };
  detector: string;
  /** Complete: what was not asked for is as it is now, or the default. */
  options: unknown;
  fromMs: number;
  toMs: number;
  /** Who asked. */
  by: string;
  askedMs: number;
  state: BacktestState;
  /** 0 … 1. */
  progress: number;
  endedMs: number | null;
  /** Why it failed; null unless it did. */
  error: string | null;
  result: BacktestResult | null;
}

/** The first message to the worker. Pages of readings follow, in order of time. */
export interface TrialTask {
  detector: string;
  /** Null: the detector does not watch the sensor now. */
  present: unknown;
  changed: unknown;
  /** Findings before it only warm up. */
  fromMs: number;
  toMs: number;
}

export type ToTrial =
  | { kind: "start"; task: TrialTask }
  | { kind: "page"; tMs: Float64Array; value: Float64Array }
  | { kind: "end" };

export type FromTrial =
  | { kind: "taken" }
  | { kind: "done"; result: BacktestResult }
  | { kind: "failed"; message: string };
