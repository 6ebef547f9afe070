/**
 * DESIGN. The one task of the alarms: it reads what detection and prediction stored, lets time pass, judges
 * Perch itself and deletes what is old. It reads pages of findings and predictions after its own cursors; each
 * page and the move of its cursor are one transaction with the changes of alarms (keeper.ts), so a crash
 * repeats a page and never skips one. Timers run on the process's own time: a host clock that is set moves
 * every timer by the same step.
 */
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import type { StoredFinding } from "../detect/findings_store.ts";
import type { StoredOutlook } from "../detect/predict/shapes.ts";
import type { AlarmStore, CursorName } from "./alarm_store.ts";
import { withdraw } from "./ending.ts";
import type { Change, Keeper } from "./keeper.ts";
import { pass } from "./passing.ts";
import { type AlarmRecord, type Condition, isOpen, shifted } from "./record.ts";
import type { Observation } from "./observation.ts";
import type { PastAlarm } from "./past_alarm.ts";
import { standingSystemKeys, systemObservations } from "./system_observations.ts";
import type { SystemFacts } from "./system_facts.ts";
import type { Places } from "./view.ts";

export interface AlarmTask {
  task: Task;
  /** Findings or predictions were stored. */
  wake(): void;
  /** The rules about Perch are judged now rather than at their next turn. */
  judgeSoon(): void;
  /** A sensor (storage number) was changed or deleted: its conditions may no longer apply. */
  recheck(sensor: number): void;
}

export interface AlarmTaskDeps {
  clock: Clock;
  log: Log;
  store: Pick<AlarmStore, "cursor" | "moveCursor" | "purge" | "knownCauses">;
  keeper: Keeper;
  places: Places;
  findings: { after(id: number, limit: number): Promise<StoredFinding[]> };
  outlooks: { outlooksAfter(id: number, limit: number): Promise<StoredOutlook[]> };
  /** Alarms that are over elsewhere; `past` is null where an entry tells nothing of one. */
  pasts: { after(id: number, limit: number): Promise<{ id: number; past: PastAlarm | null }[]> };
  /** Null: raises and ends no alarm. */
  observationOf: (found: StoredFinding) => Observation | null;
  observationOfOutlook: (outlook: StoredOutlook) => Observation | null;
  inMaintenance: (machine: string, nowMs: number) => boolean;
  /** Why a condition can no longer be judged, in words; null: it still is. */
  gone: (condition: Condition, alarm: AlarmRecord) => string | null;
  facts: () => Promise<SystemFacts>;
  /** Resolved alarms are kept this long. */
  keepMs: () => number;
  /** What ages count from; it never jumps ahead (lib/base/steady_clock.ts). */
  deletionMs: () => number;
}

/** Findings of one transaction: commits of readings must not wait long behind it. */
const PAGE = 50;
const WAIT_MOST_MS = 5_000;
/** In a storm changes are gathered for this long: each transaction waits for the disk. */
const GATHER_MS = 100;
const SYSTEM_EVERY_MS = 10_000;
const PURGE_EVERY_MS = 3_600_000;
const PURGE_AT_ONCE = 100;
const PURGE_PAUSE_MS = 200;
/** The host's clock was set when it moved this much more or less than the process has waited. */
const JUMP_MS = 2_000;

