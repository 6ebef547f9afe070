/**
 * How the streaming detector does on data by which its threshold was not set: `deno task bench general
 * [--seeds 1-4]`. The development half of NAB by category, telemetry of a satellite (SMAP), and made-up signals of
 * eight families, each family with and without planted anomalies. Each group is left out in turn, and judged at the
 * threshold that is best on the others, by the mean of the three sets. What the fixed threshold means in false alarms a
 * day, by age: healthy sensors of eight other families over a hundred days. Nothing but the rows, in order, reaches
 * the detector.
 */
import { streaming } from "../../lib/detect/detectors/streaming.ts";
import { type BenchOptions, type BenchResult, doing } from "../support/bench.ts";
import { alone } from "./detect/files.ts";
import { judgeGroups, type Played } from "./detect/groups.ts";
import { falseByAge, type LongSeries, longSeries } from "./detect/long.ts";
import { type Labelled, madeNeeds, madeSeries, realSeries } from "./detect/labelled.ts";

/** Around the fixed one, 0.5. */
const THRESHOLDS = [0.46, 0.48, 0.5, 0.52, 0.54];

function play(series: Labelled, threshold: number): Played {
  const state = streaming.create(streaming.options.parse({ threshold }));
  const { times, values, set, group, windows } = series;
  const scores = Float64Array.from(values, (value, i) => {
    streaming.step(state, { kind: "reading", tMs: times[i], value });
    return streaming.score(state);
  });
  const days = (times[times.length - 1] - times[0]) / 86_400_000;
  return { set, group, windows, scores, days };
}

function alarmsOf({ times, values }: LongSeries): (row: number) => boolean {
  const options = streaming.options.parse({});
  const state = streaming.create(options);
  return (i) => {
    streaming.step(state, { kind: "reading", tMs: times[i], value: values[i] });
    return streaming.score(state) >= options.threshold;
  };
}

export async function run(args: readonly string[] | BenchOptions): Promise<BenchResult> {
  const { shared, python, seeds } = await madeNeeds(args);
  doing("reading and making the signals");
  const all = [
    ...await realSeries(shared),
    ...await madeSeries(shared, python, seeds),
  ];
  const rounds = THRESHOLDS.map((threshold, i) => {
    doing("all files at one threshold", i + 1, THRESHOLDS.length);
    return { threshold, played: all.map((series) => play(series, threshold)) };
  });
  const rows = all.reduce((sum, { values }) => sum + values.length, 0);
  doing("a hundred healthy days");
  const long = falseByAge(seeds.flatMap(longSeries), alarmsOf);
  return { name: "general", figures: { files: all.length, rows, ...judgeGroups(rounds), ...long } };
}

if (import.meta.main) await alone(run);
