import type { Buckets } from "../../islands/chart_data.ts";
import type { LiveReading } from "../../islands/live.ts";
import type { SensorRowProps } from "../../islands/sensor_row.tsx";
import { sparkOf } from "../../islands/sparkline.tsx";
import { type Recent, RECENT_BUCKET_MS, RECENT_BUCKETS } from "../../lib/live/recent.ts";
import type { SensorRowData, Spark } from "../../lib/live/shapes.ts";
import { shownNow } from "../../lib/machines/words.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import type { BucketResult } from "../../lib/readings/store.ts";
import { type Conversion, shownIn } from "../../lib/words/conversion.ts";
import { damagedOf } from "./gaps.ts";
import type { MachinePageParts } from "./request.ts";

/** A sparkline has 45 points of 20 s: enough for 80 pixels. */
const JOIN = 2;

/** A sensor's row with what it is drawn by. */
export function rowOf(
  parts: Pick<MachinePageParts, "clock" | "recent" | "shown" | "statuses" | "zone">,
  sensor: Sensor,
  title: string,
): SensorRowProps {
  return { ...rowDataOf(parts, sensor, title), nowMs: parts.clock.now(), zone: parts.zone };
}

/** What a sensor's row shows. */
export function rowDataOf(
  { clock, recent, shown, statuses }: Pick<
    MachinePageParts,
    "clock" | "recent" | "shown" | "statuses"
  >,
  sensor: Sensor,
  title: string,
): SensorRowData {
  const { unit, convert, decimals, guessed } = shown(sensor);
  return {
    id: sensor.id,
    name: sensor.name,
    title,
    unit,
    ...(convert === null ? {} : { convert }),
    ...(guessed ? { guessed } : {}),
    kind: sensor.kind,
    decimals,
    status: statuses.sensor(sensor),
    last: lastOf(recent, sensor),
    silence_ms: recent.silenceMs(sensor),
    spark: sensor.kind === "number" ? sparkOfSensor(recent.line(sensor.num), clock.now()) : null,
  };
}

/** The latest reading as a page first shows it. */
export function lastOf(recent: Pick<Recent, "seenMs">, sensor: Sensor): LiveReading | null {
  const { last } = sensor;
  if (last === null) return null;
  const seenMs = recent.seenMs(sensor) ?? last.tMs;
  return { ts: last.tMs, value: shownNow(sensor, last.value), seen_ms: seenMs };
}

function sparkOfSensor(line: Float64Array | null, nowMs: number): Spark | null {
  if (line === null) return null;
  const stepMs = RECENT_BUCKET_MS * JOIN;
  // The newest of the fine buckets may be the first of a pair: pairs keep to whole steps.
  const odd = Math.floor(nowMs / RECENT_BUCKET_MS) % JOIN === 0 ? 1 : 0;
  const joined = new Float64Array(RECENT_BUCKETS / JOIN).fill(NaN);
  for (let i = 0; i < joined.length; i++) {
    const from = i * JOIN + odd;
    let sum = 0, n = 0;
    for (let k = from; k < Math.min(from + JOIN, line.length); k++) {
      if (Number.isNaN(line[k])) continue;
      sum += line[k];
      n++;
    }
    if (n > 0) joined[i] = sum / n;
  }
  return sparkOf(joined, stepMs, Math.floor(nowMs / stepMs));
}

/**
 * Buckets for a chart, to six significant digits or the sensor's own decimals: more than it shows, half the
 * bytes.
 */
export function bucketsOf(
  { bucketMs, summedUntilMs, tMs, min, mean, max, n, damaged, elsewhere }: BucketResult,
  decimals: number | null = null,
  convert: Conversion | null = null,
): Buckets {
  const rounded = (values: Float64Array) =>
    Array.from(values, (stored) => {
      const value = shownIn(convert, stored);
      const short = Number(value.toPrecision(6));
      return decimals === null || Math.abs(value) >= 1e15 ? short : Number(value.toFixed(decimals));
    });
  return {
    bucketMs,
    ...(summedUntilMs === null ? {} : { summedUntilMs }),
    ...(elsewhere?.failure ? { missing: elsewhere.failure } : {}),
    t: [...tMs],
    min: rounded(min),
    mean: rounded(mean),
    max: rounded(max),
    n: [...n],
    ...damagedOf(damaged),
  };
}

/** Sensors under the path of their machine, in the order of names. */
export function byMachine(sensors: readonly Sensor[]): Map<string, Sensor[]> {
  const machines = new Map<string, Sensor[]>();
  for (const sensor of sensors) {
    const list = machines.get(sensor.machine);
    if (list) list.push(sensor);
    else machines.set(sensor.machine, [sensor]);
  }
  return machines;
}