export function createAlarmTask(deps: AlarmTaskDeps): AlarmTask {
  const { clock, log, store, keeper, places } = deps;
  const { book } = keeper;
  let woken = false;
  let wakeUp = () => {};
  /** Sensors whose conditions may be void; after a start, all of them. */
  let doubtful: Set<number> | "all" = "all";
  let systemMs = -Infinity;
  let purgeMs = -Infinity;
  /** When findings or predictions were last there to be read. */
  let readMs = -Infinity;
  /** The host's clock and the process's at the last look; null before the first. */
  let seen: { wallMs: number; processMs: number } | null = null;

  function wake(): void {
    woken = true;
    wakeUp();
  }

  /** Reads a page of what was stored after the cursor; true when there may be more. */
  async function read<T extends { id: number }>(
    name: CursorName,
    after: (id: number, limit: number) => Promise<T[]>,
    take: (change: Change, page: readonly T[]) => void | Promise<void>,
  ): Promise<boolean> {
    const page = await after(await cursorOf(name), PAGE);
    if (page.length === 0) return false;
    const to = page.at(-1)!.id;
    await keeper.change(clock.now(), async (change) => {
      await take(change, page);
      change.also(store.moveCursor(name, to));
    });
    cursors.set(name, to);
    readMs = clock.monotonic();
    return page.length === PAGE;
  }

  const observing =
    <T>(observationOf: (one: T) => Observation | null) =>
    (change: Change, page: readonly T[]): void => {
      for (const one of page) {
        const observation = observationOf(one);
        if (observation !== null) change.observe(observation);
      }
    };

  /** Those that were not heard of while they stood; of one that came back, how it was in the end. */
  async function keepPasts(
    change: Change,
    page: readonly { past: PastAlarm | null }[],
  ): Promise<void> {
    const pasts = new Map(page.flatMap(({ past }) => past === null ? [] : [[past.cause, past]]));
    const known = await store.knownCauses([...pasts.keys()]);
    for (const [cause, past] of pasts) if (!known.has(cause)) change.keepPast(past);
  }

  const cursors = new Map<CursorName, number>();
  async function cursorOf(name: CursorName): Promise<number> {
    if (!cursors.has(name)) cursors.set(name, await store.cursor(name));
    return cursors.get(name)!;
  }

  async function passTime(): Promise<void> {
    const nowMs = clock.now();
    const due = [...book.all()].filter(({ dueMs }) => dueMs !== null && dueMs <= nowMs);
    if (due.length === 0) return;
    await keeper.change(nowMs, (change) => {
      for (const { id } of due) {
        const alarm = change.book.get(id);
        if (alarm === undefined) continue;
        const maintenance = alarm.machine !== null && deps.inMaintenance(alarm.machine, nowMs);
        change.take(pass(alarm, { maintenance }, nowMs, change.options));
      }
    });
  }

  /** When the host's clock was set since the last look, timers move with it. */
  async function followClock(): Promise<void> {
    const wallMs = clock.now(), processMs = clock.monotonic();
    seen ??= { wallMs, processMs };
    const jumpMs = wallMs - seen.wallMs - (processMs - seen.processMs);
    if (Math.abs(jumpMs) >= JUMP_MS) await shift(jumpMs);
    seen = { wallMs, processMs };
  }

  /** What waits goes on waiting as long as before. */
  async function shift(byMs: number): Promise<void> {
    log.warn("the host's clock was set; timers of alarms move with it", { byMs: Math.round(byMs) });
    await keeper.change(clock.now(), (change) => {
      for (const alarm of [...change.book.all()]) {
        change.take({ alarm: shifted(alarm, Math.round(byMs)), steps: [] });
      }
    });
  }

  async function recheck(): Promise<void> {
    const asked = doubtful;
    doubtful = new Set();
    const concerns = ({ sensor }: Condition) =>
      asked === "all" || sensor === null || asked.has(sensor);
    try {
      await keeper.change(clock.now(), (change) => {
        for (const alarm of [...change.book.all()]) {
          if (alarm.conditions.some(concerns)) recheckOne(change, alarm);
        }
      });
    } catch (error) {
      doubtful = asked === "all" ? "all" : new Set([...asked, ...doubtful]);
      throw error;
    }
  }

  function recheckOne(change: Change, alarm: AlarmRecord): void {
    const reasons = new Map<Condition, string>();
    for (const condition of alarm.conditions) {
      const reason = deps.gone(condition, alarm);
      if (reason !== null) reasons.set(condition, reason);
    }
    if (reasons.size > 0) {
      const [reason] = reasons.values();
      const decision = withdraw(
        alarm,
        (condition) => reasons.has(condition),
        reason,
        change.nowMs,
        change.options,
      );
      change.take(decision);
      alarm = decision.alarm;
    }
    const name = alarm.sensor === null ? undefined : places.sensor(alarm.sensor)?.name;
    const machine = name?.slice(0, name.lastIndexOf("/"));
    if (machine !== undefined && machine !== alarm.machine && isOpen(alarm)) {
      change.take({ alarm: { ...alarm, machine, version: alarm.version + 1 }, steps: [] });
    }
  }

  async function judgePerch(): Promise<void> {
    systemMs = clock.monotonic();
    let facts: SystemFacts;
    try {
      facts = await deps.facts();
    } catch (error) {
      log.warn("the rules about Perch were not judged", { error: messageOf(error) });
      return;
    }
    await keeper.change(clock.now(), (change) => {
      const standing = standingSystemKeys(change.book.all());
      for (const observation of systemObservations(facts, change.nowMs, standing)) {
        change.observe(observation);
      }
    });
  }

  async function purge(signal: AbortSignal): Promise<void> {
    purgeMs = clock.monotonic();
    const beforeMs = deps.deletionMs() - deps.keepMs();
    while (!signal.aborted && await store.purge(beforeMs, PURGE_AT_ONCE) === PURGE_AT_ONCE) {
      await clock.sleep(PURGE_PAUSE_MS, signal);
    }
  }

  async function round(signal: AbortSignal): Promise<void> {
    const { findings, outlooks, pasts } = deps;
    const found = observing(deps.observationOf);
    while (!signal.aborted && await read("findings", findings.after, found));
    const foreseen = observing(deps.observationOfOutlook);
    while (!signal.aborted && await read("predictions", outlooks.outlooksAfter, foreseen));
    while (!signal.aborted && await read("sites", pasts.after, keepPasts));
    if (signal.aborted) return;
    if (doubtful === "all" || doubtful.size > 0) await recheck();
    await passTime();
    const nowMs = clock.monotonic();
    if (nowMs - systemMs >= SYSTEM_EVERY_MS) await judgePerch();
    if (nowMs - purgeMs >= PURGE_EVERY_MS) await purge(signal);
  }

  /** Until something was stored, a timer is due, or a few seconds have passed. */
  async function rest(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const gatherMs = readMs + GATHER_MS - clock.monotonic();
    if (woken && gatherMs > 0) await clock.sleep(gatherMs, signal).catch(() => {});
    if (woken) return;
    const nowMs = clock.now();
    let waitMs = WAIT_MOST_MS;
    for (const { dueMs } of book.all()) {
      if (dueMs !== null) waitMs = Math.min(waitMs, dueMs - nowMs);
    }
    const stop = new AbortController();
    wakeUp = () => stop.abort();
    signal.addEventListener("abort", wakeUp);
    await clock.sleep(Math.max(waitMs, 1), stop.signal).catch(() => {});
    signal.removeEventListener("abort", wakeUp);
    wakeUp = () => {};
  }

  return {
    wake,
    judgeSoon() {
      systemMs = -Infinity;
      wake();
    },
    recheck(sensor) {
      if (doubtful !== "all") doubtful.add(sensor);
      wake();
    },
    task: {
      name: "alarms",
      async run(signal, beat) {
        while (!signal.aborted) {
          beat?.();
          await followClock();
          woken = false;
          await round(signal);
          await rest(signal);
        }
      },
    },
  };
}
