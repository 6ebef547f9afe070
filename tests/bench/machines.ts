/**
 * How often the model of a healthy machine raises an alarm: `deno task bench machines [--seeds 1-3]`. The machines of
 * the simulated house, two days taught, three days followed; rows as Perch makes them (`predict/history.ts`). And what
 * one wild row does: every machine's third day once more, with one row in 500 in which one sensor says ten times its
 * range: how many rows the alarm lasts.
 */
import {
  MACHINE_DEFAULTS,
  type MachineModel,
  MachineWatch,
  trainMachine,
} from "../../lib/detect/forest/machine.ts";
import { randomFrom } from "../../lib/detect/forest/isolation.ts";
import { ROWS_LEAST, STEPS_MS } from "../../lib/detect/predict/history.ts";
import { createWorld } from "../../sim/world.ts";
import { type BenchOptions, type BenchResult, doing, median, seedsOf } from "../support/bench.ts";

const DAY_S = 86_400, TAUGHT_DAYS = 2, FOLLOWED_DAYS = 3;
/** A wild row comes after so many. */
const WILD_EVERY = 500;

interface Rows {
  machine: string;
  sensors: string[];
  stepMs: number;
  /** Of each sensor by name, one mean for each step; NaN: nothing came. */
  data: Float64Array;
  rows: number;
  /** Of the first days. */
  taught: number;
}

/** Readings of every number of the house, as [second, value, second, value, …]. */
function play(seed: number): Map<string, Map<string, number[]>> {
  const world = createWorld({
    seed,
    faults: [],
    room: { minC: 0, maxC: 1, periodS: 1 },
    place: "house",
  });
  const machines = new Map<string, Map<string, number[]>>();
  for (let s = 1; s <= (TAUGHT_DAYS + FOLLOWED_DAYS) * DAY_S; s++) {
    for (const { machine, values } of world.step()) {
      for (const [name, value] of Object.entries(values)) {
        if (typeof value !== "number") continue;
        const own = machines.get(machine.path) ?? new Map<string, number[]>();
        machines.set(machine.path, own);
        if (!own.has(name)) own.set(name, []);
        own.get(name)!.push(s, value);
      }
    }
  }
  return machines;
}

/** Mean time between readings in the busiest hour. */
function intervalOf(list: readonly number[]): number {
  const hours = Map.groupBy(list.filter((_, i) => i % 2 === 0), (s) => Math.floor(s / 3600));
  const busiest = [...hours.values()].reduce((a, b) => b.length > a.length ? b : a);
  const n = busiest.length;
  return n < 2 ? 3_600_000 : 1000 * (busiest[n - 1] - busiest[0]) / (n - 1);
}

/** As Perch makes them: a step that the usual sensor reports within, without what teaches nothing. */
function rowsOf(machine: string, sensors: Map<string, number[]>): Rows | null {
  const intervals = [...sensors.values()].map(intervalOf).sort((a, b) => a - b);
  const usual = intervals[intervals.length >> 1];
  const stepMs = STEPS_MS.find((step) => usual <= step) ?? STEPS_MS.at(-1)!;
  const steps = (days: number) => Math.floor(days * DAY_S * 1000 / stepMs);
  const columns = [...sensors].map(([name, list]) => {
    const all = steps(TAUGHT_DAYS + FOLLOWED_DAYS);
    const sum = new Float64Array(all), n = new Float64Array(all);
    for (let i = 0; i < list.length; i += 2) {
      const r = Math.min(all - 1, Math.floor(list[i] * 1000 / stepMs));
      sum[r] += list[i + 1];
      n[r]++;
    }
    return { name, column: sum.map((x, r) => n[r] > 0 ? x / n[r] : NaN) };
  });
  const reported = Array.from(columns[0].column.keys())
    .filter((r) => columns.some(({ column }) => Number.isFinite(column[r])));
  const taught = reported.filter((r) => r < steps(TAUGHT_DAYS)).length;
  const kept = columns.filter(({ column }) => {
    const seen = reported.slice(0, taught).map((r) => column[r]).filter(Number.isFinite);
    return seen.length >= taught / 2 && seen.some((x) => x !== seen[0]);
  });
  if (kept.length === 0 || taught < ROWS_LEAST) return null;
  const data = Float64Array.from(reported.flatMap((r) => kept.map(({ column }) => column[r])));
  return {
    machine,
    sensors: kept.map(({ name }) => name),
    stepMs,
    data,
    rows: reported.length,
    taught,
  };
}

/** Rows in warning, and how often one began. */
function alarmsIn(
  model: MachineModel,
  { data, sensors: { length: d } }: Rows,
  from: number,
  to: number,
) {
  const watch = new MachineWatch(model);
  for (let r = Math.max(0, from - 2 * MACHINE_DEFAULTS.window); r < from; r++) {
    watch.take(data.subarray(r * d, (r + 1) * d));
  }
  let rows = 0, episodes = 0, before = false;
  const lengths: number[] = [];
  for (let r = from; r < to; r++) {
    const row = data.subarray(r * d, (r + 1) * d);
    const now = (watch.take(row)?.score ?? 0) >= 0.5;
    if (now) {
      rows++;
      if (!before) lengths.push(0), episodes++;
      lengths[lengths.length - 1]++;
    }
    before = now;
  }
  return { rows, episodes, lengths };
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const seeds = seedsOf(options.seeds ?? (options.quick ? "1" : "1-3"));
  let machines = 0, rows = 0, inWarning = 0, episodes = 0, wildRows = 0, wildEpisodes = 0, wild = 0;
  const wildLengths: number[] = [];
  const notes: string[] = [];
  for (const [i, seed] of seeds.entries()) {
    doing("seeds", i + 1, seeds.length);
    await Promise.resolve();
    for (const [machine, sensors] of play(seed)) {
      const all = rowsOf(machine, sensors);
      if (all === null) continue;
      const d = all.sensors.length, { taught } = all;
      const model = trainMachine(all.sensors, all.data, taught);
      const found = alarmsIn(model, all, taught, all.rows);
      machines++;
      rows += all.rows - taught;
      inWarning += found.rows;
      episodes += found.episodes;
      if (found.episodes > 0) {
        notes.push(`seed ${seed} ${machine}: ${found.episodes}, rows ${found.lengths.join(", ")}`);
      }
      const random = randomFrom(seed), data = all.data.slice();
      for (let r = taught + WILD_EVERY; r < all.rows; r += WILD_EVERY, wild++) {
        const c = Math.floor(random() * d), { low, high } = model.sensorRanges[c];
        data[r * d + c] = high + 30 ** random() * (high - low || 1);
      }
      const other = alarmsIn(model, { ...all, data }, taught, all.rows);
      wildRows += other.rows - found.rows;
      wildEpisodes += other.episodes - found.episodes;
      wildLengths.push(...other.lengths);
    }
  }
  const days = machines * FOLLOWED_DAYS;
  return {
    name: "machines",
    figures: {
      machines,
      machine_days: days,
      rows,
      rows_in_warning_percent: 100 * inWarning / rows,
      episodes_a_machine_day: episodes / days,
      wild_rows: wild,
      wild_rows_that_alarm_percent: 100 * wildEpisodes / wild,
      rows_of_alarm_by_a_wild_one: wildRows / wild,
      rows_of_an_alarm_median: wildLengths.length === 0 ? 0 : median(wildLengths),
    },
    notes,
  };
}
