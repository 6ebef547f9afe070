/** Which detectors watch a sensor, and with which options. */
import type { SensorKind } from "../../readings/reading.ts";
import type { Nature } from "../departure/nature.ts";
import type { Judged } from "../detector.ts";
import { DETECTORS } from "../detectors/mod.ts";
import { limitOf, type Limits } from "../limits.ts";
import type { Watch } from "./watched.ts";

/** What is known of a sensor that its detectors depend on. */
export interface PlanFacts {
  kind: SensorKind;
  /** Null while nobody set any. */
  limits: Limits | null;
  /** Time between two readings that somebody set; null: learned. */
  expectedMs: number | null;
  /** Fastest change per minute that somebody allowed; null: not watched. */
  maxPerMinute: number | null;
  /** Unchanged for this long is reported; null: not watched. */
  stuckMs: number | null;
  /** What its quantity is like. */
  nature: Nature;
  /** What people said of the streaming detector's findings. Left out: nothing. */
  judged?: readonly Judged[];
  /** Whether what is usual of it is learned. Left out: it is. False: only what somebody set is watched. */
  learns?: boolean;
}

/** What runs without anybody having set anything. */
const FOR_NUMBERS: readonly string[] = ["streaming", "zscore", "silence", "departure"];

export function planOf(facts: PlanFacts): Watch[] {
  const options = new Map<string, unknown>();
  const learns = facts.kind === "number" && (facts.learns ?? true);
  if (learns) { for (const name of FOR_NUMBERS) options.set(name, {}); }
  // A door may stay shut for a month, and its silence says nothing unless somebody set an interval.
  options.set("silence", { expectedMs: facts.expectedMs, learns });
  if (learns) options.set("departure", { nature: facts.nature });
  if (facts.kind === "number") {
    if (facts.maxPerMinute !== null) options.set("rate", { maxPerMinute: facts.maxPerMinute });
    if (facts.stuckMs !== null) options.set("stuck", { forMs: facts.stuckMs });
  }
  if (facts.kind !== "text" && facts.limits !== null && hasLimit(facts.limits)) {
    options.set("threshold", facts.limits);
  }
  return DETECTORS.filter((d) => options.has(d.name)).flatMap((detector) => {
    // Whoever sets options checks them; one that slipped through must not end all detection.
    const parsed = detector.options.safeParse(options.get(detector.name));
    if (!parsed.success) return [];
    const watch = { detector, options: parsed.data };
    return [detector.name === "streaming" ? { ...watch, judged: facts.judged } : watch];
  });
}

function hasLimit(limits: Limits): boolean {
  return (["warning", "critical"] as const).some((level) =>
    limitOf(limits, level, "low") !== null || limitOf(limits, level, "high") !== null
  );
}
