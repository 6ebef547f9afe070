import type { Clock } from "../base/clock.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import { createTurns } from "../base/turns.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { PageOf } from "../db/list.ts";
import type { FaultRow } from "../db/schema/faults.ts";
import type { Audited } from "../events/audit_change.ts";
import type { EventDraft } from "../events/event.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../words/times.ts";
import { decide, faultOf, type FaultsState, PAUSED_TYPE, severityRank } from "./decide.ts";
import type { FaultSource, Pausable, Pause } from "./fault.ts";
import { faultEvent, pauseEvent } from "./fault_events.ts";
import { createFaultStore, type FaultQuery } from "./faults_store.ts";
import { createLooking } from "./looking.ts";
import { createPausing } from "./pausing.ts";

/*
 * DESIGN. Every five seconds each source is asked (`looking.ts`), a pure decision follows (`decide.ts`), and then its
 * effects: pausing first, then one transaction with rows and events, then the news. Memory is the truth: what the
 * disk refuses is written with a later look. What is only seen again is written every ten minutes at most.
 */

/** Who does it, why, and the audit row. */
export interface ByPerson {
  name: string;
  reason: string;
  audited: Audited;
}

/** A part that is paused now. */
export interface PausedComponent extends Pause {
  component: string;
  /** The fault that holds it, or that stands for the person who paused it. */
  fault: FaultRow | null;
}

export interface Faults {
  /** Reads what is open and pauses what was paused. Before anything works. */
  load(): Promise<void>;
  task: Task;
  /** One look. */
  look(): Promise<void>;
  /** Open ones, the worst first, then the oldest. */
  open(): FaultRow[];
  get(id: number): Promise<FaultRow | null>;
  list(query: FaultQuery): Promise<PageOf<FaultRow>>;
  /**
   * A person does not want to see it: it does not open again as long as it is seen and gets no worse. What it paused
   * stays paused. @throws `not_found`, `conflict`
   */
  dismiss(id: number, by: ByPerson): Promise<FaultRow>;
  /** What is paused, by faults and by people. */
  paused(): PausedComponent[];
  /** What can be paused, by name. */
  pausable(): string[];
  /** @throws `not_found` for what cannot be paused */
  pause(component: string, by: ByPerson): Promise<PausedComponent>;
  /** @throws `not_found`, `conflict` when it is not paused */
  resume(component: string, by: ByPerson): Promise<void>;
  /** Writes what memory knows better. */
  store(): Promise<void>;
}

export interface FaultsDeps {
  db: Database;
  clock: Clock;
  log: Log;
  events: { statement(draft: EventDraft): SqlStatement };
  sources: readonly FaultSource[];
  pausables: () => readonly Pausable[];
  /** Faults that changed. */
  publish: (changed: readonly FaultRow[]) => void;
  /** Time that deletions may rely on. */
  deletionMs: () => number;
}

const LOOK_MS = 5_000;
/** What is seen more often than it is stored. */
const STORE_EVERY_MS = 10 * MINUTE_MS;
/** A fault that is only still there. */
const STORE_SAME_EVERY_MS = HOUR_MS;
const KEPT_MS = 90 * DAY_MS;
/** Statements that wait for the disk. */
const BACKLOG_MOST = 300;

