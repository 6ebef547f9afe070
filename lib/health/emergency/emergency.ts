import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import type { EventDraft } from "../../events/event.ts";
import { MINUTE_MS } from "../../words/times.ts";
import {
  type Cause,
  decide,
  type EmergencyState,
  endsMs,
  type Facts,
  type Limits,
  NO_EMERGENCY,
} from "./decide.ts";
import { SHED_LAST, SHED_ORDER, type Shedding } from "./shedding.ts";
import { causeWords, sizeWords } from "./words.ts";

/*
 * DESIGN. Every two seconds (every second while something is at its limit) a light look (`sense.ts`), a pure decision (`decide.ts`), and what follows from it, one
 * step after the other: each has a deadline, so that one that hangs keeps no other waiting, and each is an event.
 * What cannot be written down happens nevertheless, and is in the log.
 */

/** Something that makes room when one of `causes` is why. */
export interface Cleaner {
  /** What is removed, in words. */
  what: string;
  causes: readonly Cause[];
  /** Gives the bytes that were freed; `later`: it would not help yet, and is asked again. */
  clean(): Promise<number | "later">;
}

export interface EmergencyDeps {
  clock: Clock;
  log: Log;
  sense: () => Promise<Facts>;
  limits: () => Limits;
  /** A person may switch it off. */
  isOn: () => boolean;
  shedding: Shedding;
  cleaners: readonly Cleaner[];
  append: (event: EventDraft) => Promise<void>;
}

/** Why the host is in need. */
export interface Need {
  causes: readonly Cause[];
  /** `the processor was 99 % used, now 26 %`. */
  text: string;
  /** `for 3 min, ends in 7 min if it stays calm`. */
  lasts: string;
  /** Nothing is wrong at the moment; it ends when that lasts. */
  isCalm: boolean;
}

export interface Emergency {
  /** Why, and what waits, in a sentence; null: the host is well. */
  sentence(): string | null;
  /** Null: the host is well. */
  need(): Need | null;
  /** As it was measured last; null: not yet. */
  facts(): Facts | null;
  task: Task;
}

const LOOK_MS = 2_000;
/** While something is at its limit, and not everything waits yet. */
const LOOK_OVER_MS = 1_000;
const STEP_MOST_MS = 10_000;

export function createEmergency(deps: EmergencyDeps): Emergency {
  const { clock, log, shedding } = deps;
  let state: EmergencyState = NO_EMERGENCY;
  let facts: Facts | null = null;
  let cleaned = new Set<Cleaner>();

  const why = () =>
    state.causes.map((cause) =>
      causeWords(cause, {
        value: facts?.[cause] ?? null,
        worst: state.worst[cause] ?? null,
        isOver: state.over[cause] !== undefined,
      })
    ).join(", ");

  /** How long it lasts, and what ends it. */
  function lasts(): string {
    const minutes = Math.round((clock.monotonic() - state.sinceMs!) / MINUTE_MS);
    const sofar = minutes === 0 ? "since a moment ago" : `for ${minutes} min`;
    const ends = endsMs(state);
    if (ends === null) return sofar;
    const left = Math.max(1, Math.ceil((ends - clock.monotonic()) / MINUTE_MS));
    return `${sofar}, ends in ${left} min if it stays calm`;
  }

  async function tell(
    type: "emergency.entered" | "emergency.step" | "emergency.left",
    text: string,
    body: unknown,
  ): Promise<void> {
    const severity = type === "emergency.entered" ? "critical" : "info";
    const draft: EventDraft = {
      ...{ type, subject: "host", severity, tMs: clock.now(), text, actor: null, body },
      route: type !== "emergency.step",
    };
    const written = await bounded("the event", () => deps.append(draft).then(() => true));
    const level = type === "emergency.left" ? "info" : "warn";
    log[level](text, written ? { event: type, severity } : {});
  }

  /** Its result; null when it failed or took too long. */
  async function bounded<T>(what: string, work: () => Promise<T> | T): Promise<T | null> {
    const late = new AbortController();
    try {
      return await Promise.race([
        work(),
        clock.sleep(STEP_MOST_MS, late.signal).then(() => {
          throw new Error(`took longer than ${STEP_MOST_MS / 1000} s`);
        }),
      ]);
    } catch (error) {
      log.warn(`${what}: ${messageOf(error)}`);
      return null;
    } finally {
      late.abort();
    }
  }

  async function shed(): Promise<void> {
    for (const one of shedding.all()) {
      if (shedding.isShed(one.name) || (SHED_LAST.has(one.name) && !state.isAll)) continue;
      shedding.set(one.name, true);
      await bounded(one.name, () => one.shed?.());
      await tell("emergency.step", `Stopped for now: ${SHED_ORDER[one.name]}`, { shed: one.name });
    }
  }

  async function restoreAll(): Promise<void> {
    for (const one of shedding.all().reverse()) {
      if (!shedding.isShed(one.name)) continue;
      shedding.set(one.name, false);
      await bounded(one.name, () => one.restore?.());
      await tell("emergency.step", `Goes on: ${SHED_ORDER[one.name]}`, { restored: one.name });
    }
  }

  /** Each once in an emergency that has one of its causes. */
  async function clean(): Promise<void> {
    for (const cleaner of deps.cleaners) {
      if (cleaned.has(cleaner)) continue;
      if (!cleaner.causes.some((cause) => state.causes.includes(cause))) continue;
      const bytes = await bounded(cleaner.what, () => cleaner.clean()) ?? 0;
      if (bytes === "later") continue;
      cleaned.add(cleaner);
      if (bytes > 0) {
        const text = `Freed ${sizeWords(bytes)}: ${cleaner.what}`;
        await tell("emergency.step", text, { freed: cleaner.what, bytes });
      }
    }
  }

  async function look(): Promise<void> {
    const before = state;
    facts = await deps.sense();
    state = deps.isOn() ? decide(before, facts, deps.limits(), clock.monotonic()) : NO_EMERGENCY;
    if (state.on && !before.on) {
      cleaned = new Set();
      await tell("emergency.entered", `The host is in need: ${why()}`, { facts });
    }
    if (state.on) {
      await shed();
      await clean();
    }
    if (before.on && !state.on) {
      await restoreAll();
      await tell("emergency.left", "The host is well again; everything goes on", { facts });
    }
  }

  return {
    facts: () => facts,
    sentence() {
      if (!state.on) return null;
      const waiting = shedding.waiting();
      const rest = waiting.length === 0 ? "" : `; ${waiting.join(", ")} wait`;
      return `The host is in need (${why()}; ${lasts()}). Readings and alarms go on${rest}.`;
    },
    need() {
      if (!state.on) return null;
      const { causes } = state;
      return { causes, text: why(), lasts: lasts(), isCalm: endsMs(state) !== null };
    },
    task: {
      name: "emergency",
      async run(signal) {
        for (;;) {
          await look();
          const isOver = Object.keys(state.over).length > 0;
          await clock.sleep(isOver && !state.isAll ? LOOK_OVER_MS : LOOK_MS, signal);
        }
      },
    },
  };
}
