import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { messageOf, PerchError } from "../../lib/base/errors.ts";
import { tableOf, textOfFile } from "../../lib/base/table.ts";
import {
  COLUMNS,
  type ExchangeRow,
  type ImportPlan,
  machineFields,
  rowOfCells,
  rowsOfJson,
  sensorFields,
} from "../../lib/machines/exchange.ts";
import type { MachineDirectory, SensorDirectory } from "../../lib/machines/sensor.ts";
import { type MachinesService } from "../../lib/machines/service.ts";
import { countsOf } from "../../lib/machines/import_service.ts";
import { csvLine } from "../../lib/words/csv.ts";
import { auditedBy } from "../http/caller.ts";
import { readJson } from "../http/body.ts";
import { type Route, route } from "../http/route.ts";

const tags = ["Registry"];
const EXAMPLE = {
  machines: [{ path: "hall-9/oven-1", display_name: "Oven 1", tags: ["heat"] }],
  sensors: [{ path: "hall-9/oven-1/temperature", unit: "°C", critical_high: 250 }],
};

export interface RegistryServices {
  machines: MachineDirectory;
  sensors: SensorDirectory;
  service: Pick<MachinesService, "importRows">;
  audit: Pick<Audit, "statement">;
}

const planShape = z.object({
  confirmed: z.boolean().describe("false: nothing was changed"),
  machines: z.number().describe("new or changed"),
  new_sensors: z.number(),
  changed_sensors: z.number(),
  same: z.number(),
  errors: z.array(z.object({ row: z.string(), column: z.string(), message: z.string() })),
}).meta({ id: "ImportPlan" });

const documentShape = z.object({
  machines: z.array(z.record(z.string(), z.unknown())),
  sensors: z.array(z.record(z.string(), z.unknown())),
}).meta({ id: "Registry" });

/** What an import would do or did. */
export function planOf(plan: ImportPlan, confirmed: boolean): z.output<typeof planShape> {
  return { confirmed, ...countsOf(plan), errors: plan.errors };
}

/**
 * Rows of a table: its first line names the columns, in any order.
 * @throws PerchError `validation` naming the line, when it is no table or has an unknown column
 */
export function rowsOfCsv(text: string): ExchangeRow[] {
  const { columns, rows, decimalComma } = tableOf(text);
  const unknown = columns.find((column) => !COLUMNS.includes(column));
  if (unknown !== undefined || !columns.includes("type") || !columns.includes("path")) {
    const what = unknown === undefined ? "type or path is missing" : `"${unknown.slice(0, 40)}"`;
    throw new PerchError(
      "validation",
      `line 1: column ${what}; the first line names columns out of ${COLUMNS.join(", ")}`,
    );
  }
  return rows.map(({ line, cells }) => rowOfCells(`line ${line}`, cells, decimalComma));
}

/**
 * Rows of a document that came without a content type: JSON when it begins as an object, else a table.
 * @throws PerchError `validation`
 */
export function rowsOfText(text: string): ExchangeRow[] {
  if (!text.replace(/^\ufeff/, "").trimStart().startsWith("{")) return rowsOfCsv(text);
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw new PerchError("validation", `the document is no JSON (${messageOf(error)})`);
  }
  return rowsOfJson(document);
}

/** What belongs to one site's own devices. */
const OWN_MACHINE: readonly string[] = ["notes"];
const OWN_SENSOR: readonly string[] = ["scale", "offset"];

/** The fields of machines and sensors; a template is without what belongs to one site alone. */
function documentOf({ machines, sensors }: RegistryDocument, template: boolean) {
  const without = (fields: Record<string, unknown>, own: readonly string[]) =>
    template
      ? Object.fromEntries(Object.entries(fields).filter(([name]) => !own.includes(name)))
      : fields;
  return {
    machines: machines.all().map((machine) => without(machineFields(machine), OWN_MACHINE)),
    sensors: sensors.all().map((sensor) => without(sensorFields(sensor), OWN_SENSOR)),
  };
}

type RegistryDocument = Pick<RegistryServices, "machines" | "sensors">;

/** The registry as a table. */
export function registryCsv(services: RegistryDocument, template = false): string {
  const own = [...OWN_MACHINE, ...OWN_SENSOR];
  const columns = template ? COLUMNS.filter((column) => !own.includes(column)) : COLUMNS;
  const line = (type: string, fields: Record<string, unknown>) =>
    csvLine(columns.map((column) => {
      if (column === "type") return type;
      const value = fields[column];
      if (Array.isArray(value)) return value.join(";");
      return typeof value === "number" || typeof value === "string" ? value : null;
    }));
  const { machines, sensors } = documentOf(services, template);
  return csvLine(columns) +
    machines.map((fields) => line("machine", fields)).join("") +
    sensors.map((fields) => line("sensor", fields)).join("");
}

/** `/api/registry`: all machines and sensors as one document, out and in. */
export function registryRoutes(services: RegistryServices): Route[] {
  const { service, audit } = services;
  return [
    route({
      method: "get",
      path: "/api/registry",
      policy: "viewer",
      summary: "All machines and sensors with their settings, as JSON or CSV, for another site too",
      tags,
      query: z.object({
        format: z.enum(["json", "csv"]).optional(),
        template: z.enum(["true", "false"]).optional()
          .describe("true: without notes and calibration, for a second site"),
      }),
      responses: {
        200: {
          description: "The document; `POST /api/registry/import` takes it",
          schema: documentShape,
        },
      },
      handler: ({ query }) =>
        query.format === "csv"
          ? new Response(registryCsv(services, query.template === "true"), {
            headers: {
              "content-type": "text/csv; charset=utf-8",
              "content-disposition": 'attachment; filename="machines.csv"',
            },
          })
          : Response.json(documentOf(services, query.template === "true")),
    }),
    route({
      method: "post",
      path: "/api/registry/import",
      policy: "engineer",
      summary: "What a document would change; with confirm=true it is changed, all or nothing",
      tags,
      query: z.object({ confirm: z.enum(["true", "false"]).optional() }),
      accepts: {
        "application/json": { description: "As exported", example: EXAMPLE },
        "text/csv": {
          description: "As exported; columns may be left out",
          example: "type,path,display_name,unit,critical_high\r\n" +
            "machine,hall-9/oven-1,Oven 1,,\r\nsensor,hall-9/oven-1/temperature,,°C,250\r\n",
        },
      },
      responses: { 200: { description: "What changes, and what is wrong", schema: planShape } },
      handler: async (context) => {
        const { c, query } = context;
        const csv = /^text\/csv\b/i.test(c.req.header("content-type") ?? "");
        const rows = csv
          ? rowsOfCsv(textOfFile(await c.req.raw.bytes()))
          : rowsOfJson(await readJson(c.req.raw));
        const confirm = query.confirm === "true";
        const plan = await service.importRows(rows, confirm, auditedBy(audit, context));
        return Response.json(planOf(plan, confirm));
      },
    }),
  ];
}
