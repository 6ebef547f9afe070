import type { JobOrders } from "../../jobs/job.ts";
import { withReader } from "./import_reader.ts";
import type { ImportSensors } from "./import_sensors.ts";
import { importOrderSchema, type ImportPreview, type Imports } from "./imports.ts";
import { plannerOf } from "./part_targets.ts";

/** What pages, the API and the command line ask of imports. */
export function createImports(
  { orders, sensors }: { orders: JobOrders; sensors: Pick<ImportSensors, "existing"> },
): Imports {
  return {
    formats: () => withReader(undefined, (reader) => reader.formats()),
    async inspect({ path, name }, options, signal) {
      const { size: bytes } = await Deno.stat(path);
      const found = await withReader(
        signal,
        (reader) => reader.look({ path, name, bytes }, options),
      );
      const plan = plannerOf({ mapping: [], others: "suggested" }, sensors);
      const mapping: ImportPreview["mapping"] = found.series.map((series) => {
        const planned = plan(series);
        if (planned.action !== "import") {
          const problem = planned.action === "conflict" ? planned.message : null;
          const { key, suggested, unit } = series;
          return { key, sensor: suggested, isNew: false, unit, problem };
        }
        const { name, isNew, unit } = planned;
        return { key: series.key, sensor: name, isNew, unit, problem: null };
      });
      return { ...found, mapping };
    },
    async order(given, { name: by, audited }) {
      const order = importOrderSchema.parse(given);
      const title = `${order.dry_run ? "Count" : "Import"} of ${order.name}`;
      return await orders.order({ kind: "import", title, options: order, by, audited });
    },
  };
}
