import type { Parts } from "../../app/parts.ts";
import type { Flow } from "./proposals.ts";

/** A Perch that stored fewer since its start says little about its plant. */
const READINGS_LEAST = 100;
/** Where nothing is known. */
const ASSUMED_PER_S = 10;

/** How readings come in: since the start, else on the average of all that is stored, else assumed. */
export async function flowOf(
  { intake, storage, clock, sinceMs }: Pick<Parts, "intake" | "storage" | "clock" | "sinceMs">,
): Promise<Flow> {
  const { stored, groups } = intake.stats();
  const now = await storage.readings.stats();
  const upS = (clock.now() - sinceMs) / 1000;
  if (stored >= READINGS_LEAST && upS > 0) {
    const from = "on the average since the start of Perch";
    return { readingsPerS: stored / upS, commitsPerS: groups / upS, from };
  }
  const ageS = now.oldestMs === null ? 0 : (clock.now() - now.oldestMs) / 1000;
  if (now.readings >= READINGS_LEAST && ageS > 0) {
    const from = "on the average of all that is stored";
    return { readingsPerS: now.readings / ageS, commitsPerS: null, from };
  }
  return { readingsPerS: ASSUMED_PER_S, commitsPerS: null, from: "assumed: hardly any came yet" };
}
