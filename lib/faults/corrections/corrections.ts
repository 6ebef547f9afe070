/**
 * Corrections: proposed, shown, approved by a person, applied, watched and rolled back.
 *
 * DESIGN. A correction is a row, and each step is one transaction with its event and its audit row. In front of the
 * change a copy of the file is kept; then the row says `applying`; then the file is written (temporary file, fsync,
 * rename) and the row says `watching`. Whatever ends Perch in between, the file is the one before or the one after, and
 * the next start sees which (`decideResumption`) and finishes what was begun or says that it was not. Everything that
 * changes something runs one at a time; what takes long (a model that thinks, texts that are tried) does not.
 */
import { PerchError } from "../../base/errors.ts";
import type { Task } from "../../base/supervisor.ts";
import { createTurns } from "../../base/turns.ts";
import { createWake } from "../../base/wake.ts";
import { DAY_MS } from "../../words/times.ts";
import { componentOf, createApplying } from "./applying.ts";
import { type Correction, UNDER_WAY } from "./correction.ts";
import { createCorrectionStore } from "./correction_store.ts";
import { type Asker, decideApproval, decideRollBack, type Now, ROLL_BACK_MS } from "./decide.ts";
import type { By, CorrectionsDeps } from "./deps.ts";
import { sha256 } from "./hash.ts";
import { createPlaces } from "./places.ts";
import { createProposals, type Proposed } from "./proposals.ts";
import { createShown } from "./shown.ts";
import { createSteps } from "./steps.ts";
import { createWatching } from "./watching.ts";

/** What an approval is: whose, of exactly what. */
export interface Approval {
  diffHash: string;
  asker: Omit<Asker, "shownMs">;
  /** By which they are known to have been shown it. */
  person: string;
  by: By;
}

export interface Corrections {
  /** Finishes or takes back what an end cut off. Before anything works. */
  load(): Promise<void>;
  task: Task;
  /** One look: outdated ones, watched ones, faults without a proposal. */
  look(): Promise<void>;
  /** Faults changed: for a new one a correction is looked for at once, and those that are watched are judged. */
  hear(): void;
  /** Those of a fault, newest first. */
  ofFault(faultId: number): Promise<Correction[]>;
  /** Why there is no proposal for it, as far as one was looked for; null: none was, or there is one. */
  reason(faultId: number): string | null;
  /** Notes that a person sees these now: an approval is for what was shown. */
  show(corrections: readonly Correction[], person: string): void;
  /**
   * The open proposal of a fault, or a new one. `anew`: another one, in the place of the open one.
   * @throws PerchError `not_found`, `conflict`, `rate_limited`
   */
  propose(faultId: number, by: By | null, anew?: boolean): Promise<Proposed>;
  /** @throws PerchError `not_found`, `forbidden`, `conflict` */
  approve(faultId: number, approval: Approval): Promise<Correction>;
  /** @throws PerchError `not_found`, `forbidden`, `conflict` */
  rollBack(faultId: number, asker: Pick<Asker, "kind" | "role">, by: By): Promise<Correction>;
}

const LOOK_MS = 5_000;
const LISTED = 20;

