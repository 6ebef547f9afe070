/**
 * The alarms: what people do with them, what is asked of them, and the one task that reads what detection
 * and prediction stored, lets time pass, looks after Perch itself and deletes what is old.
 *
 * DESIGN. The task reads pages of findings and predictions after its own cursors; each page and the move of
 * its cursor are one transaction with what came of it (keeper.ts), so a crash repeats a page and never skips
 * one. Waiting is by the process's own time: a host clock that is set moves every timer by the same step.
 */
import type { Clock } from "../base/clock.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import type { SqlStatement } from "../db/client.ts";
import type { PageOf } from "../db/list.ts";
import type { FindingName, StoredFinding } from "../detect/findings_store.ts";
import type { StoredOutlook } from "../detect/predict/shapes.ts";
import type { Audited } from "../events/note.ts";
import type { Severity } from "../words/severity.ts";
import type { Alarm } from "./alarm.ts";
import type { AlarmQuery, AlarmStore } from "./alarm_store.ts";
import { type Command, obey } from "./commands.ts";
import { withdraw } from "./decide.ts";
import type { Change, Keeper } from "./keeper.ts";
import { pass } from "./passing.ts";
import { type AlarmRecord, type Condition, isOpen, shifted } from "./record.ts";
import type { Signal } from "./signal.ts";
import { type SystemFacts, systemSignals } from "./system_rules.ts";
import { alarmOf, type Places } from "./view.ts";

/** Who acts: a name, and the row of the audit log. */
export interface By {
  name: string;
  note: Audited;
}

export interface ActOptions {
  /** Version that was seen: refused when the alarm has changed since. */
  version?: number;
  /** Written in the same transaction. */
  also?: readonly SqlStatement[];
}

export interface AlarmCounts {
  open: Record<Severity, number>;
  /** Open warnings and worse that nobody has acknowledged and nobody has shelved. */
  waiting: number;
}

/** What an alarm tells of, with what the detectors found. */
export interface AlarmEvidence {
  conditions: readonly Condition[];
  /** Newest first; the latest of each condition. */
  findings: StoredFinding[];
}

export interface Alarms {
  /** Newest first. @throws `validation` for a wrong cursor */
  list(query: AlarmQuery): Promise<PageOf<Alarm>>;
  /** @throws `not_found` */
  find(id: string): Promise<Alarm>;
  /** @throws `not_found` */
  evidence(id: string): Promise<AlarmEvidence>;
  /** Open ones, newest first. */
  open(): Alarm[];
  counts(): AlarmCounts;
  /**
   * Carries out what a person wants, with the audit row in the same transaction.
   * @throws `not_found`; `conflict` when somebody was faster, saying who and when; `validation`
   */
  act(id: string, command: Command, by: By, options?: ActOptions): Promise<Alarm>;
  /** Findings or predictions were stored. */
  wake(): void;
  /** A machine is about to be moved: the statements that take its alarms along, and what follows COMMIT. */
  move(from: string, to: string): { statements: SqlStatement[]; moved(): void };
  /** A sensor (storage number) was changed or deleted: what stood for it may be void. */
  recheck(sensor: number): void;
  task: Task;
}

export interface AlarmsDeps {
  clock: Clock;
  log: Log;
  store: AlarmStore;
  keeper: Keeper;
  places: Places;
  findings: {
    after(id: number, limit: number): Promise<StoredFinding[]>;
    list(query: {
      sensors: readonly number[];
      detector: string;
      fromId: number;
      beforeId: number;
      limit: number;
    }): Promise<StoredFinding[]>;
  };
  outlooks: { outlooksAfter(id: number, limit: number): Promise<StoredOutlook[]> };
  /** Null: raises and ends no alarm. */
  signalOf: (found: StoredFinding) => Signal | null;
  signalOfOutlook: (outlook: StoredOutlook) => Signal | null;
  inMaintenance: (machine: string, nowMs: number) => boolean;
  /** Why a condition can no longer be judged, in words; null: it still is. */
  gone: (condition: Condition, alarm: AlarmRecord) => string | null;
  /** How a verdict reaches detectors and models: statements of its transaction, and what follows COMMIT. */
  judging: (
    findings: readonly FindingName[],
    verdict: NonNullable<AlarmRecord["verdict"]>,
    by: string,
    alarm: AlarmRecord,
  ) => { statements: SqlStatement[]; done: () => Promise<void> };
  facts: () => Promise<SystemFacts>;
  /** Resolved alarms are kept this long. */
  keepMs: () => number;
  /** What ages count from; it never jumps ahead (lib/base/steady_clock.ts). */
  deletionMs: () => number;
}

