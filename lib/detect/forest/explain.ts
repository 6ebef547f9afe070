/**
 * From a judgement to what a person can use: class, confidence, what to do, and which features and
 * sensors it came from, against their normal ranges.
 */
import { plain } from "../../words/numbers.ts";
import { FEATURE_COUNT, FEATURES } from "./features.ts";
import { excess, type Judgement, type MachineModel, type Range } from "./machine.ts";

export type MachineClass = "normal" | "warning" | "critical";

/** Scores from here on. Critical is twice the distance of a warning. */
export const WARNING_SCORE = 0.5;
export const CRITICAL_SCORE = 2 / 3;

/** One feature's part in a prediction. */
export interface FeaturePart extends Range {
  name: string;
  about: string;
  value: number;
  /** 0..1; the parts of all features sum to 1, or are all 0 in a usual state. */
  contribution: number;
  /** The sensor that made the feature; null: all of them. */
  sensor: string | null;
  outside: boolean;
}

export interface SensorPart extends Range {
  name: string;
  value: number;
  contribution: number;
  outside: boolean;
}

export interface Prediction {
  score: number;
  class: MachineClass;
  /** 0..1: how sure the class is; grows with training and with the distance from the class's edge. */
  confidence: number;
  action: string;
  /** One sentence: what it is mostly about. */
  summary: string;
  forestScore: number;
  whitenedDistance: number;
  tSquared: number;
  q: number;
  features: FeaturePart[];
  sensors: SensorPart[];
}

export function classOf(score: number): MachineClass {
  return score >= CRITICAL_SCORE ? "critical" : score >= WARNING_SCORE ? "warning" : "normal";
}

/** The whole prediction with its explanation, parts sorted by contribution. */
export function explain(model: MachineModel, judgement: Judgement): Prediction {
  const { score, distance } = judgement;
  const kind = classOf(score);
  const features = featureParts(model, judgement);
  const sensors = sensorParts(model, judgement, features);
  return {
    score,
    class: kind,
    confidence: confidence(model, score),
    action: actionFor(kind, sensors, features),
    summary: summaryOf(kind, sensors, features),
    forestScore: judgement.forest,
    whitenedDistance: distance.ratio,
    tSquared: distance.tSquared,
    q: distance.q,
    features,
    sensors,
  };
}

/**
 * A feature contributes what the forest's score would fall by if the feature were usual, plus what
 * it exceeds its normal range by: the first says what the model used, the second what a person sees.
 */
function featureParts(model: MachineModel, judgement: Judgement): FeaturePart[] {
  const { values, sensor } = judgement.features;
  const trials = new Float64Array(FEATURE_COUNT * FEATURE_COUNT);
  for (let f = 0; f < FEATURE_COUNT; f++) {
    trials.set(values, f * FEATURE_COUNT);
    trials[f * FEATURE_COUNT + f] = model.featureRanges[f].middle;
  }
  const without = model.forest.score(trials, FEATURE_COUNT);
  const weights = Float64Array.from(values, (value, f) => {
    const drop = Math.max(0, judgement.forest - without[f]);
    return 10 * drop + Math.log1p(beyond(value, model.featureRanges[f]));
  });
  const total = weights.reduce((a, b) => a + b, 0);
  return FEATURES.map(([name, about], f): FeaturePart => ({
    name,
    about,
    value: values[f],
    contribution: total > 0 ? weights[f] / total : 0,
    sensor: sensor[f] < 0 ? null : model.sensors[sensor[f]],
    outside: beyond(values[f], model.featureRanges[f]) > 0,
    ...model.featureRanges[f],
  })).sort((a, b) => b.contribution - a.contribution);
}

/** Sensors share what whitening and the forest's features ascribe to them, by how much each deviated. */
function sensorParts(
  model: MachineModel,
  judgement: Judgement,
  features: readonly FeaturePart[],
): SensorPart[] {
  const whitened = judgement.shares;
  const weightOfForest = judgement.forestRatio /
    (judgement.forestRatio + judgement.distance.ratio + 1e-9);
  const named = features.filter((f) => f.sensor !== null);
  const namedTotal = named.reduce((sum, f) => sum + f.contribution, 0);
  const byFeatures = (name: string) =>
    namedTotal === 0
      ? 0
      : named.filter((f) => f.sensor === name).reduce((s, f) => s + f.contribution, 0) / namedTotal;
  const parts = model.sensors.map((name, c): SensorPart => ({
    name,
    value: judgement.row[c],
    contribution: (1 - weightOfForest) * whitened[c] + weightOfForest * byFeatures(name),
    outside: beyond(judgement.row[c], model.sensorRanges[c]) > 0,
    ...model.sensorRanges[c],
  }));
  return parts.sort((a, b) => b.contribution - a.contribution);
}

/** Distance outside a range, in widths of half of it; 0 inside. */
function beyond(value: number, range: Range): number {
  if (!Number.isFinite(value)) return 0;
  const up = value > range.high ? excess(value, range) - 1 : 0;
  const mirrored = { low: -range.high, middle: -range.middle, high: -range.low };
  const down = value < range.low ? excess(-value, mirrored) - 1 : 0;
  return Math.max(up, down, 0);
}

function confidence(model: MachineModel, score: number): number {
  // A thousand windows of training are much, a handful is little.
  const windows = model.trainedRows / model.window;
  const trained = windows / (windows + 10);
  const edges = [WARNING_SCORE, CRITICAL_SCORE];
  const margin = Math.min(...edges.map((edge) => Math.abs(score - edge)));
  return trained * (0.5 + 0.5 * Math.min(1, margin / 0.15));
}

function actionFor(
  kind: MachineClass,
  sensors: readonly SensorPart[],
  features: readonly FeaturePart[],
): string {
  if (kind === "normal") return "Nothing to do";
  const first = sensors[0].name;
  const feature = features[0];
  const still = feature.name === "smallest_activity" || feature.name === "smallest_spread";
  const torn = feature.name === "q_residual" || feature.name === "coupling_change";
  const look = still
    ? `Check whether ${feature.sensor ?? first} still measures: it has gone quiet`
    : torn
    ? `Compare ${first} with the other sensors: they no longer move together as they did`
    : `Inspect what ${first} measures`;
  return kind === "critical" ? `${look}; consider stopping the machine until that is done` : look;
}

function summaryOf(
  kind: MachineClass,
  sensors: readonly SensorPart[],
  features: readonly FeaturePart[],
): string {
  const [s] = sensors, [f] = features;
  if (kind === "normal") return "The machine runs as it did in training";
  const where = s.outside
    ? `${s.name} at ${plain(s.value)}, usually ${plain(s.low)} to ${plain(s.high)}`
    : `${s.name} at ${plain(s.value)}, within its own range but not with the others`;
  return `${where}; most telling: ${f.about} ${plain(f.value)}, ` +
    `usually ${plain(f.low)} to ${plain(f.high)}`;
}
