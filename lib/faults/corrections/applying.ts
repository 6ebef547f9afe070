/** Puts a correction in place, takes it back, and finishes what an end of Perch cut off. */
import { messageOf, PerchError } from "../../base/errors.ts";
import { type Correction } from "./correction.ts";
import { decideResumption } from "./decide.ts";
import type { By, CorrectionsDeps } from "./deps.ts";
import { sha256 } from "./hash.ts";
import type { Places } from "./places.ts";
import type { Steps } from "./steps.ts";
import { parseTarget } from "./targets.ts";
import type { Watching } from "./watching.ts";

export interface Applying {
  /** One that was approved. */
  apply(one: Correction, by: By): Promise<Correction>;
  takeBack(one: Correction, why: string, by: By | null): Promise<Correction>;
  /** One that is under way and of which nobody takes care. */
  finish(one: Correction): Promise<void>;
}

export function createApplying(
  { clock, log, faults, ...deps }: CorrectionsDeps,
  { steps, places, watching }: { steps: Steps; places: Places; watching: Watching },
): Applying {
  const { written, write, ended } = steps;

  async function apply(one: Correction, by: By): Promise<Correction> {
    const wasPaused = isPaused(componentOf(one.target));
    await places.backUp(one.target, one.id, one.before);
    const applying: Correction = {
      ...one,
      state: "applying",
      approver: by.name,
      approvedMs: clock.now(),
    };
    await write("approved", applying, by);
    const component = componentOf(one.target);
    const applied: Correction = component === null
      ? { ...ended(applying, "kept", "the setting is in force"), appliedMs: clock.now() }
      : { ...applying, state: "watching", appliedMs: clock.now() };
    try {
      await places.write(one.target, {
        expectedHash: one.baseHash,
        text: one.after,
        actor: by.name,
        reason: `correction ${one.id}`,
        also: written("applied", applied, by),
      });
    } catch (error) {
      // The file may be written although its row is not.
      if (await places.hash(one.target).catch(() => null) !== sha256(one.after)) {
        await write("failed", ended(applying, "failed", messageOf(error)), by);
        throw error;
      }
      await write("applied", applied, by);
    }
    if (component !== null) {
      watching.begin(one.id, component, !wasPaused);
      await resume(component, by);
    }
    return applied;
  }

  const isPaused = (component: string | null) =>
    faults.paused().some((each) => each.component === component);

  /** What was paused because of the fault goes on. */
  async function resume(component: string, { name, audited }: By): Promise<void> {
    try {
      await faults.resume(component, { name, audited, reason: "its correction was applied" });
    } catch (error) {
      if (error instanceof PerchError && /conflict|not_found/.test(error.code)) return;
      log.warn(`${component} was corrected and is not resumed`, { error });
    }
  }

  /** The file is as it was before. */
  async function takeBack(one: Correction, why: string, by: By | null): Promise<Correction> {
    watching.end(one.id);
    const component = componentOf(one.target);
    const done = ended(one, "rolled_back", why);
    if (await places.hash(one.target) === one.baseHash) {
      // It was taken back before, and that could not be written.
      await write("rolled_back", done, by);
    } else if (component === null) {
      // What was stored before is not allowed: the default was in force.
      const also = written("rolled_back", done, by);
      const found = parseTarget(one.target) as { setting: string };
      await deps.settings.set(found.setting, null, by?.name ?? "Perch", also);
    } else {
      await places.write(one.target, {
        expectedHash: sha256(one.after),
        text: one.before,
        actor: by?.name ?? "Perch",
        reason: `correction ${one.id} rolled back`,
        also: written("rolled_back", done, by),
      });
    }
    return done;
  }

  async function finish(one: Correction): Promise<void> {
    const component = componentOf(one.target);
    const hash = await places.hash(one.target);
    const state = decideResumption(one, sha256(one.after), hash);
    if (state === "watching" && component === null) {
      await write("kept", ended(one, "kept", "the setting is in force"), null);
    } else if (state === "watching") {
      if (one.state === "applying") {
        await write("applied", { ...one, state, appliedMs: one.appliedMs ?? clock.now() }, null);
        const by = { name: one.approver ?? "Perch", audited: deps.audited };
        await resume(component!, by);
      }
      watching.begin(one.id, component!, false);
    } else if (state === "rolled_back") {
      await write("rolled_back", ended(one, state, "Perch ended while it was taken back"), null);
    } else if (state === "failed") {
      const why = hash === one.baseHash
        ? "Perch ended before it was in place; the file is as it was"
        : "the file was changed meanwhile";
      await write("failed", ended(one, state, why), null);
    } else if (state === "kept") {
      await write("kept", ended(one, state, "the file was changed again since"), null);
    }
  }

  return { apply, takeBack, finish };
}

/** The part of Perch that runs what it changes; null: a setting. */
export function componentOf(target: string): string | null {
  const found = parseTarget(target);
  return found !== null && "script" in found ? `${found.script.kind}:${found.script.name}` : null;
}
