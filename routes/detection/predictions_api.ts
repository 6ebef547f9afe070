import { z } from "zod";
import { timeField } from "../../lib/base/epoch.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Predictions } from "../../lib/detect/predict/predictions.ts";
import type { LifeNote, Outlook, SensorShare } from "../../lib/detect/predict/shapes.ts";
import type { Audit } from "../../lib/access/audit.ts";
import { type Verdict, VERDICTS } from "../../lib/words/verdict.ts";
import { caller } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";

const CLASSES = ["normal", "warning", "critical"] as const;
const SOURCES = ["model", "rules"] as const;
const tags = ["Predictions"];

const lifeShape = z.object({
  known: z.boolean(),
  text: z.string(),
  sensor: z.string().nullable().describe("that reaches its limit first"),
  limit: z.number().nullable(),
  remaining_ms: z.number().nullable(),
  low_ms: z.number().nullable().describe("90 % interval"),
  high_ms: z.number().nullable().describe("null when known: without end"),
  confidence: z.number().nullable(),
});

const shape = z.object({
  id: z.string().nullable().describe("of the stored prediction it goes with"),
  machine: z.string(),
  ts: z.number(),
  class: z.enum(CLASSES),
  score: z.number().describe("0 to 1: a warning begins at 0.5, critical at 2/3"),
  confidence: z.number().describe("0 to 1"),
  action: z.string().describe("what to do"),
  summary: z.string(),
  source: z.enum(SOURCES).describe("rules until a model is ready"),
  model_version: z.number().nullable(),
  feedback: z.enum(VERDICTS).nullable().describe("what a person said of it last"),
  remaining_life: lifeShape,
});

const shareShape = z.object({
  name: z.string(),
  value: z.number().nullable(),
  contribution: z.number().describe("0 to 1; all together 1, or all 0 when nothing is unusual"),
  low: z.number().nullable().describe("normal range"),
  middle: z.number().nullable(),
  high: z.number().nullable(),
  outside: z.boolean(),
});

const explainShape = shape.extend({
  sensors: z.array(shareShape).describe("each in its own unit, the most telling first"),
  features: z.array(
    shareShape.extend({
      about: z.string(),
      sensor: z.string().nullable().describe("that made the feature; null: all of them"),
    }),
  ).describe("empty for predictions by rules"),
});

const querySchema = z.object({
  machine: z.string().max(2000).optional().describe("path of a machine"),
  class: z.enum(CLASSES).optional(),
  source: z.enum(SOURCES).optional(),
  current: z.stringbool().optional()
    .describe("true: what is said now, one per machine, the oddest first"),
  from: timeField("at or after"),
  to: timeField("exclusive"),
  limit: z.coerce.number().int().min(1).max(500).optional().describe("default 50"),
  cursor: z.string().max(20).optional().describe("`next` of the answer before"),
});

export interface PredictionServices {
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
          schema: z.object({ items: z.array(shape), next: z.string().nullable() }),
        },
      },
      handler: async ({ query, nowMs }) => {
        const { from, to, current, ...rest } = query;
        if (current) {
          const items = currentOf(predictions, rest);
          return Response.json({ items: items.map((o) => predictionJson(o)), next: null });
        }
        const { items, next } = await predictions.store.outlooks({
          ...rest,
          fromMs: from?.(nowMs),
          toMs: to?.(nowMs),
        });
        return Response.json({ items: items.map((o) => predictionJson(o)), next });
      },
    }),
    route({
      method: "get",
      path: "/api/predictions/:id/explain",
      policy: "viewer",
      summary: "Why: features and sensors against their normal ranges",
      tags,
      params: z.object({ id: z.string().max(20) }),
      responses: {
        200: { description: "The prediction with its parts", schema: explainShape },
        404: { description: "There is no such prediction, or it is too old" },
      },
      handler: async ({ params }) => {
        const outlook = await findPrediction(predictions, params.id);
        return Response.json({
          ...predictionJson(outlook),
          sensors: outlook.sensors.map(shareJson),
          features: outlook.features.map((f) => ({
            ...shareJson(f),
            about: f.about,
            sensor: f.sensor,
          })),
        });
      },
    }),
    route({
      method: "post",
      path: "/api/predictions/:id/feedback",
      policy: "engineer",
      summary: "Say whether what a prediction warned of was real; the next model learns from it",
      tags,
      params: z.object({ id: z.string().max(20) }),
      body: z.strictObject({ verdict: z.enum(VERDICTS) }),
      example: { params: { id: "1" }, body: { verdict: "real" } },
      responses: {
        200: { description: "The prediction", schema: shape },
        400: { description: "It said normal: there is nothing to judge" },
        404: { description: "There is no such prediction, or it is too old" },
      },
      handler: async (context) => {
        const { params, body } = context;
        await judgePrediction(services, context as RouteContext, params.id, body.verdict);
        return Response.json(predictionJson(await findPrediction(predictions, params.id)));
      },
    }),
  ];
}

/** Keeps what the caller says of a prediction, audited. @throws PerchError `not_found`, `validation` */
export async function judgePrediction(
  { predictions, audit }: PredictionServices,
  context: RouteContext,
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

/** A prediction as the API tells it. */
export function predictionJson(
  o: Outlook & { id: number | null; verdict?: Verdict | null },
): z.output<typeof shape> {
  return {
    id: o.id === null ? null : String(o.id),
    machine: o.machine,
    ts: o.tMs,
    class: o.class,
    score: o.score,
    confidence: o.confidence,
    action: o.action,
    summary: o.summary,
    source: o.source,
    model_version: o.modelVersion,
    feedback: o.verdict ?? null,
    remaining_life: lifeJson(o.life),
  };
}

function lifeJson(life: LifeNote): z.output<typeof lifeShape> {
  const none = { sensor: null, limit: null, remaining_ms: null, low_ms: null, high_ms: null };
  if (!life.known) return { known: false, text: life.text, ...none, confidence: null };
  return {
    known: true,
    text: life.text,
    sensor: life.sensor,
    limit: life.limit,
    remaining_ms: life.remainingMs,
    low_ms: life.lowMs,
    high_ms: life.highMs,
    confidence: life.confidence,
  };
}

function shareJson(share: SensorShare): z.output<typeof shareShape> {
  const finite = (x: number) => Number.isFinite(x) ? x : null;
  return {
    name: share.name,
    value: finite(share.value),
    contribution: share.contribution,
    low: finite(share.low),
    middle: finite(share.middle),
    high: finite(share.high),
    outside: share.outside,
  };
}
