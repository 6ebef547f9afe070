import { z } from "zod";
import type { LogReports } from "../../lib/events/logs/read_logs.ts";
import { lineSeverityField, logReportShape } from "../../lib/events/logs/report.ts";
import { HOUR_MS } from "../../lib/words/times.ts";
import { type Route, route } from "../http/route.ts";

export interface LogServices {
  logReports: LogReports;
}

const HOURS_MOST = 24 * 366;

/** `/api/logs/recent`: what the log files say, counted. */
export function logRoutes({ logReports }: LogServices): Route[] {
  return [
    route({
      method: "get",
      path: "/api/logs/recent",
      policy: "engineer",
      summary: "What the log files say: counts and patterns",
      tags: ["Events"],
      query: z.strictObject({
        hours: z.coerce.number().positive().max(HOURS_MOST).optional().describe("default 24"),
        severity: lineSeverityField.optional().describe("and what is worse; default `info`"),
      }),
      example: { query: { hours: "1", severity: "warning" } },
      responses: { 200: { description: "The report", schema: logReportShape } },
      handler: async ({ query: { hours = 24, severity = "info" }, nowMs }) =>
        Response.json(
          await logReports.recent({
            fromMs: nowMs - hours * HOUR_MS,
            toMs: nowMs,
            least: severity,
          }),
        ),
    }),
  ];
}
