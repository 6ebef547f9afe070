/** How an input is: what becomes of it with each read. Pure. */
import type { Measured } from "./driver.ts";

export const INPUT_STATES = ["waiting", "ok", "failing", "gone"] as const;
export type InputState = typeof INPUT_STATES[number];

export interface InputStatus {
  state: InputState;
  /** A sentence without its end; empty while all is well. */
  text: string;
  /** What it measured last, and when; null: nothing since the start. */
  value: number | null;
  atMs: number | null;
  sinceMs: number;
  /** Reads in a row that gave nothing. */
  failures: number;
  /** Values since the start that could not be so. */
  refused: number;
  /** It was told that it fails: that it goes on is told, too. */
  told: boolean;
  toldMs: number | null;
}

export type News = "stopped" | "goes_on" | null;

/** So many reads fail in a row before it is worth an event; one that was pulled out is at once. */
const FAILURES_TOLD = 3;
/** One that comes and goes makes no storm of events. */
const TOLD_EVERY_MS = 10 * 60_000;

export function waiting(nowMs: number): InputStatus {
  return {
    ...{ state: "waiting", text: "", value: null, atMs: null, sinceMs: nowMs },
    ...{ failures: 0, refused: 0, told: false, toldMs: null },
  };
}

export function afterRead(
  before: InputStatus,
  measured: Measured,
  nowMs: number,
): { status: InputStatus; news: News } {
  const status = { ...before };
  let news: News = null;
  if ("value" in measured) {
    Object.assign(status, { value: measured.value, atMs: nowMs, failures: 0 });
    Object.assign(status, { state: "ok", text: measured.note ?? "" });
    if (before.told) {
      status.told = false;
      news = "goes_on";
    }
  } else {
    const { kind, text } = measured.fault;
    status.state = kind === "gone" ? "gone" : "failing";
    status.text = text;
    status.failures++;
    if (kind === "refused") status.refused++;
    const isWorth = kind === "gone" || status.failures >= FAILURES_TOLD;
    const isSoon = before.toldMs !== null && nowMs - before.toldMs < TOLD_EVERY_MS &&
      nowMs >= before.toldMs;
    if (isWorth && !before.told && !isSoon) {
      Object.assign(status, { told: true, toldMs: nowMs });
      news = "stopped";
    }
  }
  if (status.state !== before.state) status.sinceMs = nowMs;
  return { status, news };
}
