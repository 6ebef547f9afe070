import type { Parts } from "../../app/parts.ts";
import type { Flow } from "./proposals.ts";

/** A running Perch is watched for so long. */
const WATCHED_MS = 5_000;
/** Fewer say little about a plant. */
const READINGS_LEAST = 10;

/** How readings come in: at the moment, else on the average of all that is stored. Nothing is assumed. */
export async function flowOf(
  { intake, storage, clock }: Pick<Parts, "intake" | "storage" | "clock">,
): Promise<Flow> {
  const before = intake.stats();
  if (before.stored > 0) {
    const beganMs = clock.monotonic();
    await clock.sleep(WATCHED_MS);
    const after = intake.stats();
    const seconds = (clock.monotonic() - beganMs) / 1000;
    const stored = after.stored - before.stored;
    if (stored >= READINGS_LEAST) {
      const commitsPerS = (after.groups - before.groups) / seconds;
      return { readingsPerS: stored / seconds, commitsPerS, from: "at the moment" };
    }
  }
  const { readings, oldestMs } = await storage.readings.stats();
  const ageS = oldestMs === null ? 0 : (clock.now() - oldestMs) / 1000;
  if (readings >= READINGS_LEAST && ageS > 0) {
    const from = "on the average of all that is stored";
    return { readingsPerS: readings / ageS, commitsPerS: null, from };
  }
  return { readingsPerS: 0, commitsPerS: null, from: "hardly any came yet" };
}
