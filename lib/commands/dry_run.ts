/** How often a rule would have fired over what was recorded. */
import type { Sensor } from "../machines/sensor.ts";
import type { ReadingsStore } from "../readings/store.ts";
import { holds } from "./condition.ts";
import { decideRule, FRESH, type RuleState } from "./decide.ts";
import type { RuleSpec } from "./rule.ts";

export interface DryRun {
  fromMs: number;
  toMs: number;
  times: number;
  /** The newest of them, oldest first. */
  firedMs: number[];
  /** Readings that were looked at. */
  readings: number;
  /** There are more readings: it ends before now. */
  cut: boolean;
}

const MOST_READINGS = 100_000;
const LISTED = 20;
/** The loop is let go after so many readings. */
const BREATH = 1_000;

export async function dryRun(
  spec: RuleSpec,
  { fromMs, toMs, zone }: { fromMs: number; toMs: number; zone: string },
  sensor: Sensor | null,
  readings: Pick<ReadingsStore, "raw">,
): Promise<DryRun> {
  const read = sensor === null
    ? { tMs: new Float64Array(), value: new Float64Array(), next: null }
    : await readings.raw({ sensor: sensor.num, fromMs, toMs, limit: MOST_READINGS });
  const firedMs: number[] = [];
  let times = 0;
  let state: RuleState = FRESH;
  let againMs: number | null = null;
  // What is true at the beginning was true before.
  let isFirst = true;

  const step = (nowMs: number, held: boolean | null) => {
    const look = { nowMs, monoMs: nowMs, zone, holds: held, clockDoubted: false };
    const decided = decideRule(spec, state, look);
    const fires = decided.fire && !isFirst;
    state = decided.fire && isFirst
      ? { ...decided.state, firedMs: null, firedMonoMs: null }
      : decided.state;
    isFirst = false;
    againMs = decided.againMs !== null && decided.againMs > nowMs ? decided.againMs : null;
    if (!fires) return;
    times++;
    firedMs.push(nowMs);
    if (firedMs.length > LISTED) firedMs.shift();
  };
  /** What time alone changes until then. */
  const passTo = (untilMs: number, held: boolean | null) => {
    while (againMs !== null && againMs < untilMs) step(againMs, held);
  };

  let held: boolean | null = spec.when === null ? true : null;
  step(fromMs, held);
  isFirst = true;
  for (let i = 0; i < read.tMs.length; i++) {
    if (i % BREATH === BREATH - 1) await new Promise((resolve) => setTimeout(resolve));
    passTo(read.tMs[i], held);
    held = holds(spec.when!, sensor!, read.value[i], state.held);
    step(read.tMs[i], held);
  }
  if (spec.when === null) isFirst = false;
  const endMs = read.next === null ? toMs : read.tMs.at(-1)!;
  passTo(endMs, held);
  return {
    fromMs,
    toMs: endMs,
    times,
    firedMs,
    readings: read.tMs.length,
    cut: read.next !== null,
  };
}
