/**
 * What verdicts of people do to the streaming detector: `deno task bench feedback [--seeds 1-4]`. The made-up signals
 * of a family are what one sensor sends, one file after the other; each finding is called real inside a planted
 * anomaly and a false alarm outside, at once, and the threshold moves as it does in Perch. How many false alarms a
 * day come after so many verdicts, and how many anomalies are found.
 */
import { streaming } from "../../lib/detect/detectors/streaming.ts";
import { thresholdAfter } from "../../lib/detect/runner/plan.ts";
import { type BenchOptions, type BenchResult, doing } from "../support/bench.ts";
import { alone } from "./detect/files.ts";
import { firstLiveOf } from "./detect/folds.ts";
import { type Labelled, madeNeeds, madeSeries } from "./detect/labelled.ts";

const DAY_MS = 86_400_000;
/** Where the counting begins anew: so many false alarms were called so before. */
const STEPS = [0, 1, 2, 4, 8, 16];

interface Part {
  days: number;
  falseAlarms: number;
  windows: number;
  found: number;
}

/** One sensor's files in order; adds to the part that its verdicts have reached. */
function replay(files: readonly Labelled[], parts: readonly Part[]): void {
  const said = { falseAlarms: 0, real: 0 };
  const part = () => parts[STEPS.findLastIndex((step) => said.falseAlarms >= step)];
  for (const { times, values, windows } of files) {
    let state = streaming.create({ threshold: thresholdAfter(said) });
    const known = new Set<number>();
    const firstLive = firstLiveOf(values.length);
    for (let i = 0; i < values.length; i++) {
      const { threshold } = state.options;
      streaming.step(state, { kind: "reading", tMs: times[i], value: values[i] });
      if (i < firstLive) continue;
      part().days += (times[i] - times[i - 1]) / DAY_MS;
      const inside = windows.findIndex(({ from, to }) => i >= from && i <= to);
      if (inside >= 0 && i === windows[inside].to) part().windows++;
      if (streaming.score(state) < threshold) continue;
      if (inside < 0) {
        part().falseAlarms++;
        said.falseAlarms++;
      } else {
        if (!known.has(inside)) part().found++;
        known.add(inside);
        said.real++;
      }
      state = streaming.load({ threshold: thresholdAfter(said) }, streaming.save(state));
    }
  }
}

export async function run(args: readonly string[] | BenchOptions): Promise<BenchResult> {
  const { shared, python, seeds } = await madeNeeds(args);
  doing("making the signals");
  const all = await madeSeries(shared, python, seeds);
  const parts = STEPS.map((): Part => ({ days: 0, falseAlarms: 0, windows: 0, found: 0 }));
  doing("each family with a verdict on every finding");
  for (const files of Map.groupBy(all, ({ group }) => group).values()) replay(files, parts);
  const figures: BenchResult["figures"] = { files: all.length };
  parts.forEach(({ days, falseAlarms, windows, found }, i) => {
    if (days === 0) return;
    figures[`false_alarms_a_day_after_${STEPS[i]}`] = falseAlarms / days;
    figures[`sensor_days_after_${STEPS[i]}`] = days;
    if (windows > 0) figures[`anomalies_found_after_${STEPS[i]}`] = found / windows;
  });
  return { name: "feedback", figures };
}

if (import.meta.main) await alone(run);
