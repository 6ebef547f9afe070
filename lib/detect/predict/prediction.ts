/** Predictions as API and pages show them. */
import { z } from "zod";
import { msField, oldMs } from "../../base/wire.ts";
import { type Verdict, VERDICTS } from "../../words/verdict.ts";
import type { MachineDirectory, SensorDirectory } from "../../machines/sensor.ts";
import { machineTitleAt } from "../../words/names.ts";
import { lifeWords } from "./life_words.ts";
import { isLearning } from "./rules.ts";
import type { LifeNote, Outlook, SensorShare } from "./shapes.ts";

export const MACHINE_CLASSES = ["normal", "warning", "critical"] as const;
export const PREDICTION_SOURCES = ["model", "rules"] as const;

const remainingLifeShape = z.object({
  known: z.boolean(),
  text: z.string(),
  sentence: z.string().describe("the same with names and units of today"),
  sensor: z.string().nullable().describe("that reaches its limit first"),
  machines: z.number().nullable().describe("of this kind that failed, which it is learned from"),
  limit: z.number().nullable(),
  remaining_ms: z.number().nullable(),
  low_ms: z.number().nullable().describe("90 % interval; with machines: 80 %"),
  high_ms: z.number().nullable().describe("null when known: without end"),
  crossed_ms: msField.nullable().describe("since when that limit is crossed"),
  confidence: z.number().nullable(),
}).meta({ id: "RemainingLife" });

export const predictionShape = z.object({
  id: z.string().nullable().describe("of the stored prediction it goes with"),
  machine: z.string(),
  machine_name: z.string().describe("what people call it"),
  at_ms: msField,
  class: z.enum(MACHINE_CLASSES),
  score: z.number().describe("0 to 1: a warning begins at 0.5, critical at 2/3"),
  confidence: z.number().describe("0 to 1"),
  learning: z.boolean().describe("what is usual is not known yet: only limits are judged"),
  action: z.string().describe("what to do"),
  summary: z.string(),
  source: z.enum(PREDICTION_SOURCES).describe("rules until a model is ready"),
  model_version: z.number().nullable(),
  feedback: z.enum(VERDICTS).nullable().describe("the latest verdict of a person"),
  remaining_life: remainingLifeShape,
  ts: oldMs("at_ms"),
}).meta({ id: "Prediction" });
export type Prediction = z.output<typeof predictionShape>;

const shareShape = z.object({
  name: z.string(),
  value: z.number().nullable(),
  contribution: z.number().describe("0 to 1; all together 1, or all 0 when nothing is unusual"),
  low: z.number().nullable().describe("normal range"),
  middle: z.number().nullable(),
  high: z.number().nullable(),
  outside: z.boolean(),
}).meta({ id: "SensorShare" });

const featureShareShape = shareShape.extend({
  about: z.string(),
  sensor: z.string().nullable().describe("that made the feature; null: all of them"),
}).meta({ id: "FeatureShare" });

/** A prediction with its reasons. */
export const explanationShape = predictionShape.extend({
  sensors: z.array(shareShape).describe("each in its own unit, the most significant first"),
  features: z.array(featureShareShape).describe("empty for predictions by rules"),
}).meta({ id: "PredictionExplanation" });

/** What is called how at the moment. */
export interface PredictionNames {
  machines: Pick<MachineDirectory, "find">;
  sensors: Pick<SensorDirectory, "find">;
}

type Shown = Outlook & { id: number | null; verdict?: Verdict | null };

export function predictionOf(o: Shown, names: PredictionNames, nowMs: number): Prediction {
  return {
    id: o.id === null ? null : String(o.id),
    machine: o.machine,
    machine_name: machineTitleAt(names.machines, o.machine),
    at_ms: o.tMs,
    class: o.class,
    score: o.score,
    confidence: o.confidence,
    learning: isLearning(o),
    action: o.action,
    summary: o.summary,
    source: o.source,
    model_version: o.modelVersion,
    feedback: o.verdict ?? null,
    remaining_life: {
      ...remainingLifeOf(o.life),
      sentence: lifeWords(o.life, names.sensors, nowMs),
    },
    ts: o.tMs,
  };
}

export function explanationOf(
  o: Shown,
  names: PredictionNames,
  nowMs: number,
): z.output<typeof explanationShape> {
  return {
    ...predictionOf(o, names, nowMs),
    sensors: o.sensors.map(shareOf),
    features: o.features.map((f) => ({ ...shareOf(f), about: f.about, sensor: f.sensor })),
  };
}

function remainingLifeOf(life: LifeNote): Omit<z.output<typeof remainingLifeShape>, "sentence"> {
  const none = {
    sensor: null,
    limit: null,
    machines: null,
    remaining_ms: null,
    low_ms: null,
    high_ms: null,
    crossed_ms: null,
  };
  if (!life.known) return { known: false, text: life.text, ...none, confidence: null };
  const by = "machines" in life
    ? { sensor: null, limit: null, machines: life.machines, crossed_ms: null }
    : {
      sensor: life.sensor,
      limit: life.limit,
      machines: null,
      crossed_ms: life.crossedMs ?? null,
    };
  return {
    known: true,
    text: life.text,
    ...by,
    remaining_ms: life.remainingMs,
    low_ms: life.lowMs,
    high_ms: life.highMs,
    confidence: life.confidence,
  };
}

function shareOf(share: SensorShare): z.output<typeof shareShape> {
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
