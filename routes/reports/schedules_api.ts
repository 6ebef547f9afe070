import { jobJson, jobShape } from "../../lib/jobs/shape.ts";
import {
  newScheduleShape,
  scheduleChangeShape,
  scheduleShape,
} from "../../lib/reports/schedules/schedule.ts";
import { auditedBy, caller } from "../http/caller.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { FOLDER, type ReportServices } from "./request.ts";

const PATH = "/api/report-schedules";
const tags = [FOLDER.tag];
const params = idParams();
const NEW = {
  name: "Every Monday",
  cron: "0 6 * * 1",
  report: { range: "last_week" },
  channels: ["email"],
};

/** Reports that are made again and again, and mailed: engineers set them up. */
export function scheduleRoutes({ reportSchedules, audit }: ReportServices): Route[] {
  return [
    route({
      method: "get",
      path: PATH,
      policy: "viewer",
      summary: "Reports by schedule, by name",
      tags,
      responses: { 200: { description: "Schedules", schema: listOf(scheduleShape) } },
      handler: async () => Response.json({ items: await reportSchedules.all(), next: null }),
    }),
    route({
      method: "post",
      path: PATH,
      policy: "engineer",
      summary: "Make a report by schedule and mail it",
      tags,
      body: newScheduleShape,
      example: { body: NEW },
      responses: {
        201: { description: "The schedule", schema: scheduleShape },
        409: { description: "The name is taken" },
      },
      handler: async (context) =>
        Response.json(
          await reportSchedules.add(context.body, auditedBy(audit, context)),
          { status: 201 },
        ),
    }),
    route({
      method: "patch",
      path: `${PATH}/:id`,
      policy: "engineer",
      summary: "Change a schedule, or pause it with `enabled`",
      tags,
      params,
      body: scheduleChangeShape,
      example: { body: { enabled: false } },
      responses: {
        200: { description: "The schedule", schema: scheduleShape },
        409: { description: "The name is taken" },
      },
      handler: async (context) => {
        const { params: { id }, body } = context;
        return Response.json(await reportSchedules.change(id, body, auditedBy(audit, context)));
      },
    }),
    route({
      method: "delete",
      path: `${PATH}/:id`,
      policy: "engineer",
      summary: "Delete a schedule; its reports stay",
      tags,
      params,
      responses: { 204: { description: "Deleted" } },
      handler: async (context) => {
        await reportSchedules.remove(context.params.id, auditedBy(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "post",
      path: `${PATH}/:id/send`,
      policy: "engineer",
      summary: "Make and mail one now",
      tags,
      params,
      responses: {
        202: { description: "Its job", schema: jobShape },
        409: { description: "Too many jobs wait" },
        507: { description: "There is too little room on the disk" },
      },
      handler: async (context) => {
        const { id } = context.params;
        const by = caller(context).name;
        const job = await reportSchedules.sendNow(id, by, auditedBy(audit, context));
        return Response.json(jobJson(job), { status: 202 });
      },
    }),
  ];
}
