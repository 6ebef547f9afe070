import { z } from "zod";
import { JOB_STATES } from "../../lib/jobs/job.ts";
import { jobJson, jobShape } from "../../lib/jobs/shape.ts";
import { cursorField, idParams, limitField, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { cancelJob, downloadJob, type JobFolder, type JobServices, removeJob } from "./request.ts";

const listQuery = z.strictObject({
  state: z.enum(JOB_STATES).optional(),
  limit: limitField(200, 50),
  cursor: cursorField(),
});

/** Jobs of one kind: list, one, cancel, remove, file. What is ordered, and how, is each room's own. */
export function jobRoutes(services: JobServices, folder: JobFolder): Route[] {
  const { jobs } = services;
  const { kind, path, policy } = folder;
  const tags = [folder.tag];
  const params = idParams();
  return [
    route({
      method: "get",
      path,
      policy,
      summary: `The ${kind}s, newest first`,
      tags,
      query: listQuery,
      responses: { 200: { description: "Jobs", schema: listOf(jobShape) } },
      handler: async ({ query }) => {
        const { items, next } = await jobs.list(kind, query);
        return Response.json({ items: items.map(jobJson), next });
      },
    }),
    route({
      method: "get",
      path: `${path}/:id`,
      policy,
      summary: `How one ${kind} is`,
      tags,
      params,
      responses: { 200: { description: "The job", schema: jobShape } },
      handler: async ({ params: { id } }) => Response.json(jobJson(await jobs.need(kind, id))),
    }),
    route({
      method: "post",
      path: `${path}/:id/cancel`,
      policy,
      summary: `Cancel one's own ${kind}, or as an engineer any`,
      tags,
      params,
      responses: {
        200: { description: "The job", schema: jobShape },
        409: { description: "It has ended" },
      },
      handler: async (context) =>
        Response.json(jobJson(await cancelJob(services, folder, context, context.params.id))),
    }),
    route({
      method: "delete",
      path: `${path}/:id`,
      policy,
      summary: `Delete one's own ${kind} with its file, or as an engineer any`,
      tags,
      params,
      responses: {
        204: { description: "Deleted" },
        409: { description: "It has not ended" },
      },
      handler: async (context) => {
        await removeJob(services, folder, context, context.params.id);
        return new Response(null, { status: 204 });
      },
    }),
  ];
}

/** The file that came of a job of one kind. */
export function jobFileRoute(services: JobServices, folder: JobFolder): Route {
  return route({
    method: "get",
    path: `${folder.path}/:id/file`,
    policy: folder.policy,
    summary: `Download the file of one ${folder.kind}, or with \`Range\` a part`,
    tags: [folder.tag],
    params: idParams(),
    responses: {
      200: { description: "The file", contentType: "application/octet-stream" },
      206: { description: "The range", contentType: "application/octet-stream" },
      416: { description: "There is nothing in that range" },
    },
    handler: (context) => downloadJob(services, folder, context, context.params.id),
  });
}
