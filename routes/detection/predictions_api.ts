import { z } from "zod";
import { timeField } from "../../lib/base/epoch.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Predictions } from "../../lib/detect/predict/predictions.ts";
import {
  explanationOf,
  explanationShape,
  MACHINE_CLASSES,
  PREDICTION_SOURCES,
  type PredictionNames,
  predictionOf,
  predictionShape,
} from "../../lib/detect/predict/prediction.ts";
import type { Audit } from "../../lib/access/audit.ts";
import type { Verdict } from "../../lib/words/verdict.ts";
import { caller } from "../http/caller.ts";
import {
  cursorField,
  flagField,
  idParams,
  judgementShape,
  limitField,
  listOf,
} from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";

const tags = ["Predictions"];

const querySchema = z.object({
  machine: z.string().max(2000).optional().describe("path of a machine"),
  class: z.enum(MACHINE_CLASSES).optional(),
  source: z.enum(PREDICTION_SOURCES).optional(),
  current: flagField("true: what is said now, one per machine, the oddest first"),
  from: timeField("at or after"),
  to: timeField("exclusive"),
  limit: limitField(500, 50),
  cursor: cursorField(20),
});

export interface PredictionServices extends PredictionNames {
  predictions: Predictions;
  audit: Pick<Audit, "statement">;
}

/** `/api/predictions`, the explanation of one, and what people say of it. */
export function predictionRoutes(services: PredictionServices): Route[] {
  const { predictions } = services;
  return [
    route({
      method: "get",
      path: "/api/predictions",
      policy: "viewer",
      summary: "What was said about machines, newest first",
      tags,
      query: querySchema,
      example: { query: { class: "normal", limit: "10" } },
      responses: {
        200: {
          description: "Predictions: stored on a change of class, else every ten minutes",
          schema: listOf(predictionShape),
        },
      },
      handler: async ({ query, nowMs }) => {
        const { from, to, current, ...rest } = query;
        if (current) {
          const items = currentOf(predictions, rest);
          return Response.json({
            items: items.map((o) => predictionOf(o, services, nowMs)),
            next: null,
          });
        }
        const { items, next } = await predictions.store.outlooks({
          ...rest,
          fromMs: from?.(nowMs),
          toMs: to?.(nowMs),
        });
        return Response.json({ items: items.map((o) => predictionOf(o, services, nowMs)), next });
      },
    }),
    route({
      method: "get",
      path: "/api/predictions/:id/explain",
      policy: "viewer",
      summary: "Why: features and sensors against their normal ranges",
      tags,
      params: idParams(20),
      responses: {
        200: { description: "The prediction with its parts", schema: explanationShape },
        404: { description: "There is no such prediction, or it is too old" },
      },
      handler: async ({ params, nowMs }) => {
        const outlook = await findPrediction(predictions, params.id);
        return Response.json(explanationOf(outlook, services, nowMs));
      },
    }),
    route({
      method: "post",
      path: "/api/predictions/:id/feedback",
      policy: "engineer",
      summary: "Say whether what a prediction warned of was real; the next model learns from it",
      tags,
      params: idParams(20),
      body: judgementShape,
      example: { params: { id: "1" }, body: { verdict: "real" } },
      responses: {
        200: { description: "The prediction", schema: predictionShape },
        400: { description: "It said normal: there is nothing to judge" },
        404: { description: "There is no such prediction, or it is too old" },
      },
      handler: async (context) => {
        const { params, body, nowMs } = context;
        await judgePrediction(services, context, params.id, body.verdict);
        const outlook = await findPrediction(predictions, params.id);
        return Response.json(predictionOf(outlook, services, nowMs));
      },
    }),
  ];
}

/** Keeps what the caller says of a prediction, audited. @throws PerchError `not_found`, `validation` */
export async function judgePrediction(
  { predictions, audit }: Pick<PredictionServices, "predictions" | "audit">,
  context: RouteContext<unknown, unknown, unknown>,
  id: string,
  verdict: Verdict,
): Promise<void> {
  const outlook = await findPrediction(predictions, id);
  const actor = caller(context);
  await predictions.judge(outlook, verdict, actor.name, [
    audit.statement({
      actor,
      action: "prediction.feedback",
      resource: `prediction:${outlook.id}`,
      before: { verdict: outlook.verdict },
      after: { verdict },
    }),
  ]);
}

/** A stored prediction. @throws PerchError `not_found` */
export async function findPrediction(predictions: Predictions, id: string) {
  const outlook = /^\d{1,15}$/.test(id) ? await predictions.store.outlook(Number(id)) : null;
  if (outlook !== null) return outlook;
  throw new PerchError("not_found", `there is no prediction "${id}"; old ones are deleted`, {
    errors: [{ path: "params.id", message: "must be the id of a prediction" }],
  });
}

type CurrentFilter = Pick<z.output<typeof querySchema>, "machine" | "class" | "source">;

/** What is said about machines now, filtered. */
export function currentOf(predictions: Predictions, filter: CurrentFilter) {
  return predictions.current().filter((o) =>
    (filter.machine === undefined || o.machine === filter.machine) &&
    (filter.class === undefined || o.class === filter.class) &&
    (filter.source === undefined || o.source === filter.source)
  );
}
