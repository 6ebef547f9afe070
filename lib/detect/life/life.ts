/**
 * Remaining useful life: when a degrading value will reach its limit, or an honest "unknown".
 *
 * An estimator sees the history of one health value and its limit. This room has one, by trend
 * (`trend.ts`); one that was trained on machines run to failure fits the same interface.
 */

/** The history of a value that a limit applies to. Times ascend, epoch ms; values are finite. */
export interface History {
  readonly tMs: Float64Array;
  readonly value: Float64Array;
  readonly limit: number;
  /** The limit lies above or below usual values. */
  readonly side: "high" | "low";
  /** Remaining time counts from here. */
  readonly nowMs: number;
}

export type UnknownReason =
  /** Too few readings, or over too short a time. */
  | "too_short"
  /** No trend that stands out from the noise. */
  | "no_trend"
  /** The trend leads away from the limit. */
  | "moving_away"
  /** The limit is farther off than the history can be trusted to say. */
  | "too_far"
  /** Nothing has come in for long. */
  | "stale";

export interface KnownLife {
  readonly known: true;
  readonly remainingMs: number;
  /** 90 % interval; `highMs` may be Infinity. */
  readonly lowMs: number;
  readonly highMs: number;
  /** Change per day of the trend, in the value's unit. */
  readonly perDay: number;
  /** The trend's value now. */
  readonly level: number;
  /** 0..1: 1 for a narrow interval, near 0 for one wider than the estimate. */
  readonly confidence: number;
  readonly text: string;
}

export interface UnknownLife {
  readonly known: false;
  readonly why: UnknownReason;
  readonly text: string;
}

export type Life = KnownLife | UnknownLife;

export interface LifeEstimator {
  readonly name: string;
  estimate(history: History): Life;
}
