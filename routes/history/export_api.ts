import { z } from "zod";
import { momentInBody, momentMs, timeField } from "../../lib/base/epoch.ts";
import { jobJson, jobShape } from "../../lib/jobs/shape.ts";
import { formFields, NAMED_MOST } from "../../lib/transfer/export/order.ts";
import { flagField, list } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { jobFileRoute, jobRoutes } from "../jobs/api.ts";
import {
  type ExportServices,
  FOLDER,
  orderExport,
  orderOfAsked,
  streamedExport,
} from "./export_request.ts";

const tags = [FOLDER.tag];
const NAME = z.string().min(1).max(2000);
const machineField = NAME.optional().describe("a machine, or an area with all of its machines");

const Query = z.object({
  sensors: list(NAME).optional().describe("ids, full names or machine/sensor"),
  machine: machineField,
  all: flagField("the whole site"),
  from: timeField("default 24 hours before `to`"),
  to: timeField("exclusive; default now"),
  ...formFields,
  gzip: flagField("csv, json and ndjson compressed"),
});

const newExportShape = z.strictObject({
  sensors: z.array(NAME).min(1).max(NAMED_MOST).optional(),
  machine: machineField,
  all: z.literal(true).optional().describe("the whole site"),
  from: momentInBody.describe("epoch ms, ISO 8601 or -7d; default 24 hours before `to`"),
  to: momentInBody.describe("exclusive; default now"),
  ...formFields,
  gzip: z.boolean().optional(),
}).meta({ id: "NewExport" });

/** `GET /api/export`: at once; `/api/exports`: as jobs with progress. */
export function exportRoutes(services: ExportServices): Route[] {
  return [
    route({
      method: "get",
      path: "/api/export",
      policy: FOLDER.policy,
      summary: "History of sensors, a machine or the site as a file, written as it is read",
      tags,
      query: Query,
      example: { query: { sensors: "hall-1/press-3/temperature", from: "-6h" } },
      responses: {
        200: { description: "The file", contentType: "text/csv" },
        404: { description: "There is no such sensor or machine" },
        503: { description: "Others are being read; try again, or order a job" },
      },
      handler: ({ query, nowMs }) => {
        const { from, to, ...asked } = query;
        const range = { fromMs: from?.(nowMs), toMs: to?.(nowMs) };
        return streamedExport(services, orderOfAsked(services, { ...asked, ...range }));
      },
    }),
    route({
      method: "post",
      path: FOLDER.path,
      policy: FOLDER.policy,
      summary: "Order an export; how far it is and its file are at `/api/exports/{id}`",
      tags,
      body: newExportShape,
      example: { body: { all: true, from: "-24h", format: "parquet" } },
      responses: {
        202: { description: "The job", schema: jobShape },
        404: { description: "There is no such sensor or machine" },
        409: { description: "Too much waits already" },
        507: { description: "There is too little room on the disk" },
      },
      handler: async (context) => {
        const { body: { from, to, ...asked }, nowMs } = context;
        const range = { fromMs: momentMs(from, nowMs), toMs: momentMs(to, nowMs) };
        const order = orderOfAsked(services, { ...asked, ...range }, "body");
        return Response.json(jobJson(await orderExport(services, context, order)), { status: 202 });
      },
    }),
    ...jobRoutes(services, FOLDER),
    jobFileRoute(services, FOLDER),
  ];
}
