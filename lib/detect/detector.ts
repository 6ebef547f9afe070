/**
 * The contract of a detector.
 *
 * A detector is a file of pure functions over a state that its caller owns: no clock, no disk, no
 * random numbers, nothing shared. `step` changes that state in place (that is what makes it cheap)
 * and says what it found; the same inputs in the same order always give the same findings, and a
 * state that was saved and loaded in between changes nothing. So a runner may stop anywhere, load
 * its saved state and replay the journal.
 */
import type { z } from "zod";
import type { Severity } from "../words/severity.ts";
import type { Hours } from "./departure/hours.ts";

/** What every input may say besides its time. */
interface Arrival {
  /** The same moment by the journal's clock: a device's own may be off by any amount. Left out: `tMs`. */
  readonly arrivalMs?: number;
  /** Since when somebody has listened without a break, by the journal's clock. Left out: always. */
  readonly heardMs?: number;
}

/** A value that came in. Times are epoch milliseconds, as stored. */
export interface ReadingInput extends Arrival {
  readonly kind: "reading";
  readonly tMs: number;
  readonly value: number;
}

/** Time passed and nothing came in. Ticks follow journal time, not the host's clock. */
export interface TickInput extends Arrival {
  readonly kind: "tick";
  readonly tMs: number;
  /** At the first tick of an hour: the hours of the other sensors of the machine. */
  readonly others?: readonly Hours[];
}

/** Readings of one sensor in their order, which came together: columns, of which those from `from` up to `to` count. */
export interface ReadingRun extends Arrival {
  readonly tMs: Float64Array;
  readonly value: Float64Array;
  readonly from: number;
  readonly to: number;
}

export type DetectorInput = ReadingInput | TickInput;

/**
 * `point`: this reading is odd, nothing is left open. `raised`, `changed`, `cleared`: a condition
 * began, moved to another severity, or ended.
 */
export type FindingPhase = "point" | "raised" | "changed" | "cleared";

/** Why, in words and in numbers. Numbers are in the sensor's own unit unless the name says more. */
export interface Reason {
  /** One sentence without a final stop, for people. */
  readonly text: string;
  readonly value?: number;
  /** The range in which the value would not have been worth a word. */
  readonly expectedLow?: number;
  readonly expectedHigh?: number;
  /** Which part of the detector spoke, where it has several. */
  readonly component?: string;
  /** Further numbers by name, e.g. `{ zScore: 4.2 }`. */
  readonly numbers?: Readonly<Record<string, number>>;
}

/** A finding that somebody judged, as later ones are compared with it (`likeness.ts`). */
export interface Judged {
  readonly kind: string;
  /** Surprise of each part, in tens. */
  readonly at: readonly number[];
  readonly real: boolean;
}

export interface Finding {
  readonly detector: string;
  /** Time of the reading or tick that led to it. */
  readonly tMs: number;
  readonly phase: FindingPhase;
  /** A hint. What an alarm makes of it is the alarm's business. */
  readonly severity: Severity;
  /** 0 (nothing) to 1 (certain). */
  readonly score: number;
  readonly reason: Reason;
}

/**
 * One kind of detector. `O` are its parsed options, `S` its state.
 *
 * A step gives at most one finding, so (detector, sensor, sequence) names it.
 */
export interface Detector<O = unknown, S = unknown> {
  readonly name: string;
  readonly title: string;
  /** What it is good for, in a sentence or two. */
  readonly about: string;
  /** Of the layout that `save` writes. Raise it when the layout or its meaning changes. */
  readonly version: number;
  /** Every field has a title and a default, so `{}` is valid. */
  readonly options: z.ZodType<O>;
  /** A state that has seen nothing. `options` must come out of the schema. */
  create(options: O): S;
  /** Never throws: not on NaN, not on infinities, not on times that run backwards. */
  step(state: S, input: DetectorInput): readonly Finding[];
  /**
   * The same as `step` for each reading of a run, where that costs less. Calls `found` with the place of the reading
   * in the columns. Left out: step by step (`stepAll`).
   */
  steps?(state: S, run: ReadingRun, found: TakeFinding): void;
  /** 0..1, of the last step: what a chart draws and a benchmark reads. */
  score(state: S): number;
  save(state: S): Uint8Array;
  /** Throws `StateError` when the bytes are of another detector or version, or damaged. */
  load(options: O, bytes: Uint8Array): S;
  /** What people said of its findings on this sensor. Not part of what is saved. */
  heed?(state: S, judged: readonly Judged[]): void;
}

/** Takes a finding at a place of a run. */
export type TakeFinding = (finding: Finding, place: number) => void;

/** Hands each reading of a run to `step`. */
export function stepAll<S>(
  detector: Pick<Detector<never, S>, "step">,
  state: S,
  { tMs, value, from, to, arrivalMs, heardMs }: ReadingRun,
  found: TakeFinding,
): void {
  const input = { kind: "reading" as const, tMs: 0, value: 0, arrivalMs, heardMs };
  for (let i = from; i < to; i++) {
    input.tMs = tMs[i];
    input.value = value[i];
    const findings = detector.step(state, input);
    if (findings !== NOTHING) { for (const finding of findings) found(finding, i); }
  }
}

/** No findings: one shared empty list, so that the usual step allocates nothing. */
export const NOTHING: readonly Finding[] = Object.freeze([]);
