import { jobJson, jobShape } from "../../lib/jobs/shape.ts";
import { askedShape } from "../../lib/reports/asked.ts";
import { type Route, route } from "../http/route.ts";
import { jobFileRoute, jobRoutes } from "../jobs/api.ts";
import { FOLDER, orderReport, type ReportServices } from "./request.ts";

/** `/api/reports`: whoever may see the plant may order them. */
export function reportRoutes(services: ReportServices): Route[] {
  return [
    route({
      method: "post",
      path: FOLDER.path,
      policy: FOLDER.policy,
      summary: "Order a report; it is a job, and its file can be downloaded when it is done",
      tags: [FOLDER.tag],
      body: askedShape,
      example: { body: { format: "pdf", range: "last_week", machines: ["hall-1/press-3"] } },
      responses: {
        202: { description: "The job", schema: jobShape },
        409: { description: "Too many jobs wait" },
        507: { description: "There is too little room on the disk" },
      },
      handler: async (context) =>
        Response.json(jobJson(await orderReport(services, context, context.body)), { status: 202 }),
    }),
    ...jobRoutes(services, FOLDER),
    jobFileRoute(services, FOLDER),
  ];
}
