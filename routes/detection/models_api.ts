import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { Actor } from "../../lib/access/audit_row.ts";
import { analystShape } from "../../lib/ai/state.ts";
import { PerchError } from "../../lib/base/errors.ts";
import {
  predictionLogShape,
  predictionStatusOf,
  predictionStatusShape,
  retrainingShape,
  trainingsOf,
} from "../../lib/detect/predict/model_view.ts";
import type { Predictions } from "../../lib/detect/predict/predictions.ts";
import { type AnalysisServices, analystNow } from "../ai/request.ts";
import { caller } from "../http/caller.ts";
import { cursorField, limitField, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

const tags = ["Predictions"];

export interface AiServices extends AnalysisServices {
  predictions: Predictions;
}

/** `/api/ai/status`, `/api/ai/retrain`, `/api/ai/logs`. */
export function aiRoutes(services: AiServices): Route[] {
  const { predictions, clock } = services;
  return [
    route({
      method: "get",
      path: "/api/ai/status",
      policy: "viewer",
      summary: "Models of the predictions, and the model of analyses with its tokens of today",
      tags,
      responses: {
        200: {
          description: "The status",
          schema: predictionStatusShape.extend({ analyst: analystShape })
            .meta({ id: "ModelStatus" }),
        },
      },
      handler: async () => {
        const status = await predictionStatusOf(predictions, clock.now());
        return Response.json({ ...status, analyst: await analystNow(services) });
      },
    }),
    route({
      method: "post",
      path: "/api/ai/retrain",
      policy: "admin",
      summary: "Train a machine's model anew, or all; progress is in the status",
      tags,
      body: z.strictObject({
        machine: z.string().min(1).max(2000).optional().describe("its path; left out: all"),
        cancel: z.boolean().optional().describe("ends what runs or waits instead"),
      }),
      example: { body: { machine: "hall-1/press-3" } },
      responses: {
        202: {
          description: "Queued; machines that were queued already are not named again",
          schema: retrainingShape,
        },
        404: { description: "There is no such machine" },
      },
      handler: async (context) => {
        const { machine, cancel } = context.body;
        const actor = caller(context);
        const done = await retrain(services, actor, machine, cancel === true);
        return Response.json({ ...done, training: trainingsOf(predictions) }, { status: 202 });
      },
    }),
    route({
      method: "get",
      path: "/api/ai/logs",
      policy: "viewer",
      summary: "What training and predictions did, newest first",
      tags,
      query: z.object({
        machine: z.string().max(2000).optional(),
        level: z.enum(["info", "warn", "error"]).optional(),
        limit: limitField(500, 50),
        cursor: cursorField(20),
      }),
      responses: {
        200: {
          description: "Lines of the log",
          schema: listOf(predictionLogShape),
        },
      },
      handler: async ({ query }) => {
        const { items, next } = await predictions.store.log(query);
        return Response.json({
          items: items.map(({ tMs, ...row }) => ({ at_ms: tMs, ts: tMs, ...row })),
          next,
        });
      },
    }),
  ];
}

/**
 * Queues (or ends) the training of a machine, of all when none is named, and records who asked.
 * @throws PerchError `not_found` for a machine without sensors that report numbers.
 */
export async function retrain(
  { predictions, audit }: { predictions: Predictions; audit: Pick<Audit, "record"> },
  actor: Actor,
  machine: string | undefined,
  cancel: boolean,
): Promise<{ queued: string[]; cancelled: number }> {
  if (machine !== undefined && !predictions.machines().includes(machine)) {
    const message = `there is no machine "${
      machine.slice(0, 200)
    }" with a sensor that reports numbers`;
    throw new PerchError("not_found", message, {
      errors: [{ path: "machine", message: "must be the path of a machine" }],
    });
  }
  const cancelled = cancel ? predictions.cancelTraining(machine) : 0;
  const queued = cancel ? [] : predictions.retrain(machine ?? null, actor.name);
  await audit.record({
    actor,
    action: cancel ? "model.cancel" : "model.retrain",
    resource: machine === undefined ? "models" : `machine:${machine}`,
    touches: [],
  });
  return { queued, cancelled };
}
