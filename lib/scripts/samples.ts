import type { Log } from "../base/log.ts";
import { messageOf } from "../base/errors.ts";
import type { Database } from "../db/client.ts";
import { componentOf, type ScriptRef } from "./script.ts";
import type { Sample, ScriptsStore } from "./scripts_store.ts";

/** So many messages of each script are kept. */
export const SAMPLES_MOST = 20;
/** Longer ones are not. */
const SAMPLE_BYTES_MOST = 16_384;

/**
 * The latest messages of each script, in memory; they go to the disk rarely, as they are of use only when something
 * is wrong.
 */
export interface Samples {
  add(ref: ScriptRef, sample: Sample): void;
  /** The newest first. */
  of(ref: ScriptRef): Promise<Sample[]>;
  /** Writes those that are new: of one script, or of all. Never rejects. */
  flush(ref?: ScriptRef): Promise<void>;
  /** It is deleted. */
  forget(ref: ScriptRef): void;
}

interface Kept {
  ref: ScriptRef;
  /** The newest last. */
  samples: Sample[];
  fresh: boolean;
}

export function createSamples(
  { db, store, log }: { db: Pick<Database, "write">; store: ScriptsStore; log: Log },
): Samples {
  const kept = new Map<string, Kept>();

  async function of(ref: ScriptRef): Promise<Sample[]> {
    const fresh = kept.get(componentOf(ref))?.samples.toReversed() ?? [];
    if (fresh.length >= SAMPLES_MOST) return fresh;
    const stored = await store.samples(ref);
    const known = new Set(fresh.map(({ tMs, topic }) => `${tMs} ${topic}`));
    const older = stored.filter(({ tMs, topic }) => !known.has(`${tMs} ${topic}`));
    return [...fresh, ...older].slice(0, SAMPLES_MOST);
  }
  return {
    add(ref, sample) {
      if (sample.payload.length > SAMPLE_BYTES_MOST) return;
      const key = componentOf(ref);
      let entry = kept.get(key);
      if (entry === undefined) kept.set(key, entry = { ref, samples: [], fresh: true });
      entry.samples.push(sample);
      if (entry.samples.length > SAMPLES_MOST) entry.samples.shift();
      entry.fresh = true;
    },
    of,
    async flush(ref) {
      const wanted = ref === undefined ? [...kept.values()] : [kept.get(componentOf(ref))];
      for (const entry of wanted) {
        if (entry === undefined || !entry.fresh) continue;
        entry.fresh = false;
        try {
          await db.write(store.putSamples(entry.ref, await of(entry.ref)));
        } catch (error) {
          entry.fresh = true;
          log.warn("messages to try scripts on were not kept", { error: messageOf(error) });
          return;
        }
      }
    },
    forget: (ref) => void kept.delete(componentOf(ref)),
  };
}