/** Findings of one transaction: commits of readings must not wait long behind it. */
const PAGE = 50;
const CONDITIONS_SHOWN = 500;
const WAIT_MOST_MS = 5_000;
/** In a storm changes are gathered for this long: each transaction waits for the disk. */
const GATHER_MS = 100;
const SYSTEM_EVERY_MS = 10_000;
const PURGE_EVERY_MS = 3_600_000;
const PURGE_AT_ONCE = 100;
const PURGE_PAUSE_MS = 200;
const EVIDENCE_PER_CONDITION = 20;
/** The host's clock was set when it moved this much more or less than the process has waited. */
const JUMP_MS = 2_000;

export function createAlarms(deps: AlarmsDeps): Alarms {
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

  function wake(): void {
    woken = true;
    wakeUp();
  }

  async function recordAt(id: string): Promise<AlarmRecord> {
    const num = /^\d{1,15}$/.test(id) ? Number(id) : NaN;
    const record = book.get(num) ?? (Number.isNaN(num) ? null : await store.find(num));
    if (record) return record;
    throw new PerchError("not_found", `there is no alarm "${id.slice(0, 40)}"`);
  }

  async function act(
    id: string,
    command: Command,
    by: By,
    { version, also = [] }: ActOptions = {},
  ): Promise<Alarm> {
    let judged = () => Promise.resolve();
    const alarm = await keeper.change(clock.now(), async (change) => {
      const was = await recordAt(id);
      if (version !== undefined && version !== was.version) throw changedSince(was, version);
      const decision = obey(was, command, by.name, change.nowMs, change.options);
      change.take(decision);
      const verdict = command.kind === "resolve" || command.kind === "judge"
        ? command.verdict
        : null;
      if (verdict !== null) {
        const judging = deps.judging(findingsOf(was), verdict, by.name, was);
        change.also(...judging.statements);
        judged = judging.done;
      }
      change.by(by.note);
      change.also(
        by.note({
          action: `alarm.${command.kind}`,
          resource: `alarm:${was.id}`,
          heeds: [`alarm:${was.id}/words`],
          before: auditOf(was),
          after: { ...auditOf(decision.alarm), title: was.title },
        }),
        ...also,
      );
      return alarmOf(decision.alarm, places);
    });
    wake();
    await judged().catch((error) => log.error("a detector did not follow a verdict", { error }));
    return alarm;
  }

  /** Reads a page of what was stored after the cursor; true when there may be more. */
  async function read<T extends { id: number }>(
    name: "findings" | "predictions",
    after: (id: number, limit: number) => Promise<T[]>,
    signalOf: (one: T) => Signal | null,
  ): Promise<boolean> {
    const page = await after(await cursorOf(name), PAGE);
    if (page.length === 0) return false;
    const to = page.at(-1)!.id;
    await keeper.change(clock.now(), (change) => {
      for (const one of page) {
        const signal = signalOf(one);
        if (signal !== null) change.signal(signal);
      }
      change.also(store.moveCursor(name, to));
    });
    cursors.set(name, to);
    readMs = clock.monotonic();
    return page.length === PAGE;
  }

  const cursors = new Map<string, number>();
  async function cursorOf(name: "findings" | "predictions"): Promise<number> {
    if (!cursors.has(name)) cursors.set(name, await store.cursor(name));
    return cursors.get(name)!;
  }

  async function passTime(): Promise<void> {
    const nowMs = clock.now();
    const due = [...book.all()].filter(({ dueMs }) => dueMs !== null && dueMs <= nowMs);
    if (due.length === 0) return;
    await keeper.change(nowMs, (change) => {
      for (const { id } of due) {
        const alarm = book.get(id);
        if (alarm === undefined) continue;
        const maintenance = alarm.machine !== null && deps.inMaintenance(alarm.machine, nowMs);
        change.take(pass(alarm, { maintenance }, nowMs, change.options));
      }
    });
  }

  /** The clock was set: what waits goes on waiting as long as before. */
  async function shift(byMs: number): Promise<void> {
    log.warn("the host's clock was set; timers of alarms move with it", { byMs: Math.round(byMs) });
    await keeper.change(clock.now(), (change) => {
      for (const alarm of [...book.all()]) {
        change.take({ alarm: shifted(alarm, Math.round(byMs)), steps: [] });
      }
    });
  }

  async function recheck(): Promise<void> {
    const asked = doubtful;
    doubtful = new Set();
    const concerns = ({ sensor }: Condition) =>
      asked === "all" || sensor === null || asked.has(sensor);
    await keeper.change(clock.now(), (change) => {
      for (const alarm of [...book.all()]) {
        if (alarm.conditions.some(concerns)) recheckOne(change, alarm);
      }
    });
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
      for (const signal of systemSignals(facts, change.nowMs)) change.signal(signal);
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
    const { findings, outlooks } = deps;
    while (!signal.aborted && await read("findings", findings.after, deps.signalOf));
    while (
      !signal.aborted && await read("predictions", outlooks.outlooksAfter, deps.signalOfOutlook)
    );
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
    async list(query) {
      const { items, next } = await store.list(query);
      return { items: items.map((alarm) => alarmOf(alarm, places)), next };
    },
    find: async (id) => alarmOf(await recordAt(id), places),
    async evidence(id) {
      const { conditions } = await recordAt(id);
      const found = await Promise.all(
        conditions.slice(0, CONDITIONS_SHOWN).map((one) => {
          const { sensor, detector, firstFinding, lastFinding } = one;
          if (sensor === null || detector === null || firstFinding === null) return [];
          return deps.findings.list({
            sensors: [sensor],
            detector,
            fromId: firstFinding,
            beforeId: lastFinding! + 1,
            limit: EVIDENCE_PER_CONDITION,
          });
        }),
      );
      return { conditions, findings: found.flat().sort((a, b) => b.id - a.id) };
    },
    open: () =>
      [...book.all()].filter(isOpen).sort((a, b) => b.id - a.id).map((alarm) =>
        alarmOf(alarm, places)
      ),
    counts() {
      const counts: AlarmCounts = { open: { info: 0, warning: 0, critical: 0 }, waiting: 0 };
      for (const alarm of book.all()) {
        if (!isOpen(alarm)) continue;
        counts.open[alarm.severity]++;
        const hint = alarm.severity === "info";
        if (!hint && alarm.state === "active" && alarm.shelvedUntilMs === null) counts.waiting++;
      }
      return counts;
    },
    act,
    wake,
    move: (from, to) => ({
      statements: [store.move(from, to)],
      moved() {
        for (const alarm of [...book.all()]) {
          if (alarm.machine === from) book.put({ ...alarm, machine: to });
        }
      },
    }),
    recheck(sensor) {
      if (doubtful !== "all") doubtful.add(sensor);
      wake();
    },
    task: {
      name: "alarms",
      async run(signal) {
        let wallMs = clock.now(), processMs = clock.monotonic();
        while (!signal.aborted) {
          const nowMs = clock.now(), nowProcessMs = clock.monotonic();
          const jumpMs = nowMs - wallMs - (nowProcessMs - processMs);
          wallMs = nowMs;
          processMs = nowProcessMs;
          if (Math.abs(jumpMs) >= JUMP_MS) await shift(jumpMs);
          woken = false;
          await round(signal);
          await rest(signal);
        }
      },
    },
  };
}

/** The latest finding of each condition: one verdict is one lesson. */
function findingsOf(alarm: AlarmRecord): FindingName[] {
  return alarm.conditions.flatMap(({ lastFinding, sensor, detector }) =>
    lastFinding === null || sensor === null || detector === null
      ? []
      : [{ id: lastFinding, sensor, detector }]
  );
}

function auditOf({ state, shelvedUntilMs, note, verdict }: AlarmRecord) {
  return { state, shelved_until_ms: shelvedUntilMs, note, verdict };
}

function changedSince(alarm: AlarmRecord, version: number): PerchError {
  const who = alarm.resolvedBy ?? alarm.acknowledgedBy;
  const by = who === null ? "" : `; ${who} was the last to act on it`;
  return new PerchError(
    "conflict",
    `the alarm has changed: you saw version ${version}, it is at ${alarm.version}, ` +
      `${alarm.state} and ${alarm.severity}${by}`,
  );
}
