import type { Sensor, SensorDirectory } from "../../machines/sensor.ts";
import type { Shown } from "../../machines/shown_unit.ts";
import type { SiteHead } from "../site_head.ts";
import type { ExportForm } from "./order.ts";
import type { ExportHead, ExportSeries } from "./table.ts";

/** A series with the number under which its readings are stored. */
export interface StoredSeries extends ExportSeries {
  num: number;
}

/** Of which sensors: exactly one of these. */
export type Selection =
  | { kind: "sensors"; ids: readonly string[] }
  /** Path of a machine, or of an area with all machines below it. */
  | { kind: "machine"; path: string }
  | { kind: "all" };

/** What is written: who, when, how. */
export interface ExportPlan {
  form: ExportForm;
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  series: readonly StoredSeries[];
}

/** The sensors of a selection, by name; one that is gone is left out. */
export function sensorsOf(
  directory: Pick<SensorDirectory, "all" | "find">,
  selection: Selection,
): Sensor[] {
  if (selection.kind === "all") return [...directory.all()];
  if (selection.kind === "machine") {
    const { path } = selection;
    return directory.all().filter(({ machine }) =>
      machine === path || machine.startsWith(`${path}/`)
    );
  }
  const found = selection.ids.flatMap((id) => directory.find(id) ?? []);
  return [...new Set(found)].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Sensors as they stand in the file. */
export function seriesOf(
  sensors: readonly Sensor[],
  units: ExportForm["units"],
  shown: (sensor: Sensor) => Pick<Shown, "unit" | "convert">,
): StoredSeries[] {
  return sensors.map((one) => {
    const { num, id, name, machine, sensor, kind, states } = one;
    const { unit, convert } = units === "shown" ? shown(one) : { unit: one.unit, convert: null };
    return { num, id, name, machine, sensor, kind, unit, convert, states: [...states] };
  });
}

export function headOf(
  { form, fromMs, toMs, series }: ExportPlan,
  site: SiteHead,
  madeMs: number,
): ExportHead {
  const { format, layout, stepMs, of, decimal, zone, gzip } = form;
  return {
    site: { site: site.site, name: site.name },
    ...{ madeMs, fromMs, toMs, format, layout, stepMs, of, decimal, zone, gzip },
    series: series.map(({ num: _, ...one }) => one),
  };
}