export function createCorrections(deps: CorrectionsDeps): Corrections {
  const { db, clock, log, faults } = deps;
  const store = createCorrectionStore(db);
  const places = createPlaces(deps);
  const watching = createWatching(deps);
  const shown = createShown(clock);
  const oneAtATime = createTurns();
  const steps = createSteps(deps, store, places);
  const { write, ended, refreshed } = steps;
  const { apply, takeBack, finish } = createApplying(deps, { steps, places, watching });
  const proposals = createProposals({ ...deps, store, refreshed, write });

  async function now(one: Correction): Promise<Now> {
    const underWay = await store.inStates(UNDER_WAY);
    return {
      nowMs: clock.now(),
      hash: await places.hash(one.target),
      busy: underWay.some(({ id, target }) => target === one.target && id !== one.id),
    };
  }

  /** The newest one of a fault, or the newest that is in one of the states. */
  async function need(faultId: number, ...states: Correction["state"][]): Promise<Correction> {
    const all = await store.ofFault(faultId, LISTED);
    const one = all.find(({ state }) => states.includes(state)) ?? all.at(0);
    if (one === undefined) {
      throw new PerchError("not_found", `nothing was proposed for the fault ${faultId}`);
    }
    return one;
  }

  async function judgeWatched(id: number): Promise<void> {
    const one = await store.find(id);
    if (one === null || one.state !== "watching") return watching.end(id);
    const component = componentOf(one.target)!;
    const pause = faults.paused().find((each) => each.component === component);
    // What a person pauses says nothing of the correction.
    if (pause?.fault?.type === "paused") return;
    const verdict = watching.judge(id, pause !== undefined);
    if (verdict === null || verdict.say === "wait") return;
    if (verdict.say === "kept") {
      watching.end(id);
      await write("kept", ended(one, "kept", verdict.why), null);
    } else if (await places.hash(one.target) === sha256(one.after)) {
      await takeBack(one, verdict.why, null);
    } else {
      watching.end(id);
      await finish(one);
    }
  }

  /** What could not be written when it was done. */
  async function finishAgain({ id }: Correction): Promise<void> {
    const one = await store.find(id);
    if (one?.state === "applying") await finish(one);
  }

  async function watch(): Promise<void> {
    watching.note();
    if (!proposals.any()) return;
    for (const one of await store.inStates(["proposed"])) await refreshed(one);
    for (const one of await store.inStates(["applying"])) await oneAtATime(() => finishAgain(one));
    for (const id of watching.ids()) await oneAtATime(() => judgeWatched(id));
  }

  const news = createWake(clock);
  const changes = createWake(clock);
  /** Beside the watching: a model may think for long. */
  async function proposeByThemselves(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await proposals.byThemselves(signal);
      await news.sleep(LOOK_MS, signal);
    }
  }

  return {
    load: () =>
      oneAtATime(async () => {
        await proposals.load();
        for (const one of await store.inStates(UNDER_WAY)) {
          await finish(one).catch((error) =>
            log.warn(`the correction ${one.id} is not finished`, { error })
          );
        }
      }),
    async look() {
      await watch();
      await proposals.byThemselves();
    },
    hear() {
      news.now();
      changes.now();
    },
    task: {
      name: "corrections",
      async run(signal) {
        let failed: { error: unknown } | null = null;
        proposeByThemselves(signal).catch((error) => {
          failed = { error };
          changes.now();
        });
        for (let sweptMs = -Infinity;;) {
          await watch();
          if (clock.monotonic() - sweptMs > DAY_MS) {
            sweptMs = clock.monotonic();
            await places.sweep(deps.deletionMs() - ROLL_BACK_MS);
          }
          await changes.sleep(LOOK_MS, signal);
          // When one of the two ends in an error, the supervisor starts both anew.
          if (failed !== null) throw (failed as { error: unknown }).error;
        }
      },
    },
    ofFault: async (faultId) =>
      await Promise.all((await store.ofFault(faultId, LISTED)).map(refreshed)),
    reason: proposals.reason,
    show: (corrections, person) => {
      for (const one of corrections) if (one.state === "proposed") shown.note(one, person);
    },
    propose: (faultId, by, anew = false) => proposals.propose(faultId, by, anew),
    approve: (faultId, { diffHash, asker, person, by }) =>
      oneAtATime(async () => {
        const one = await need(faultId, "proposed");
        const known = { ...asker, shownMs: shown.at(one, person) };
        const decided = decideApproval(one, diffHash, known, await now(one));
        const about = [`correction:${one.id}`];
        if ("refused" in decided) {
          throw new PerchError(decided.refused, decided.reason, {
            about,
            ...(/^give your password/.test(decided.reason)
              ? { errors: [{ path: "password", message: decided.reason }] }
              : {}),
          });
        }
        if (decided.state === "outdated") {
          await refreshed(one);
          throw new PerchError("conflict", "what it would change was changed meanwhile", { about });
        }
        shown.forget(one);
        return await apply(one, by);
      }),
    rollBack: (faultId, asker, by) =>
      oneAtATime(async () => {
        const one = await need(faultId, "kept", "watching");
        const decided = decideRollBack(one, sha256(one.after), asker, await now(one));
        if ("refused" in decided) {
          throw new PerchError(decided.refused, decided.reason, {
            about: [`correction:${one.id}`],
          });
        }
        return await takeBack(one, `${by.name} took it back`, by);
      }),
  };
}
