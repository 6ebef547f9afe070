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
  try {
    await ping(parts.storage.db);
    return null;
  } catch (error) {
    return error instanceof PerchError ? error.message : messageOf(error);
  }
}

/** Registers the parts of which the status of Perch is made. */
export function describeParts(
  components: Components,
  parts: Pick<Parts, "storage" | "storageTroubles" | "intake" | "sources">,
): void {
  const { storage, storageTroubles, intake, sources } = parts;
  if (storage.cuts.length > 0) {
    const detail = storage.cuts.map(cutText).join(" ");
    components.register("recovery", () => ({ health: "error", detail }));
  }
  components.register("storage", () => {
    const { health, detail } = storageTroubles.worst() ??
      { health: "ok", detail: "The database answers." };
    return { health, detail };
  });
  components.register("intake", () => {
    const { failing, queued, ratePerS } = intake.stats();
    return failing === null
      ? { health: "ok", detail: `${ratePerS.toFixed(1)} readings/s, ${queued} waiting for commit.` }
      : { health: "error", detail: failing };
  });
  for (const source of sources) {
    components.register(source.name, () => {
      const { state, detail } = source.state();
      const good = state === "connected" || state === "listening";
      return { health: good ? "ok" : state === "error" ? "error" : "degraded", detail };
    });
  }
}
