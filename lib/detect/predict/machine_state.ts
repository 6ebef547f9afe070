import type { Sensor } from "../../machines/sensor.ts";
import { loadMachine, type MachineModel, MachineWatch } from "../forest/machine.ts";
import { explain } from "../forest/explain.ts";
import { type History, recentRows, STEPS_MS } from "./history.ts";
import type { PredictStore } from "./predict_store.ts";
import type { RowFeed } from "./row_feed.ts";
import type { ModelInfo, Outlook, StoredOutlook } from "./shapes.ts";

/** A machine that is followed with its model. */
export interface Followed {
  info: ModelInfo;
  model: MachineModel;
  watch: MachineWatch;
  /** Storage numbers of the model's sensors, in the order of its columns. */
  nums: number[];
  /** When the next row is due. */
  dueMs: number;
}

/** What a model makes of the newest row. */
export type ModelVerdict = Pick<
  Outlook,
  "class" | "score" | "confidence" | "action" | "summary" | "sensors" | "features" | "shift"
>;

/**
 * Loads a model and shows it the recent past, so that it can judge at once; what it had come to call usual goes on
 * from the machine's stored outlook. Null when the model is gone or its sensors no longer are.
 * @throws StateError when the bytes are damaged or of another version.
 */
export async function follow(
  deps: { store: PredictStore; readings: History },
  info: ModelInfo,
  sensors: readonly Sensor[],
  stored: StoredOutlook | null,
  nowMs: number,
  signal: AbortSignal,
): Promise<Followed | null> {
  const bytes = await deps.store.bytesOf(info.id);
  const columns = info.sensors.map((name) => sensors.find((s) => s.name === name));
  if (bytes === null || !columns.every((s) => s !== undefined)) return null;
  const model = loadMachine(bytes);
  const watch = new MachineWatch(model);
  if (stored?.modelVersion === info.version) watch.startFrom(stored.shift ?? []);
  const rows = await recentRows(deps.readings, columns, {
    toMs: nowMs,
    count: 2 * model.window,
    stepMs: info.stepMs,
    signal,
  });
  for (const row of rows) watch.take(row);
  const nums = columns.map((s) => s.num);
  return { info, model, watch, nums, dueMs: nextStep(nowMs, info.stepMs) };
}

/** Takes the row that is due; null while nothing came or the window is not full. */
export function stepModel(
  followed: Followed,
  feed: RowFeed,
  nowMs: number,
): ModelVerdict | null {
  followed.dueMs = nextStep(nowMs, followed.info.stepMs);
  const row = feed.take(followed.nums);
  if (!row.some(Number.isFinite)) return null;
  const judgement = followed.watch.take(row);
  if (judgement === null) return null;
  const { features, ...verdict } = explain(followed.model, judgement);
  return {
    class: verdict.class,
    score: verdict.score,
    confidence: verdict.confidence,
    action: verdict.action,
    summary: verdict.summary,
    shift: followed.watch.shift,
    sensors: verdict.sensors,
    features: features.map(({ name, about, value, contribution, sensor, outside, ...range }) => ({
      name,
      about,
      value,
      contribution,
      sensor,
      outside,
      low: range.low,
      middle: range.middle,
      high: range.high,
    })),
  };
}

export function nextStep(nowMs: number, stepMs: number = STEPS_MS[0]): number {
  return (Math.floor(nowMs / stepMs) + 1) * stepMs;
}
