import { z } from "zod";
import { correctionJson, correctionShape } from "../../lib/faults/corrections/correction.ts";
import { listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import {
  approvalShape,
  approve,
  type CorrectionServices,
  correctionsOf,
  propose,
  proposeShape,
  rollBack,
} from "./corrections_request.ts";
import { faultParams, findFault } from "./request.ts";

const tags = ["Faults"];
const one = { description: "The correction", schema: correctionShape };
const none = { description: "No such fault, or nothing was proposed for it" };

/** Corrections: proposed to admins, and applied by the word of one who signed in as a person. */
export function correctionRoutes(services: CorrectionServices): Route[] {
  const common = { tags, params: faultParams } as const;
  return [
    route({
      ...common,
      method: "get",
      path: "/api/faults/:id/corrections",
      policy: "admin",
      summary: "Corrections that were proposed for a fault, newest first",
      responses: {
        200: { description: "Corrections", schema: listOf(correctionShape) },
        404: none,
      },
      handler: async (context) => {
        const { id } = await findFault(services, context.params.id);
        const items = (await correctionsOf(services, context, id)).map(correctionJson);
        return Response.json({ items, next: null });
      },
    }),
    route({
      ...common,
      method: "post",
      path: "/api/faults/:id/propose",
      policy: "admin",
      summary: "The open correction of a fault, or a new one; nothing is changed",
      body: proposeShape,
      // A model may think for long.
      bodyTimeoutMs: 120_000,
      example: { params: { id: "1" }, body: { anew: true } },
      responses: {
        200: {
          description: "The correction; null: there is no safe one, and `reason` says why",
          schema: z.object({
            correction: correctionShape.nullable(),
            reason: z.string().nullable(),
          }),
        },
        404: none,
        409: { description: "One is being applied" },
        429: { description: "Three were proposed within a day" },
      },
      handler: async (context) => {
        const { params: { id }, body: { anew = false } } = context;
        const { correction, reason } = await propose(services, context, id, anew);
        return Response.json({
          correction: correction === null ? null : correctionJson(correction),
          reason,
        });
      },
    }),
    route({
      ...common,
      method: "post",
      path: "/api/faults/:id/approve",
      policy: "person:admin",
      summary: "Approve exactly the correction that was shown within 15 minutes; it is applied",
      body: approvalShape,
      example: {
        params: { id: "1" },
        body: { diff_hash: "0".repeat(64), password: "long enough" },
      },
      responses: {
        200: one,
        403: { description: "The password is needed, or is wrong" },
        404: none,
        409: { description: "It is another change, outdated, or was approved already" },
      },
      handler: async (context) => {
        const { params: { id }, body } = context;
        return Response.json(correctionJson(await approve(services, context, id, body)));
      },
    }),
    route({
      ...common,
      method: "post",
      path: "/api/faults/:id/rollback",
      policy: "person:admin",
      summary: "Put back what an applied correction replaced, within 30 days",
      responses: { 200: one, 404: none, 409: { description: "It is not in place any more" } },
      handler: async (context) =>
        Response.json(correctionJson(await rollBack(services, context, context.params.id))),
    }),
  ];
}
