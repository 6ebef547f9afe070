/** Writes a step of a correction: the row, its event and its audit row in one transaction. */
import type { SqlStatement } from "../../db/client.ts";
import type { Correction } from "./correction.ts";
import { correctionEvent, type CorrectionStep } from "./correction_events.ts";
import type { CorrectionStore } from "./correction_store.ts";
import { decideOutdated } from "./decide.ts";
import type { By, CorrectionsDeps } from "./deps.ts";
import type { Places } from "./places.ts";

export interface Steps {
  written(step: CorrectionStep, one: Correction, by: By | null): SqlStatement[];
  write(step: CorrectionStep, one: Correction, by: By | null): Promise<Correction>;
  /** It ends so, and why. */
  ended(one: Correction, state: Correction["state"], outcome: string): Correction;
  /** As it is now: what is proposed for a text that is gone is outdated. */
  refreshed(one: Correction): Promise<Correction>;
}

/** Of so many it is known that they were said to be outdated. */
const REMEMBERED = 100;

export function createSteps(
  { db, clock, events, ...deps }: Pick<CorrectionsDeps, "db" | "clock" | "events" | "audited">,
  store: CorrectionStore,
  places: Places,
): Steps {
  /** What a step writes: the row, its event, its audit row. */
  function written(step: CorrectionStep, one: Correction, by: By | null): SqlStatement[] {
    const { id, diffHash, target, outcome } = one;
    const audited = by?.audited ?? deps.audited;
    return [
      store.put(one),
      events.statement(correctionEvent(step, one, { tMs: clock.now(), by: by?.name ?? null })),
      audited({
        action: `correction.${step}`,
        resource: `correction:${id}`,
        after: { target, diff_hash: diffHash, state: one.state, ...(outcome ? { outcome } : {}) },
        // Later steps of the same request only record; who was faster is decided by the first.
        ...(step === "applied" || by === null ? { touches: [] } : {}),
      }),
    ];
  }

  async function write(step: CorrectionStep, one: Correction, by: By | null): Promise<Correction> {
    await db.write(written(step, one, by));
    return one;
  }

  const ended: Steps["ended"] = (one, state, outcome) => ({
    ...one,
    state,
    outcome,
    endedMs: clock.now(),
  });

  /** Several may look at the same time: it is said once. */
  const outdated = new Map<number, Promise<Correction>>();

  /** What is proposed for a text that is gone is outdated. */
  async function refreshed(one: Correction): Promise<Correction> {
    if (one.state !== "proposed") return one;
    const hash = outdated.has(one.id) ? null : await places.hash(one.target);
    const known = outdated.get(one.id);
    if (known !== undefined) return await known;
    const next = decideOutdated(one, hash);
    if (next === null) return one;
    const gone = write("outdated", ended(one, next, "what it would change was changed"), null);
    outdated.set(one.id, gone);
    gone.catch(() => outdated.delete(one.id));
    if (outdated.size > REMEMBERED) outdated.delete(outdated.keys().next().value!);
    return await gone;
  }

  return { written, write, ended, refreshed };
}
