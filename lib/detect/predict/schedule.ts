import type { Clock } from "../../base/clock.ts";
import { DAY_MS } from "../../words/times.ts";
import type { MachineClass } from "../forest/explain.ts";
import type { FeedbackStore, LastJudged } from "./feedback_store.ts";
import type { PredictStore } from "./predict_store.ts";
import type { ModelInfo } from "./shapes.ts";

/** Where the schedule looks first, and how often then. */
const FIRST_MS = 60_000;
const EVERY_MS = 60_000;
/** After a training that failed. */
const AGAIN_MS = 30 * 60_000;
/** A model is not replaced by itself before this age. */
const YOUNGEST_MS = 3_600_000;

/**
 * Why a machine should be trained now, or null. A first model as soon as possible; a young one again
 * when its history has doubled or people judged what was found; an old one after `retrainDays` (0: never).
 * Not while the machine is unusual, which would make the unusual usual, unless that was called a false
 * alarm: then it is to be.
 */
export function trainingDue(
  model: Pick<ModelInfo, "createdMs" | "fromMs" | "toMs"> | null,
  { nowMs, retrainDays, kind, judged }: {
    nowMs: number;
    retrainDays: number;
    kind: MachineClass;
    judged?: LastJudged;
  },
): string | null {
  if (model === null) return "the machine has no model";
  if (retrainDays === 0) return null;
  if (judged !== undefined && judged.falseAlarmMs > model.createdMs) {
    return "something was called a false alarm";
  }
  if (kind !== "normal") return null;
  if (judged !== undefined && judged.ms > model.createdMs) {
    return "something was called a real fault";
  }
  const ageMs = nowMs - model.createdMs;
  if (ageMs >= retrainDays * DAY_MS) return `the model is ${Math.floor(ageMs / DAY_MS)} days old`;
  const spanMs = Math.max(YOUNGEST_MS, model.toMs - model.fromMs);
  const young = spanMs < Math.min(retrainDays, 2) * DAY_MS;
  return young && ageMs >= spanMs ? "the history is twice as long as it was" : null;
}

export interface Schedule {
  /** Not before half an hour from now. */
  failed(machine: string): void;
  run(signal: AbortSignal): Promise<void>;
}

export function createSchedule(deps: {
  clock: Clock;
  store: Pick<PredictStore, "models">;
  feedback: Pick<FeedbackStore, "lastJudged">;
  machines: () => string[];
  retrainDays: () => number;
  classOf: (machine: string) => MachineClass;
  request: (machine: string, why: string) => void;
}): Schedule {
  const { clock } = deps;
  const notBefore = new Map<string, number>();
  async function look(): Promise<void> {
    const models = Map.groupBy(await deps.store.models(), (m) => m.machine);
    const judged = await deps.feedback.lastJudged();
    const names = deps.machines();
    for (const name of notBefore.keys()) if (!names.includes(name)) notBefore.delete(name);
    for (const machine of names) {
      if (clock.monotonic() < (notBefore.get(machine) ?? -Infinity)) continue;
      const why = trainingDue(models.get(machine)?.[0] ?? null, {
        nowMs: clock.now(),
        retrainDays: deps.retrainDays(),
        kind: deps.classOf(machine),
        judged: judged.get(machine),
      });
      if (why !== null) deps.request(machine, why);
    }
  }
  return {
    failed: (machine) => void notBefore.set(machine, clock.monotonic() + AGAIN_MS),
    async run(signal) {
      await clock.sleep(FIRST_MS, signal);
      for (;;) {
        await look();
        await clock.sleep(EVERY_MS, signal);
      }
    },
  };
}
