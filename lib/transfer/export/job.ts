import type { JobWorker } from "../../jobs/job.ts";
import type { Sensor, SensorDirectory } from "../../machines/sensor.ts";
import type { Shown } from "../../machines/shown_unit.ts";
import { shownName } from "./cells.ts";
import type { Exports } from "./exports.ts";
import { type ExportOrder, fileNameOf, orderOf } from "./job_options.ts";
import { fileKindOf } from "./order.ts";
import { type ExportPlan, sensorsOf, seriesOf } from "./plan.ts";

export interface PlanDeps {
  sensors: Pick<SensorDirectory, "all" | "find">;
  shown: (sensor: Sensor) => Pick<Shown, "unit" | "convert">;
}

/** The order with the sensors that there are now. */
export function planOf(
  { sensors, shown }: PlanDeps,
  { selection, fromMs, toMs, form }: ExportOrder,
): ExportPlan {
  return { form, fromMs, toMs, series: seriesOf(sensorsOf(sensors, selection), form.units, shown) };
}

/** Exports as jobs: the file is written where the jobs keep theirs. */
export function exportJobs(deps: PlanDeps & { exports: Pick<Exports, "writeTo"> }): JobWorker {
  return {
    kind: "export",
    async run({ job, signal, progress, file }) {
      const order = orderOf(job.options);
      const plan = planOf(deps, order);
      const path = await file(fileNameOf(order, plan.series), fileKindOf(order.form).type);
      const { rows, bytes: _, ...rest } = await deps.exports.writeTo(
        path,
        plan,
        signal,
        ({ share, sensor, rows, bytes }) =>
          progress({
            share,
            words: sensor === null ? "Reading row by row" : `Reading ${shownName(sensor)}`,
            counts: { rows, bytes },
          }),
      );
      return { rows, ...rest };
    },
  };
}
