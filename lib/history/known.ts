/** What the server has, as far as queries and the sender need it at every moment: loaded once, changed along. */
import type { Sensor } from "../machines/sensor.ts";
import type { HistoryStore, KnownPart, KnownSeries } from "./history_store.ts";
import { monthsIn, partOf } from "./months.ts";
import type { SeriesBlock } from "./remote_write.ts";
import { METRIC, type Selector } from "./server.ts";

export interface Known {
  load(store: Pick<HistoryStore, "series" | "parts">): Promise<void>;
  /** Undefined: nothing of the sensor was ever sent, nor kept from being sent. */
  series(sensor: number): KnownSeries | undefined;
  all(): KnownSeries[];
  /** Some of a sensor was found there. */
  arrived(sensor: number, id: string, firstMs: number, lastMs: number): void;
  forget(sensor: number): void;
  /** Which writing of a month counts. */
  generation(sensor: number, month: string): number;
  /** The series of a sensor's readings in a range. */
  selector(sensor: number, id: string, range: { fromMs: number; toMs: number }): Selector;
  /** The labels that a month of a sensor is written with. */
  labels(sensor: Sensor, month: string, generation: number): SeriesBlock["labels"];
}

/** `site` tells Perches on one server apart. */
export function createKnown(site: string): Known {
  let series = new Map<number, KnownSeries>();
  let parts: KnownPart[] = [];

  function generation(sensor: number, month: string): number {
    const used = parts.filter((part) =>
      part.sensor === sensor && part.month === month && part.state === "used"
    );
    return used.reduce((most, part) => Math.max(most, part.generation), 1);
  }

  return {
    async load(store) {
      series = new Map((await store.series()).map((one) => [one.sensor, one]));
      parts = await store.parts();
    },
    series: (sensor) => series.get(sensor),
    all: () => [...series.values()],
    arrived(sensor, id, firstMs, lastMs) {
      const before = series.get(sensor) ??
        { sensor, id, sinceMs: 0, oldestMs: Infinity, newestMs: -Infinity };
      series.set(sensor, {
        ...before,
        id,
        oldestMs: Math.min(before.oldestMs, firstMs),
        newestMs: Math.max(before.newestMs, lastMs),
      });
    },
    forget: (sensor) => void series.delete(sensor),
    generation,
    selector: (sensor, id, { fromMs, toMs }) => ({
      site,
      sensor_id: id,
      part: monthsIn(fromMs, toMs).map((month) => partOf(month, generation(sensor, month))),
    }),
    labels: ({ id, name, unit }, month, generation) => [
      ["__name__", METRIC],
      ["part", partOf(month, generation)],
      ["sensor", name],
      ["sensor_id", id],
      ["site", site],
      ...(unit === null ? [] : [["unit", unit] as const]),
    ],
  };
}
