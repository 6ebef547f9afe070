import { isPast } from "./reading.ts";

/** Columns of a group, as it was stored. */
export interface RunColumns {
  readonly n: number;
  readonly sensor: Uint32Array;
  readonly tMs: Float64Array;
  readonly value: Float64Array;
  /** Left out: none of them are from the past. */
  readonly flags?: Uint8Array;
}

/** Readings of a group sensor by sensor, by rising number, those of each in their order; what is of the past is left out. */
export interface Runs {
  /** Each sensor once; its readings stand at `starts[k]` up to `starts[k + 1]`. */
  readonly sensors: Uint32Array;
  readonly starts: Uint32Array;
  readonly tMs: Float64Array;
  readonly value: Float64Array;
  /** Where each stands in the group. */
  readonly place: Uint32Array;
}

/** More readings than a group has. A key stays a whole number: 32 bits of a sensor and these 21. */
const PLACES = 2 ** 21;
/** Sensors are counted when their numbers are no larger than so many times the readings; else they are sorted. */
const COUNTED = 4;

/** What is known of a sensor is large, and is fetched once for all of its readings. */
export function runsOf({ n, sensor, tMs, value, flags }: RunColumns): Runs {
  const kept = new Uint32Array(n);
  let count = 0, most = 0, sensors = 0;
  for (let i = 0; i < n; i++) {
    if (flags !== undefined && isPast(flags[i])) continue;
    kept[count++] = i;
    if (sensor[i] > most) most = sensor[i];
  }
  const place = most <= COUNTED * count
    ? counted(sensor, kept, count, most)
    : sorted(sensor, kept, count);
  const runs = {
    sensors: new Uint32Array(count),
    starts: new Uint32Array(count + 1),
    ...{ tMs: new Float64Array(count), value: new Float64Array(count), place },
  };
  for (let i = 0, before = -1; i < count; i++) {
    const at = place[i];
    runs.tMs[i] = tMs[at];
    runs.value[i] = value[at];
    if (sensor[at] === before) continue;
    before = sensor[at];
    runs.sensors[sensors] = before;
    runs.starts[sensors++] = i;
  }
  runs.starts[sensors] = count;
  return {
    ...runs,
    sensors: runs.sensors.subarray(0, sensors),
    starts: runs.starts.subarray(0, sensors + 1),
  };
}

function counted(sensor: Uint32Array, kept: Uint32Array, count: number, most: number): Uint32Array {
  const next = new Uint32Array(most + 2);
  for (let i = 0; i < count; i++) next[sensor[kept[i]] + 1]++;
  for (let k = 1; k < next.length; k++) next[k] += next[k - 1];
  const place = new Uint32Array(count);
  for (let i = 0; i < count; i++) place[next[sensor[kept[i]]]++] = kept[i];
  return place;
}

function sorted(sensor: Uint32Array, kept: Uint32Array, count: number): Uint32Array {
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) keys[i] = sensor[kept[i]] * PLACES + kept[i];
  keys.sort();
  const place = new Uint32Array(count);
  for (let i = 0; i < count; i++) place[i] = keys[i] % PLACES;
  return place;
}
