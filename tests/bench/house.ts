/**
 * Two weeks of a house and a small plant with nothing configured, without a fault and with ten: false warnings,
 * hints, faults found and how soon. `--seeds 1,2,3` or `--seeds 101-110`; by default five.
 */
import { faultsOf, type HouseReport, playHouse } from "../support/house.ts";
import { type BenchOptions, type BenchResult, doing, median, seedsOf } from "../support/bench.ts";

const DAYS = 14;

export async function run(options: BenchOptions): Promise<BenchResult> {
  const seeds = seedsOf(options.seeds ?? (options.quick ? "1" : "1-5"));
  const notes: string[] = [];
  const figures: Record<string, number> = { seeds: seeds.length, days: DAYS };
  const startMs = performance.now();
  const well: HouseReport[] = [], ill: HouseReport[] = [];
  for (const [i, seed] of seeds.entries()) {
    doing(`seed ${seed}, ${DAYS} days without a fault`, i + 1, seeds.length);
    well.push(playHouse({ seed, days: DAYS }));
    doing(`seed ${seed}, ${DAYS} days with ten faults`, i + 1, seeds.length);
    ill.push(playHouse({ seed, days: DAYS, faults: faultsOf(seed) }));
    notes.push(...wordsOf(seed, well.at(-1)!, "well"), ...wordsOf(seed, ill.at(-1)!, "faults"));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const weeks = (report: HouseReport) => report.sensors * report.days / 7;
  const sum = (reports: HouseReport[], of: (report: HouseReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  figures.sensors = well[0].sensors;
  figures.readings = well[0].readings;
  figures.false_warnings_well = sum(well, (r) => r.falseWarnings.length);
  figures.false_warnings_beside_faults = sum(ill, (r) => r.falseWarnings.length);
  figures.false_warnings_per_sensor_week = figures.false_warnings_well / sum(well, weeks);
  figures.hints_per_sensor_week = sum(well, (r) => r.hints) / sum(well, weeks);
  figures.most_hints_of_a_sensor_in_a_week = Math.max(...well.map((r) => r.hintsMost));
  figures.faults = sum(ill, (r) => r.found.length);
  figures.faults_found = sum(ill, (r) => r.found.filter((f) => f.minutes !== null).length);
  for (const { fault } of ill[0].found) {
    const key = `${fault.machine}/${fault.sensor ?? fault.kind}`;
    const minutes = ill.flatMap((r) =>
      r.found.filter((f) => `${f.fault.machine}/${f.fault.sensor ?? f.fault.kind}` === key)
        .flatMap((f) => f.minutes ?? [])
    );
    figures[`minutes ${key} (of ${fault.withinS / 60})`] = minutes.length > 0
      ? median(minutes)
      : NaN;
  }
  figures.seconds_per_seed = (performance.now() - startMs) / 1000 / seeds.length;
  return { name: "house", figures, notes };
}

function wordsOf(seed: number, report: HouseReport, what: string): string[] {
  const at = (ms: number) => `day ${(ms / 86_400_000).toFixed(2)}`;
  return [
    ...report.falseWarnings.map((one) =>
      `seed ${seed} ${what}: ${at(one.atMs)} ${one.machine}: ${one.title}`
    ),
    ...report.found.filter((one) => one.minutes === null)
      .map(({ fault }) => `seed ${seed}: not found in time: ${fault.kind} of ${fault.machine}`),
  ];
}
