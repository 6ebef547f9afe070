import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { Actor } from "../../lib/access/audit_row.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { formerly, msField, oldMs } from "../../lib/base/wire.ts";
import type { Predictions } from "../../lib/detect/predict/predictions.ts";
import { caller } from "../http/caller.ts";
import { cursorField, limitField, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

const tags = ["Predictions"];

const trainingShape = z.object({
  machine: z.string(),
  phase: z.enum(["waiting", "reading", "learning", "storing"]),
  progress: z.number().describe("0 to 1"),
  started_ms: msField.nullable(),
  started: formerly(z.number().nullable(), "started_ms"),
}).meta({ id: "Training" });

const modelShape = z.object({
  machine: z.string(),
  version: z.number(),
  trained_ms: msField,
  age_ms: z.number(),
  sensors: z.array(z.string()),
  rows: z.number().describe("training size"),
  step_ms: z.number().describe("time between rows"),
  from_ms: msField.describe("epoch ms; first row of the training"),
  to_ms: msField,
  train_ms: z.number(),
  bytes: z.number(),
  notes: z.array(z.string()).describe("what was left out"),
  trained: oldMs("trained_ms"),
  from: oldMs("from_ms"),
  to: oldMs("to_ms"),
}).meta({ id: "Model" });

const statusShape = z.object({
  state: z.enum(["ready", "learning", "rules"])
    .describe("rules: no machine has a model yet"),
  machines: z.number(),
  models: z.array(modelShape).describe("the one in use of each machine"),
  without_model: z.array(z.string()).describe("machines that are judged by rules"),
  training: z.array(trainingShape),
  predictions: z.number().describe("looks taken since the start"),
  errors: z.number(),
  error_rate: z.number(),
  latency_ms: z.object({ p50: z.number(), p99: z.number() }).nullable(),
  trained: z.number().describe("models since the start"),
  trainings_failed: z.number(),
}).meta({ id: "PredictionStatus" });

const retrainedShape = z.object({
  queued: z.array(z.string()),
  cancelled: z.number(),
  training: z.array(trainingShape),
}).meta({ id: "Retraining" });

const logShape = z.object({
  id: z.number(),
  at_ms: msField,
  machine: z.string().nullable(),
  level: z.enum(["info", "warn", "error"]),
  message: z.string(),
  ts: oldMs("at_ms"),
}).meta({ id: "PredictionLogLine" });

export interface AiServices {
  predictions: Predictions;
  audit: Pick<Audit, "record">;
  clock: Clock;
}

/** `/api/ai/status`, `/api/ai/retrain`, `/api/ai/logs`. */
export function aiRoutes(services: AiServices): Route[] {
  const { predictions, clock } = services;
  return [
    route({
      method: "get",
      path: "/api/ai/status",
      policy: "viewer",
      summary: "Models in use, training, latency and errors of the predictions",
      tags,
      responses: { 200: { description: "The status", schema: statusShape } },
      handler: async () => Response.json(await statusJson(predictions, clock.now())),
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
          schema: retrainedShape,
        },
        404: { description: "There is no such machine" },
      },
      handler: async (context) => {
        const { machine, cancel } = context.body;
        const actor = caller(context);
        const done = await retrain(services, actor, machine, cancel === true);
        return Response.json({ ...done, training: trainingJson(predictions) }, { status: 202 });
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
          schema: listOf(logShape),
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
  { predictions, audit }: Pick<AiServices, "predictions" | "audit">,
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

function trainingJson(predictions: Predictions): z.output<typeof trainingShape>[] {
  return predictions.training().map(({ startedMs, ...t }) => ({
    ...t,
    started_ms: startedMs,
    started: startedMs,
  }));
}

async function statusJson(
  predictions: Predictions,
  nowMs: number,
): Promise<z.output<typeof statusShape>> {
  const all = await predictions.store.models();
  const newest = all.filter((m, i) => all[i - 1]?.machine !== m.machine);
  const status = predictions.status();
  const training = trainingJson(predictions);
  const modelled = new Set(newest.map((m) => m.machine));
  const looks = status.predictions + status.errors;
  return {
    state: training.length > 0 ? "learning" : newest.length > 0 ? "ready" : "rules",
    machines: status.machines,
    models: newest.map((m) => ({
      machine: m.machine,
      version: m.version,
      trained_ms: m.createdMs,
      age_ms: Math.max(0, nowMs - m.createdMs),
      sensors: m.sensors,
      rows: m.rows,
      step_ms: m.stepMs,
      from_ms: m.fromMs,
      to_ms: m.toMs,
      train_ms: m.trainMs,
      bytes: m.bytes,
      notes: m.notes,
      trained: m.createdMs,
      from: m.fromMs,
      to: m.toMs,
    })),
    without_model: predictions.machines().filter((name) => !modelled.has(name)),
    training,
    predictions: status.predictions,
    errors: status.errors,
    error_rate: looks === 0 ? 0 : status.errors / looks,
    latency_ms: status.latencyMs,
    trained: status.trained,
    trainings_failed: status.trainingsFailed,
  };
}
