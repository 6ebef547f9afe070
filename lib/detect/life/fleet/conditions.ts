/**
 * Conditions that machines are run under: settings that jump between a few values, and take the levels of most
 * sensors with them, by far more than wear does. Where there are any, each row is measured by what is usual in its
 * condition. Nobody has to name them: they are found in the lives that are learned from.
 */
import type { StateReader, StateWriter } from "../../bytes.ts";
import type { Run } from "./run_features.ts";

/** A setting has so many values at most, each in this share of the rows, as far apart as this share of its range. */
const VALUES_MOST = 12, LEAST_SHARE = 0.02, APART = 1 / 60;
/** Values that are one lie within this share of the range. */
const TOGETHER = 1 / 20;
/** Conditions explain this share of a column's variance, of this share of all columns; else there are none. */
const EXPLAINED = 0.8, OF_COLUMNS = 0.5;
/** Rows that say what is usual in a condition. */
const ROWS_LEAST = 50;

interface Setting {
  column: number;
  /** Between its values. */
  edges: number[];
}

interface Usual {
  centre: Float64Array;
  scale: Float64Array;
}

export interface Conditions {
  settings: Setting[];
  /** By the place of each setting's value. */
  usual: Map<string, Usual>;
}

/** Null: there are none. */
export function conditionsOf(runs: readonly Run[], columns: number): Conditions | null {
  const found = Array.from({ length: columns }, (_, column) => settingOf(runs, columns, column))
    .filter((one) => one !== null)
    .sort((a, b) => b.edges.length - a.edges.length);
  const settings: Setting[] = [];
  let rows = new Map<string, number[]>();
  for (const setting of found) {
    // A setting that goes along with the others tells no conditions apart.
    const more = rowsByKey(runs, columns, [...settings, setting]);
    if (more.size <= Math.max(1, rows.size)) continue;
    settings.push(setting);
    rows = more;
  }
  if (settings.length === 0) return null;
  const parts = [...rows].map(([key, list]) => ({ key, list, usual: usualOf(list, columns) }));
  const whole = usualOf([...rows.values()].flat(), columns);
  const n = parts.reduce((sum, { list }) => sum + list.length, 0);
  let explained = 0;
  for (let c = 0; c < columns; c++) {
    const within = parts.reduce(
      (sum, { list, usual }) => sum + list.length * usual.scale[c] ** 2,
      0,
    );
    if (within / n < (1 - EXPLAINED) * whole.scale[c] ** 2) explained++;
  }
  if (explained < OF_COLUMNS * columns) return null;
  const usual = new Map(
    parts.filter(({ list }) => list.length >= ROWS_LEAST * columns)
      .map((part) => [part.key, part.usual]),
  );
  return { settings, usual };
}

/** A run measured by what is usual in the condition of each row; a row of no known condition says nothing. */
export function measuredIn(conditions: Conditions | null, run: Run, columns: number): Run {
  if (conditions === null) return run;
  const data = new Float64Array(run.rows * columns).fill(NaN);
  for (let r = 0; r < run.rows; r++) {
    const usual = conditions.usual.get(keyAt(run.data, r * columns, conditions.settings) ?? "");
    if (usual === undefined) continue;
    for (let c = 0; c < columns; c++) {
      data[r * columns + c] = (run.data[r * columns + c] - usual.centre[c]) / usual.scale[c];
    }
  }
  return { data, rows: run.rows };
}

/** A column whose values are a few, far apart, each of them early and late in lives; null: it is none. */
function settingOf(runs: readonly Run[], columns: number, column: number): Setting | null {
  const values = Float64Array.from(
    runs.flatMap(({ data, rows }) =>
      Array.from({ length: rows }, (_, r) => data[r * columns + column]).filter(Number.isFinite)
    ),
  ).sort();
  const n = values.length, range = n === 0 ? 0 : values[n - 1] - values[0];
  if (!(range > 0)) return null;
  const edges: number[] = [];
  for (let i = 1, from = 0; i <= n; i++) {
    if (i < n && values[i] - values[i - 1] < range * APART) continue;
    const isOne = values[i - 1] - values[from] < range * TOGETHER;
    if (!isOne || i - from < LEAST_SHARE * n) return null;
    if (i < n) edges.push((values[i] + values[i - 1]) / 2);
    if (edges.length >= VALUES_MOST) return null;
    from = i;
  }
  const early = new Set<number>(), late = new Set<number>();
  for (const { data, rows } of runs) {
    for (let r = 0; r < rows; r++) {
      const place = placeOf(data[r * columns + column], edges);
      if (r < rows / 3) early.add(place);
      if (r >= 2 * rows / 3) late.add(place);
    }
  }
  const all = edges.length + 1;
  return all > 1 && early.size >= all && late.size >= all ? { column, edges } : null;
}

const placeOf = (x: number, edges: readonly number[]) => edges.filter((edge) => x > edge).length;

/** Null: a setting did not come. */
function keyAt(data: Float64Array, at: number, settings: readonly Setting[]): string | null {
  const places = settings.map(({ column, edges }) => {
    const x = data[at + column];
    return Number.isFinite(x) ? placeOf(x, edges) : null;
  });
  return places.includes(null) ? null : places.join(" ");
}

/** Numbers of the rows of each condition, one row after the other. */
function rowsByKey(
  runs: readonly Run[],
  columns: number,
  settings: readonly Setting[],
): Map<string, number[]> {
  const rows = new Map<string, number[]>();
  for (const run of runs) {
    for (let r = 0; r < run.rows; r++) {
      const key = keyAt(run.data, r * columns, settings);
      if (key === null) continue;
      if (!rows.has(key)) rows.set(key, []);
      const list = rows.get(key)!;
      for (let c = 0; c < columns; c++) list.push(run.data[r * columns + c]);
    }
  }
  return rows;
}

function usualOf(list: readonly number[], columns: number): Usual {
  const centre = new Float64Array(columns), scale = new Float64Array(columns).fill(1);
  for (let c = 0; c < columns; c++) {
    let n = 0, sum = 0, squares = 0;
    for (let at = c; at < list.length; at += columns) {
      if (Number.isFinite(list[at])) n++, sum += list[at];
    }
    if (n === 0) continue;
    centre[c] = sum / n;
    for (let at = c; at < list.length; at += columns) {
      if (Number.isFinite(list[at])) squares += (list[at] - centre[c]) ** 2;
    }
    scale[c] = Math.sqrt(squares / n) || 1;
  }
  return { centre, scale };
}

export function writeConditions(w: StateWriter, conditions: Conditions | null): void {
  const { settings, usual } = conditions ?? { settings: [], usual: new Map<string, Usual>() };
  w.u32(settings.length).u32(usual.size);
  for (const { column, edges } of settings) w.u32(column).u32(edges.length).f64(...edges);
  for (const [key, { centre, scale }] of usual) w.text(key).f64s(centre).f64s(scale);
}

export function readConditions(r: StateReader, columns: number): Conditions | null {
  const many = r.u32(), size = r.u32();
  const settings = Array.from({ length: Math.min(many, columns) }, (): Setting => {
    const column = r.u32(), edges = Math.min(r.u32(), VALUES_MOST);
    return { column, edges: Array.from({ length: edges }, () => r.f64()) };
  });
  const usual = new Map<string, Usual>();
  for (let i = 0; i < size; i++) {
    const key = r.text(), centre = r.f64s(new Float64Array(columns));
    usual.set(key, { centre, scale: r.f64s(new Float64Array(columns)) });
  }
  return settings.length === 0 ? null : { settings, usual };
}
