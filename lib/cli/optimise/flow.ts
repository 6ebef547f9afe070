import type { HostReadings } from "../../app/host_readings.ts";
import type { Parts } from "../../app/parts.ts";
import type { Flow } from "./proposals.ts";

/** A running Perch is watched for so long. */
const WATCHED_MS = 5_000;
/** The host's readings are committed once a minute at most: of two looks one is without them. */
const LOOKS = 2;
/** Fewer say little about a plant. */
const READINGS_LEAST = 10;

type Watched = Pick<Parts, "intake" | "storage" | "clock">;

/**
 * How readings of the plant come in: at the moment, else on the average of all that is stored. Those of the host are
 * none of it: they come whatever is connected. Nothing is assumed.
 */
export async function flowOf(parts: Watched, own: HostReadings): Promise<Flow> {
  const moment = parts.intake.stats().stored > 0 ? await watch(parts, own) : null;
  if (moment !== null) return moment;
  const { readings: all, oldestMs } = await parts.storage.readings.stats();
  const readings = all - await own.stored();
  const ageS = oldestMs === null ? 0 : (parts.clock.now() - oldestMs) / 1000;
  if (readings >= READINGS_LEAST && ageS > 0) {
    const from = "on the average of all that is stored";
    return { readingsPerS: readings / ageS, commitsPerS: null, from };
  }
  return { readingsPerS: 0, commitsPerS: null, from: "hardly any came yet" };
}

/** Null: too few come at the moment. */
async function watch({ intake, clock }: Watched, own: HostReadings): Promise<Flow | null> {
  for (let look = 0; look < LOOKS; look++) {
    const [before, hostMs, beganMs] = [intake.stats(), own.newestMs(), clock.monotonic()];
    await clock.sleep(WATCHED_MS);
    if (own.newestMs() !== hostMs) continue;
    const after = intake.stats();
    const seconds = (clock.monotonic() - beganMs) / 1000;
    const stored = after.stored - before.stored;
    if (stored < READINGS_LEAST) return null;
    const commitsPerS = (after.groups - before.groups) / seconds;
    return { readingsPerS: stored / seconds, commitsPerS, from: "at the moment" };
  }
  return null;
}
