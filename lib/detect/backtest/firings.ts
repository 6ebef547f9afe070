import { type Severity, severityRank } from "../../words/severity.ts";
import type { Finding } from "../detector.ts";
import type { Firing, TrialResult } from "./shapes.ts";

/** Points this close together are one alarm, as repeats are when they are live. */
const JOIN_MS = 5 * 60_000;
/** Alarms listed in full; further ones are counted. */
export const FIRINGS_MOST = 500;

/** An alarm on its way, and how far its value may lie without being odd. */
interface Open extends Firing {
  low: number;
  high: number;
  /** Distance of the peak from `low` to `high`. */
  distance: number;
}

/**
 * Gathers findings to alarms: a condition from `raised` to `cleared`, points that follow each other closely
 * as one. What ended before `fromMs` is forgotten. Memory is bounded whatever the detector says.
 */
export class FiringLog {
  #condition: Open | null = null;
  #points: Firing | null = null;
  #kept: Firing[] = [];
  #count = 0;
  #bySeverity: Record<Severity, number> = { info: 0, warning: 0, critical: 0 };
  #raisedMs = 0;

  constructor(private readonly fromMs: number, private readonly toMs: number) {}

  /** A finding, in order of time. */
  take(finding: Finding): void {
    if (finding.phase === "point") this.#point(finding);
    else if (finding.phase === "cleared") this.#close(finding.tMs);
    else this.#raise(finding);
  }

  /** A reading, after the findings it caused: the peak of a condition is among them. */
  see(tMs: number, value: number): void {
    const open = this.#condition;
    if (open === null || !Number.isFinite(value)) return;
    const distance = Math.max(value - open.high, open.low - value);
    if (!(distance > open.distance)) return;
    open.distance = distance;
    open.peak = { tMs, value };
  }

  /** Ends what is open. The log is not to be used afterwards. */
  result(options: unknown): TrialResult {
    this.#close(null);
    this.#endPoints();
    return {
      options,
      count: this.#count,
      bySeverity: this.#bySeverity,
      raisedMs: this.#raisedMs,
      firings: this.#kept,
    };
  }

  #raise(finding: Finding): void {
    const { tMs, severity, score, reason } = finding;
    const open = this.#condition;
    if (open !== null) {
      open.findings++;
      open.score = Math.max(open.score, score);
      if (severityRank(severity) > severityRank(open.severity)) {
        open.severity = severity;
        open.reason = reason.text;
        open.told = finding;
      }
      return;
    }
    const { value, expectedLow, expectedHigh } = reason;
    const peak = value === undefined ? null : { tMs, value };
    this.#condition = {
      ...{ startMs: tMs, endMs: null, severity, score, peak, reason: reason.text, findings: 1 },
      told: finding,
      low: expectedLow ?? (expectedHigh === undefined ? NaN : -Infinity),
      high: expectedHigh ?? (expectedLow === undefined ? NaN : Infinity),
      distance: -Infinity,
    };
    if (peak !== null) this.see(tMs, peak.value);
  }

  #close(endMs: number | null): void {
    const open = this.#condition;
    this.#condition = null;
    if (open === null || (endMs !== null && endMs < this.fromMs)) return;
    const { low: _l, high: _h, distance: _d, ...firing } = open;
    this.#keep({ ...firing, endMs });
    this.#raisedMs += Math.max(0, (endMs ?? this.toMs) - Math.max(open.startMs, this.fromMs));
  }

  #point(finding: Finding): void {
    const { tMs, severity, score, reason } = finding;
    if (tMs < this.fromMs) return;
    const peak = reason.value === undefined ? null : { tMs, value: reason.value };
    const last = this.#points;
    if (last !== null && tMs - last.endMs! <= JOIN_MS) {
      last.endMs = tMs;
      last.findings++;
      if (score <= last.score) return;
      Object.assign(last, { score, peak, reason: reason.text, told: finding });
      if (severityRank(severity) > severityRank(last.severity)) last.severity = severity;
      return;
    }
    this.#endPoints();
    this.#points = {
      ...{ startMs: tMs, endMs: tMs, severity, score, peak, reason: reason.text, findings: 1 },
      told: finding,
    };
  }

  #endPoints(): void {
    if (this.#points !== null) this.#keep(this.#points);
    this.#points = null;
  }

  #keep(firing: Firing): void {
    this.#count++;
    this.#bySeverity[firing.severity]++;
    if (this.#kept.length < FIRINGS_MOST) this.#kept.push(firing);
  }
}
