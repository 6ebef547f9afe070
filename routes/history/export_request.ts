/** What the API and the page of exports share. */
import type { Audit } from "../../lib/access/audit.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Job } from "../../lib/jobs/job.ts";
import type { Jobs } from "../../lib/jobs/jobs.ts";
import type { Sensor, SensorDirectory } from "../../lib/machines/sensor.ts";
import type { Shown } from "../../lib/machines/shown_unit.ts";
import type { Exports } from "../../lib/transfer/export/exports.ts";
import { planOf } from "../../lib/transfer/export/job.ts";
import {
  type ExportOrder,
  fileNameOf,
  optionsOf,
  titleOf,
} from "../../lib/transfer/export/job_options.ts";
import {
  fileKindOf,
  formOf,
  type FormOrder,
  isClash,
  WIDE_MOST,
} from "../../lib/transfer/export/order.ts";
import { type Selection, sensorsOf } from "../../lib/transfer/export/plan.ts";
import { DAY_MS } from "../../lib/words/times.ts";
import { auditedBy, caller } from "../http/caller.ts";
import { findPlace, findSensor } from "../http/params.ts";
import type { RouteContext } from "../http/route.ts";
import type { JobFolder } from "../jobs/request.ts";

export interface ExportServices {
  exports: Exports;
  jobs: Jobs;
  sensors: SensorDirectory;
  shown: (sensor: Sensor) => Pick<Shown, "unit" | "convert">;
  /** The site's, an IANA name. */
  readonly zone: string;
  clock: Pick<Clock, "now">;
  audit: Pick<Audit, "statement">;
}

export const FOLDER: JobFolder = {
  kind: "export",
  path: "/api/exports",
  tag: "Export",
  policy: "viewer",
};

/** What a query or a body asks for. */
export interface Asked extends FormOrder {
  sensors?: readonly string[];
  machine?: string;
  all?: boolean;
  fromMs?: number;
  toMs?: number;
}

/** @throws PerchError `validation` that names the field, `not_found` for a sensor or a machine */
export function orderOfAsked(
  services: Pick<ExportServices, "sensors" | "zone" | "clock">,
  asked: Asked,
  place: "query" | "body" | "form" = "query",
): ExportOrder {
  const at = (field: string) => (place === "form" ? field : `${place}.${field}`);
  const form = formOf(asked, services.zone);
  if (isClash(form)) throw wrong(at(form.field), form.message);
  const selection = selectionOf(services.sensors, asked, at);
  const sensors = sensorsOf(services.sensors, selection);
  if (form.layout === "wide" && sensors.length > WIDE_MOST) {
    throw wrong(
      at("layout"),
      `a wide table has at most ${WIDE_MOST} sensors, and these are ${sensors.length}: choose long`,
    );
  }
  return { selection, form, ...rangeOf(asked, sensors, services.clock.now(), at("from")) };
}

function rangeOf(
  { fromMs, toMs }: Asked,
  sensors: readonly Sensor[],
  nowMs: number,
  field: string,
): { fromMs: number; toMs: number } {
  // A device's clock may run ahead of ours; nothing is later than its latest reading.
  const endMs = sensors.reduce((most, { last }) => Math.max(most, last?.tMs ?? 0), nowMs) + 1;
  const to = Math.min(toMs ?? endMs, endMs);
  const from = fromMs ?? Math.max(0, to - DAY_MS);
  if (from < to) return { fromMs: from, toMs: to };
  throw wrong(
    field,
    `${new Date(from).toISOString()} is not before \`to\` (${new Date(to).toISOString()})`,
  );
}

function selectionOf(
  sensors: SensorDirectory,
  { sensors: names, machine, all }: Asked,
  at: (field: string) => string,
): Selection {
  const given = [names !== undefined && "sensors", machine !== undefined && "machine", all && "all"]
    .filter(Boolean);
  if (given.length !== 1) {
    throw wrong(
      at("sensors"),
      given.length === 0
        ? "is missing; give `sensors`, a `machine` (or an area), or `all`"
        : `give one of \`sensors\`, \`machine\` and \`all\`, not ${given.join(" and ")}`,
    );
  }
  if (names !== undefined) {
    return { kind: "sensors", ids: names.map((name) => findSensor(sensors, name).id) };
  }
  if (machine === undefined) return { kind: "all" };
  return { kind: "machine", path: findPlace(sensors, machine) };
}

function wrong(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}

/** The file at once, as it is made. @throws PerchError `busy`, `validation` for a SQLite file of too much */
export async function streamedExport(
  services: ExportServices,
  order: ExportOrder,
): Promise<Response> {
  const plan = planOf(services, order);
  const { type } = fileKindOf(order.form);
  return new Response(await services.exports.stream(plan), {
    headers: {
      "content-type": type,
      // Letters, digits, `-` and `.` alone.
      "content-disposition": `attachment; filename="${fileNameOf(order, plan.series)}"`,
      // Packing it on the way would take tens of megabytes; `gzip=true` packs it in the worker.
      "cache-control": "no-store, no-transform",
    },
  });
}

/** @throws PerchError `conflict`, `storage_full`, `unavailable` */
export async function orderExport(
  services: ExportServices,
  context: RouteContext,
  order: ExportOrder,
): Promise<Job> {
  return await services.jobs.order({
    kind: "export",
    title: titleOf(order, sensorsOf(services.sensors, order.selection)),
    options: optionsOf(order),
    by: caller(context).name,
    audited: auditedBy(services.audit, context),
  });
}
