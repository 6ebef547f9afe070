import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import type { EventDraft, EventType } from "../../events/event.ts";
import { HOUR_MS } from "../../words/times.ts";
import { decideUnit, type UnitMemory, type UnitStep, WELL } from "./decide_unit.ts";
import type { Reboots } from "./reboots.ts";
import type { SystemManager, UnitState } from "./system_manager.ts";
import type { UnitList } from "./unit_list.ts";

/** A watched unit: its state, and what Perch did about it. */
export interface WatchedUnit extends UnitState {
  /** Since when it is not well, wall clock; null: it is. */
  failedSinceMs: number | null;
  restarts: number;
  gaveUp: boolean;
}

export interface UnitWatch {
  readonly task: Task;
  /** As of the last look. */
  units(): readonly WatchedUnit[];
  /** How the watched units are, for the list of parts; null: none is listed. */
  state(): { health: "ok" | "degraded" | "error"; detail: string } | null;
}

export interface UnitWatchParts {
  clock: Clock;
  log: Log;
  manager: Pick<SystemManager, "unitStates" | "restartUnit">;
  list: () => Promise<UnitList>;
  reboots: Pick<Reboots, "ask">;
  /** The settings: whether the host may be rebooted as a last resort, and how many hours apart. */
  lastResort: () => { allowed: boolean; hours: number };
  append: (event: EventDraft) => Promise<unknown>;
  /** Called once, when something is listed: from then on `state` has something to say. */
  onListed?: () => void;
}

const LOOK_MS = 15_000;
const APPEND_MS = 10_000;

/**
 * Looks at the listed units every 15 s, restarts those that failed, with growing pauses, and says so. An empty list costs
 * reading one small file.
 */
export function createUnitWatch(parts: UnitWatchParts): UnitWatch {
  const { clock, log, manager, reboots } = parts;
  const memories = new Map<string, UnitMemory>();
  let seen: readonly UnitState[] = [];
  /** Of the list, and of asking for the units. */
  let trouble: string | null = null;
  let listed = false;
  /** Of the last restart that was refused. */
  let refused: string | null = null;

  /** A database that is full or hangs keeps no service from being restarted. */
  async function say(
    type: EventType,
    unit: string,
    severity: EventDraft["severity"],
    text: string,
  ): Promise<void> {
    const subject = `unit:${unit}`;
    const event = { type, subject, severity, text, tMs: clock.now(), actor: null };
    const patience = new AbortController();
    await Promise.race([
      parts.append({ ...event, body: { unit }, route: true })
        .catch((error) => log.error(`${text}; that could not be written down`, { error })),
      clock.sleep(APPEND_MS, patience.signal).catch(() => {}),
    ]);
    patience.abort();
  }

  async function restart(name: string, times: number): Promise<void> {
    try {
      await manager.restartUnit(name);
      refused = null;
      await say(
        "unit.restarted",
        name,
        "warning",
        `${name} had failed and was restarted (${times})`,
      );
    } catch (error) {
      if (refused === null) log.error(messageOf(error));
      refused = messageOf(error);
    }
  }

  async function lastResort(name: string): Promise<void> {
    const { allowed, hours } = parts.lastResort();
    const text = `${name} does not run, and restarting it did not help`;
    await say("unit.failed", name, "critical", text);
    if (!allowed || refused !== null) return;
    try {
      await reboots.ask({
        by: "Perch",
        why: text,
        apartMs: hours * HOUR_MS,
        announce: () => say("system.reboot", name, "critical", `This host is rebooted: ${text}`),
      });
    } catch (error) {
      await say("system.reboot", name, "warning", `No reboot: ${messageOf(error)}`);
    }
  }

  async function take(step: UnitStep, { name, sub }: UnitState, times: number): Promise<void> {
    switch (step) {
      case "failed":
        return await say("unit.failed", name, "warning", `${name} failed (${sub})`);
      case "restart":
        return await restart(name, times);
      case "give up":
        return await lastResort(name);
      case "recovered":
        return await say("unit.restarted", name, "info", `${name} runs again`);
    }
  }

  async function look(): Promise<void> {
    const list = await parts.list();
    const before = trouble;
    try {
      seen = await manager.unitStates(list.units);
      trouble = list.trouble;
    } catch (error) {
      trouble = messageOf(error);
    }
    if (trouble !== null && trouble !== before) log.warn(trouble);
    if (!listed && (list.units.length > 0 || list.trouble !== null)) {
      listed = true;
      parts.onListed?.();
    }
    for (const name of memories.keys()) if (!list.units.includes(name)) memories.delete(name);
    if (trouble !== list.trouble) return;
    let restarted = false;
    for (const unit of seen) {
      const memory = memories.get(unit.name) ?? WELL;
      const next = decideUnit(memory, unit, clock.monotonic());
      memories.set(unit.name, next.memory);
      for (const step of next.steps) await take(step, unit, next.memory.restarts);
      restarted ||= next.steps.includes("restart");
    }
    // What runs again already is not shown as failed until the next look.
    if (restarted) seen = await manager.unitStates(list.units).catch(() => seen);
  }

  return {
    task: {
      name: "watched units",
      async run(signal) {
        for (;;) {
          await look();
          await clock.sleep(LOOK_MS, signal);
        }
      },
    },
    units: () =>
      seen.map((unit) => {
        const { sinceMs, restarts, gaveUp } = memories.get(unit.name) ?? WELL;
        const failedSinceMs = sinceMs === null ? null : clock.now() - (clock.monotonic() - sinceMs);
        return { ...unit, failedSinceMs, restarts, gaveUp };
      }),
    state() {
      if (seen.length === 0 && trouble === null) return null;
      const failing = seen.filter(({ active }) => active === "failed").map(({ name }) => name);
      if (failing.length > 0) {
        const why = refused === null ? "" : ` ${refused}`;
        return { health: "error", detail: `${failing.join(", ")} failed.${why}` };
      }
      const missing = seen.filter(({ load }) => load !== "loaded").map(({ name }) => name);
      if (trouble === null && missing.length > 0) {
        return { health: "degraded", detail: `${missing.join(", ")} is not on this host.` };
      }
      return trouble === null
        ? { health: "ok", detail: `${seen.length} units of this host are watched.` }
        : { health: "degraded", detail: `${trouble}.` };
    },
  };
}
