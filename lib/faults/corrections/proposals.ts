/** Has corrections proposed: for people who ask, and by itself for what stands; bounded per fault. */
import { messageOf, PerchError } from "../../base/errors.ts";
import { DAY_MS } from "../../words/times.ts";
import type { Correction } from "./correction.ts";
import { UNDER_WAY } from "./correction.ts";
import type { CorrectionStep } from "./correction_events.ts";
import type { CorrectionStore } from "./correction_store.ts";
import type { By, CorrectionsDeps } from "./deps.ts";
import type { Asked, NoProposal, Proposal } from "./propose.ts";
import { parseTarget, targetOf } from "./targets.ts";

/** A proposal, or why there is none that is safe. */
export type Proposed = { correction: Correction } | { correction: null; reason: string };

export interface Proposals {
  load(): Promise<void>;
  /** Something was proposed at some time. */
  any(): boolean;
  reason(faultId: number): string | null;
  propose(faultId: number, by: By | null, anew: boolean): Promise<Proposed>;
  /** For open faults of scripts for which nothing was tried so far. Never rejects. */
  byThemselves(signal?: AbortSignal): Promise<void>;
}

interface ProposalsDeps extends CorrectionsDeps {
  store: CorrectionStore;
  refreshed(one: Correction): Promise<Correction>;
  write(step: CorrectionStep, one: Correction, by: By | null): Promise<Correction>;
}

/** Of one fault so many are proposed within a day. */
const MOST_PER_DAY = 3;
/** What kinds of fault of a script are looked at without being asked. */
const OF_SCRIPTS = /^(syntax|contract|runtime|shape|time|memory|output)/;
const REASONS_MOST = 200;

export function createProposals(deps: ProposalsDeps): Proposals {
  const { clock, log, store, scripts, settings, faults, refreshed, write } = deps;
  const running = new Map<number, Promise<Proposed>>();
  const reasons = new Map<number, string>();
  /** Text for which nothing more is tried without being asked. */
  const tried = new Map<number, string>();
  let lastId = 0;

  function noted(faultId: number, reason: string): Proposed {
    reasons.set(faultId, reason);
    if (reasons.size > REASONS_MOST) reasons.delete(reasons.keys().next().value!);
    return { correction: null, reason };
  }

  async function propose(
    faultId: number,
    by: By | null,
    anew: boolean,
    signal?: AbortSignal,
  ): Promise<Proposed> {
    const fault = await faults.get(faultId);
    if (fault === null) throw new PerchError("not_found", `there is no fault ${faultId}`);
    const target = targetOf(fault);
    if (target === null) {
      return noted(faultId, "no correction may change what this fault is about");
    }
    const all = await store.ofFault(faultId, 20);
    const open = all.find(({ state }) => state === "proposed");
    const current = open === undefined ? undefined : await refreshed(open);
    if (current?.state === "proposed" && !anew) return { correction: current };
    if (all.some(({ state }) => UNDER_WAY.includes(state))) {
      throw new PerchError("conflict", "a correction of it is being applied and watched");
    }
    checkOften(all);
    const declined = all.filter(({ state }) => state !== "outdated").map(({ after }) => after);
    const asked = { fault, target, declined, byItself: by === null, signal };
    const found = await search(asked);
    if ("reason" in found) {
      return current?.state === "proposed" && by !== null
        ? { correction: null, reason: `no other one: ${found.reason}` }
        : noted(faultId, found.reason);
    }
    if (current?.state === "proposed") {
      const outcome = "another one was asked for";
      const endedMs = clock.now();
      await write("dismissed", { ...current, state: "dismissed", outcome, endedMs }, by);
    }
    reasons.delete(faultId);
    const correction = await write("proposed", rowOf(faultId, found), by);
    return { correction };
  }

  function checkOften(all: readonly Correction[]): void {
    const sinceMs = clock.now() - DAY_MS;
    const today = all.filter(({ proposedMs }) => proposedMs > sinceMs);
    if (today.length < MOST_PER_DAY) return;
    const retryAfterS = Math.ceil((today.at(-1)!.proposedMs - sinceMs) / 1000);
    throw new PerchError(
      "rate_limited",
      `${MOST_PER_DAY} corrections were proposed for this fault within a day; mend it by hand`,
      { retryAfterS },
    );
  }

  async function search(asked: Asked): Promise<Proposal | NoProposal> {
    const { target } = asked;
    const found = parseTarget(target)!;
    // Loaded when the first one is looked for: readers of scripts are large.
    const { proposeForScript, proposeForSetting } = await import("./propose.ts");
    if ("setting" in found) {
      const stored = settings.unusedValue(found.setting);
      if (stored === undefined) return { reason: "the setting is in force" };
      return proposeForSetting(asked, { stored, schema: settings.schema(found.setting) });
    }
    if (scripts.find(found.script)?.state === "awaiting") {
      return { reason: `${target} waits for approval` };
    }
    const read = await scripts.read(found.script);
    const samples = await deps.samples(found.script, read.source);
    return await proposeForScript(deps, found.script, read, samples, asked);
  }

  function rowOf(faultId: number, { trial, ...rest }: Proposal): Correction {
    return {
      id: ++lastId,
      faultId,
      state: "proposed",
      ...rest,
      trial: JSON.stringify(trial),
      proposedMs: clock.now(),
      approvedMs: null,
      approver: null,
      appliedMs: null,
      endedMs: null,
      outcome: null,
    };
  }

  /** Whoever asks while one is being looked for gets that one. */
  function once(
    faultId: number,
    by: By | null,
    anew: boolean,
    signal?: AbortSignal,
  ): Promise<Proposed> {
    const before = running.get(faultId);
    if (before !== undefined) return before;
    const work = propose(faultId, by, anew, signal).finally(() => running.delete(faultId));
    running.set(faultId, work);
    return work;
  }

  return {
    async load() {
      lastId = await store.lastId();
    },
    any: () => lastId > 0,
    reason: (faultId) => reasons.get(faultId) ?? null,
    propose: once,
    async byThemselves(signal) {
      const open = faults.open().filter(({ type }) => OF_SCRIPTS.test(type));
      for (const id of tried.keys()) if (!open.some((one) => one.id === id)) tried.delete(id);
      for (const fault of open) {
        if (signal?.aborted) return;
        const target = targetOf(fault);
        const found = target === null ? null : parseTarget(target);
        if (found === null || !("script" in found)) continue;
        const hash = scripts.find(found.script)?.hash ?? null;
        if (hash === null || tried.get(fault.id) === hash) continue;
        tried.set(fault.id, hash);
        await byItself(fault.id, hash, signal).catch((error) => {
          if (error instanceof PerchError) reasons.set(fault.id, error.message);
          else if (!signal?.aborted) {
            log.warn(`no correction for the fault ${fault.id}: ${messageOf(error)}`, { error });
          }
        });
      }
    },
  };

  async function byItself(faultId: number, hash: string, signal?: AbortSignal): Promise<void> {
    const all = await store.ofFault(faultId, 20);
    // What people have decided on for this text is not proposed over again.
    if (all.some(({ baseHash, state }) => baseHash === hash && state !== "outdated")) return;
    await once(faultId, null, false, signal);
  }
}
