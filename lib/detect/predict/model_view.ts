/** Models and their training as the API shows them. */
import { z } from "zod";
import { formerly, msField, oldMs } from "../../base/wire.ts";
import type { Predictions } from "./predictions.ts";

/** A training that runs or waits. */
const trainingShape = z.object({
  machine: z.string(),
  phase: z.enum(["waiting", "reading", "learning", "storing"]),
  progress: z.number().describe("0 to 1"),
  started_ms: msField.nullable(),
  started: formerly(z.number().nullable(), "started_ms"),
}).meta({ id: "Training" });

/** A model. */
const modelShape = z.object({
  machine: z.string(),
  version: z.number(),
  trained_ms: msField,
  age_ms: z.number(),
  sensors: z.array(z.string()),
  rows: z.number().describe("training size"),
  step_ms: z.number().describe("time between rows"),
  from_ms: msField.describe("first row of the training"),
  to_ms: msField,
  train_ms: z.number(),
  bytes: z.number(),
  notes: z.array(z.string()).describe("what was left out"),
  trained: oldMs("trained_ms"),
  from: oldMs("from_ms"),
  to: oldMs("to_ms"),
}).meta({ id: "Model" });

/** How the predictions are doing. */
export const predictionStatusShape = z.object({
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

/** What became of a wish to train. */
export const retrainingShape = z.object({
  queued: z.array(z.string()),
  cancelled: z.number(),
  training: z.array(trainingShape),
}).meta({ id: "Retraining" });

/** A line of what training and predictions did. */
export const predictionLogShape = z.object({
  id: z.number(),
  at_ms: msField,
  machine: z.string().nullable(),
  level: z.enum(["info", "warn", "error"]),
  message: z.string(),
  ts: oldMs("at_ms"),
}).meta({ id: "PredictionLogLine" });

/** The trainings that run or wait. */
export function trainingsOf(predictions: Predictions): z.output<typeof trainingShape>[] {
  return predictions.training().map(({ startedMs, ...t }) => ({
    ...t,
    started_ms: startedMs,
    started: startedMs,
  }));
}

/** The status, with the newest model of each machine. */
export async function predictionStatusOf(
  predictions: Predictions,
  nowMs: number,
): Promise<z.output<typeof predictionStatusShape>> {
  const all = await predictions.store.models();
  const newest = all.filter((m, i) => all[i - 1]?.machine !== m.machine);
  const status = predictions.status();
  const training = trainingsOf(predictions);
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
