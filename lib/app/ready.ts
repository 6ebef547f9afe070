import type { Foundation } from "./foundation.ts";
import type { Parts } from "./parts.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import { ping } from "../db/quick_check.ts";
import type { Components } from "../live/components.ts";
import { cutText } from "./storage_files.ts";

/** Null when a reading could be stored now, else the reason. Does a round trip to the database. */
export async function notReady(parts: Parts): Promise<string | null> {
  const trouble = parts.storageTroubles.worst();
  if (trouble?.health === "error") return trouble.detail;
  const { failing } = parts.intake.stats();
  if (failing !== null) return failing;
  const paused = parts.intakePause.refusal();
  if (paused !== null) return paused.message;
  try {
    await ping(parts.storage.db);
    return null;
  } catch (error) {
    return error instanceof PerchError ? error.message : messageOf(error);
  }
}

/** What was stored and is not there at this start, in sentences; null: nothing is known to be lost. */
export function lostAtStart(
  { storage, restoredByItself }: Pick<Foundation, "storage" | "restoredByItself">,
): string | null {
  const all = storage.cuts.map(cutText);
  if (restoredByItself !== null) all.push(restoredByItself);
  return all.length === 0 ? null : all.join(" ");
}

/** Registers the parts of which the status of Perch is made. */
export function describeParts(
  components: Components,
  parts: Pick<Parts, "storageTroubles" | "intake" | "intakePause" | "sources"> & {
    lost: string | null;
  },
): void {
  const { lost, storageTroubles, intake, intakePause, sources } = parts;
  if (lost !== null) components.register("recovery", () => ({ health: "error", detail: lost }));
  components.register("storage", () => {
    const { health, detail } = storageTroubles.worst() ??
      { health: "ok", detail: "The database answers." };
    return { health, detail };
  });
  components.register("intake", () => {
    const { failing, queued, ratePerS } = intake.stats();
    const paused = intakePause.refusal();
    if (failing === null && paused !== null) return { health: "degraded", detail: paused.message };
    return failing === null
      ? { health: "ok", detail: `${ratePerS.toFixed(1)} readings/s, ${queued} waiting for commit.` }
      : { health: "error", detail: failing };
  });
  const stateOf = (source: Parts["sources"][number]) => {
    const { state, detail } = source.state();
    const good = state === "connected" || state === "listening";
    const health = good ? "ok" : state === "error" ? "error" : "degraded";
    return { name: source.name, health, detail } as const;
  };
  const first = [...sources];
  for (const source of first) components.register(source.name, () => stateOf(source));
  // One that somebody switches on later.
  components.registerAll(() => sources.filter((source) => !first.includes(source)).map(stateOf));
}
