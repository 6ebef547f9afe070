/**
 * What verdicts of people do to the streaming detector: `deno task bench feedback [--seeds 1-4]`. The made-up signals
 * of a family are what one sensor sends, one file after the other; each finding is called real inside a planted
 * anomaly and a false alarm outside, at once, and the detector heeds it as it does in Perch. How many false alarms a
 * day come after so many verdicts, and how many anomalies are found; `unheeded`: what the same detector finds in the
 * same time without any verdict.
 */
import { streaming } from "../../lib/detect/detectors/streaming.ts";
import type { Judged } from "../../lib/detect/detector.ts";
import { JUDGED_MOST, judgedOf } from "../../lib/detect/likeness.ts";
import { type BenchOptions, type BenchResult, doing } from "../support/bench.ts";
import { alone } from "./detect/files.ts";
import { firstLiveOf } from "./detect/folds.ts";
import { type Labelled, madeNeeds, madeSeries } from "./detect/labelled.ts";

const DAY_MS = 86_400_000;
/** Where the counting begins anew: so many false alarms were called so before. */
const STEPS = [0, 1, 2, 4, 8];

/** Of one detector. */
interface Count {
  falseAlarms: number;
  found: number;
}

interface Part {
  days: number;
  windows: number;
  heeding: Count;
  unheeded: Count;
}

const none = (): Part => ({
  days: 0,
  windows: 0,
  heeding: { falseAlarms: 0, found: 0 },
  unheeded: { falseAlarms: 0, found: 0 },
});

/** One sensor's files in order; adds to the part that its verdicts have reached. */
function replay(files: readonly Labelled[], parts: readonly Part[]): void {
  let judged: Judged[] = [], falseAlarms = 0;
  const part = () => parts[STEPS.findLastIndex((step) => falseAlarms >= step)];
  for (const { times, values, windows } of files) {
    const heeding = streaming.create(streaming.options.parse({}));
    const unheeded = streaming.create(heeding.options);
    const known = new Set<number>(), knownUnheeded = new Set<number>();
    const firstLive = firstLiveOf(values.length);
    for (let i = 0; i < values.length; i++) {
      const reading = { kind: "reading", tMs: times[i], value: values[i] } as const;
      streaming.heed!(heeding, judged);
      const found = streaming.step(heeding, reading), other = streaming.step(unheeded, reading);
      if (i < firstLive) continue;
      const now = part();
      now.days += (times[i] - times[i - 1]) / DAY_MS;
      const inside = windows.findIndex(({ from, to }) => i >= from && i <= to);
      if (inside >= 0 && i === windows[inside].to) now.windows++;
      if (other.length > 0) count(now.unheeded, inside, knownUnheeded);
      if (found.length === 0) continue;
      count(now.heeding, inside, known);
      if (inside < 0) falseAlarms++;
      const said = judgedOf(found[0].reason, inside < 0 ? "false_alarm" : "real");
      judged = [...judged.slice(1 - JUDGED_MOST), said];
    }
  }
}

function count(to: Count, inside: number, known: Set<number>): void {
  if (inside < 0) to.falseAlarms++;
  else if (!known.has(inside)) to.found++;
  known.add(inside);
}

export async function run(args: readonly string[] | BenchOptions): Promise<BenchResult> {
  const { shared, python, seeds } = await madeNeeds(args);
  doing("making the signals");
  const all = await madeSeries(shared, python, seeds);
  const parts = STEPS.map(none);
  doing("each family with a verdict on every finding");
  for (const files of Map.groupBy(all, ({ group }) => group).values()) replay(files, parts);
  const figures: BenchResult["figures"] = { files: all.length };
  parts.forEach(({ days, windows, heeding, unheeded }, i) => {
    if (days === 0) return;
    const after = STEPS[i];
    figures[`sensor_days_after_${after}`] = days;
    figures[`false_alarms_a_day_after_${after}`] = heeding.falseAlarms / days;
    figures[`false_alarms_a_day_after_${after}_unheeded`] = unheeded.falseAlarms / days;
    if (windows === 0) return;
    figures[`anomalies_after_${after}`] = windows;
    figures[`anomalies_found_after_${after}`] = heeding.found / windows;
    figures[`anomalies_found_after_${after}_unheeded`] = unheeded.found / windows;
  });
  return { name: "feedback", figures };
}

if (import.meta.main) await alone(run);