export function createFaults(deps: FaultsDeps): Faults {
  const { db, clock, log, events } = deps;
  const store = createFaultStore(db);
  const looking = createLooking(deps);
  const pausing = createPausing(deps);
  const oneAtATime = createTurns();
  let state: FaultsState = { watched: new Map(), nextId: 1 };
  const stored = new Map<number, { fault: FaultRow; atMs: number }>();
  let backlog: SqlStatement[] = [];
  let isRefused = false;

  const faults = () => [...state.watched.values()].map(({ fault }) => fault);

  /** In memory; `put` writes it. */
  function replace(fault: FaultRow): void {
    const watched = new Map(state.watched);
    const one = watched.get(fault.cause);
    watched.set(fault.cause, { goneMs: null, returns: 0, times: 1, ...one, fault });
    state = { ...state, watched };
  }

  function put(fault: FaultRow): SqlStatement {
    stored.set(fault.id, { fault, atMs: clock.monotonic() });
    return store.put(fault);
  }

  /** Those that memory knows better than the disk, for long enough. */
  function due(): FaultRow[] {
    return faults().filter((fault) => {
      const last = stored.get(fault.id);
      if (last === undefined || last.fault === fault) return false;
      const isSame = last.fault.n === fault.n && last.fault.message === fault.message;
      return clock.monotonic() - last.atMs >= (isSame ? STORE_SAME_EVERY_MS : STORE_EVERY_MS);
    });
  }

  async function write(statements: readonly SqlStatement[]): Promise<void> {
    backlog = [...backlog, ...statements].slice(-BACKLOG_MOST);
    if (backlog.length === 0) return;
    try {
      await db.write(backlog);
      backlog = [];
      isRefused = false;
    } catch (error) {
      if (!isRefused) log.warn(`faults are not stored for now: ${messageOf(error)}`);
      isRefused = true;
    }
  }

  async function pauseFor(fault: FaultRow): Promise<SqlStatement[]> {
    const one = pausing.find(fault.component);
    if (one === null || !await pausing.pause(one, fault)) return [];
    const { component, message } = fault;
    const tMs = clock.now();
    const why = { tMs, by: null, reason: message, fault: fault.id };
    return [events.statement(pauseEvent("paused", component, why))];
  }

  async function apply(found: Awaited<ReturnType<typeof looking.look>>): Promise<void> {
    await pausing.restore();
    const { state: next, news, pauses } = decide(state, {
      ...found,
      nowMs: clock.now(),
      monotonicMs: clock.monotonic(),
      canPause: pausing.canPause,
      isPaused: pausing.isPaused,
    });
    state = next;
    const paused: SqlStatement[] = [];
    for (const fault of pauses) paused.push(...await pauseFor(fault));
    const changed = new Set([...news.map(({ fault }) => fault), ...pauses]);
    const statements = [...changed, ...due()].map(put);
    for (const { kind, fault } of news) {
      if (kind === "again" || fault.state === "dismissed") continue;
      statements.push(events.statement(faultEvent(kind, fault, { tMs: clock.now() })));
      if (kind === "over") log.info(`over: ${fault.message}`, { fault: fault.id });
      else log.warn(fault.message, { fault: fault.id, severity: fault.severity });
    }
    const known = new Set(faults().map(({ id }) => id));
    for (const id of stored.keys()) if (!known.has(id)) stored.delete(id);
    await write([...statements, ...paused]);
    if (changed.size > 0) deps.publish([...changed]);
  }

  const look = async () => {
    const found = await looking.look();
    await oneAtATime(() => apply(found));
  };

  function needPausable(component: string): Pausable {
    const one = pausing.find(component);
    if (one !== null) return one;
    const names = deps.pausables().map((each) => each.component).join(", ");
    throw new PerchError(
      "not_found",
      `"${component.slice(0, 80)}" cannot be paused; what can: ${names || "nothing"}`,
    );
  }

  function pausedNow(one: Pausable): PausedComponent | null {
    const pause = one.paused();
    if (pause === null) return null;
    const { component } = one;
    const fault = faults().find((each) => each.paused && each.component === component) ?? null;
    return { ...pause, component, fault };
  }

  return {
    async load() {
      const [rows, lastId] = await Promise.all([store.unended(), store.lastId()]);
      const watched = rows.map((fault) => ({ fault, goneMs: null, returns: 0, times: 0 }));
      state = {
        watched: new Map(watched.map((one) => [one.fault.cause, one])),
        nextId: lastId + 1,
      };
      for (const fault of rows) stored.set(fault.id, { fault, atMs: clock.monotonic() });
      pausing.expect(rows.filter(({ paused }) => paused));
      await pausing.restore();
    },
    task: {
      name: "faults",
      async run(signal) {
        for (let lookedMs = -Infinity;;) {
          await look();
          if (clock.monotonic() - lookedMs >= DAY_MS) {
            lookedMs = clock.monotonic();
            await write([store.purge(deps.deletionMs() - KEPT_MS)]);
          }
          await clock.sleep(LOOK_MS, signal);
        }
      },
    },
    look,
    open: () =>
      faults().filter((fault) => fault.state === "open").sort((one, other) =>
        severityRank(one.severity) - severityRank(other.severity) || one.firstMs - other.firstMs ||
        one.id - other.id
      ),
    get: async (id) => faults().find((fault) => fault.id === id) ?? await store.find(id),
    list: store.list,
    dismiss: (id, { name, reason, audited }) =>
      oneAtATime(async () => {
        const before = faults().find((fault) => fault.id === id) ?? await store.find(id);
        if (before === null) throw new PerchError("not_found", `there is no fault ${id}`);
        if (before.state !== "open") throw new PerchError("conflict", `it is ${before.state}`);
        if (before.type === PAUSED_TYPE) {
          throw new PerchError("conflict", `${before.component} is paused: resume it instead`);
        }
        const fault: FaultRow = { ...before, state: "dismissed" };
        const event = faultEvent("dismissed", fault, { tMs: clock.now(), by: name, reason });
        await db.write([
          store.put(fault),
          events.statement(event),
          audited({ action: "fault.dismiss", resource: `fault:${id}`, after: { reason } }),
        ]);
        stored.set(id, { fault, atMs: clock.monotonic() });
        replace(fault);
        deps.publish([fault]);
        return fault;
      }),
    paused: () => deps.pausables().flatMap((one) => pausedNow(one) ?? []),
    pausable: () => deps.pausables().map(({ component }) => component),
    pause: (component, { name, reason, audited }) =>
      oneAtATime(async () => {
        const one = needPausable(component);
        const already = pausedNow(one);
        if (already !== null) return already;
        const tMs = clock.now();
        const fault: FaultRow = {
          ...faultOf(
            {
              cause: `paused:${component}`,
              component,
              type: PAUSED_TYPE,
              severity: "medium",
              message: `${component} is paused by ${name}: ${reason}`,
            },
            state.nextId,
            tMs,
          ),
          paused: true,
        };
        const why = { tMs, by: name, reason, fault: fault.id };
        // Written first: what a person pauses stays paused, whatever happens.
        await db.write([
          store.put(fault),
          events.statement(pauseEvent("paused", component, why)),
          audited({
            action: "component.pause",
            resource: `component:${component}`,
            after: { reason },
          }),
        ]);
        stored.set(fault.id, { fault, atMs: clock.monotonic() });
        state = { ...state, nextId: state.nextId + 1 };
        replace(fault);
        await pausing.pause(one, fault);
        deps.publish([fault]);
        const now = pausedNow(one);
        if (now === null) throw new PerchError("busy", `${component} could not be paused`);
        return now;
      }),
    resume: (component, { name, reason, audited }) =>
      oneAtATime(async () => {
        const one = needPausable(component);
        if (one.paused() === null) {
          throw new PerchError("conflict", `${component} is not paused`);
        }
        await pausing.resume(one, name);
        const nowMs = clock.now();
        const held = faults().filter((fault) => fault.paused && fault.component === component);
        const freed = held.map((fault): FaultRow =>
          fault.type === PAUSED_TYPE
            ? { ...fault, paused: false, state: "over", endedMs: nowMs, lastMs: nowMs }
            : { ...fault, paused: false }
        );
        freed.forEach(replace);
        const why = { tMs: nowMs, by: name, reason, fault: held[0]?.id ?? null };
        await db.write([
          ...freed.map(put),
          events.statement(pauseEvent("resumed", component, why)),
          audited({
            action: "component.resume",
            resource: `component:${component}`,
            after: { reason },
          }),
        ]);
        if (freed.length > 0) deps.publish(freed);
      }),
    async store() {
      const better = faults().filter((fault) => {
        const last = stored.get(fault.id);
        return last !== undefined &&
          (last.fault.n !== fault.n || last.fault.message !== fault.message);
      });
      await oneAtATime(() => write(better.map(put)));
    },
  };
}
