import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import { createTurns } from "../base/turns.ts";
import { createWake } from "../base/wake.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { PageOf } from "../db/list.ts";
import type { FaultRow } from "../db/schema/faults.ts";
import type { EventDraft } from "../events/event.ts";
import { DAY_MS } from "../words/times.ts";
import { decide, type FaultNews, PAUSED_TYPE, severityRank, stepUp } from "./decide.ts";
import type { FaultSource, Pausable, Sighting } from "./fault.ts";
import { faultEvent, pauseEvent } from "./fault_events.ts";
import { createFaultStore, type FaultQuery } from "./faults_store.ts";
import { createLooking } from "./looking.ts";
import { createFaultMemory } from "./memory.ts";
import { type Begun, createPausing } from "./pausing.ts";
import { createPeople, type People, type Restarts } from "./people.ts";

/*
 * DESIGN. Every five seconds each source is asked (`looking.ts`), a pure decision follows (`decide.ts`), and then its
 * effects: pausing first, then one transaction with rows and events, then the news. Memory is the truth (`memory.ts`):
 * what the disk refuses is written with a later look, and what is only seen again every ten minutes at most.
 */

/** What is wrong with Perch itself, what is paused, and what people do about it. */
export interface Faults extends People {
  /** Reads what is open and pauses what people had paused. Before anything works. */
  load(): Promise<void>;
  task: Task;
  /** One look. */
  look(): Promise<void>;
  /** Something has just happened: the task looks now. */
  soon(): void;
  /** Open ones, the worst first, then the oldest. */
  open(): FaultRow[];
  get(id: number): Promise<FaultRow | null>;
  /** Newest first. */
  list(query: FaultQuery): Promise<PageOf<FaultRow>>;
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
  restarts: Restarts;
  /** Faults that changed. */
  publish: (changed: readonly FaultRow[]) => void;
  /** What healed it did not last: its faults are one step more serious. */
  isExhausted?: (component: string) => boolean;
  /** Time that deletions may rely on. */
  deletionMs: () => number;
}

const LOOK_MS = 5_000;
const KEPT_MS = 90 * DAY_MS;

export function createFaults(deps: FaultsDeps): Faults {
  const { clock, log, events, publish } = deps;
  const store = createFaultStore(deps.db);
  const memory = createFaultMemory({ ...deps, store });
  const looking = createLooking(deps);
  const pausing = createPausing(deps);
  const oneAtATime = createTurns();
  const wake = createWake(clock);
  const people = createPeople({ ...deps, memory, pausing, oneAtATime });

  const weighed = (one: Sighting): Sighting =>
    deps.isExhausted?.(one.component) ? { ...one, severity: stepUp(one.severity) } : one;

  async function pauseFor(fault: FaultRow, begun: Begun): Promise<SqlStatement[]> {
    const one = pausing.find(fault.component);
    if (one === null || pausing.pausable(fault.component, begun) === "no") return [];
    // A codec that cannot be loaded has stopped by itself.
    if (one.paused() === null && !await pausing.pause(one, fault)) return [];
    const { component, message } = fault;
    const why = { tMs: clock.now(), by: null, reason: message, fault: fault.id };
    return [events.statement(pauseEvent("paused", component, why))];
  }

  function eventsOf({ kind, fault }: FaultNews): SqlStatement[] {
    if (kind === "again" || fault.state === "dismissed") return [];
    if (kind === "over") log.info(`over: ${fault.message}`, { fault: fault.id });
    else log.warn(fault.message, { fault: fault.id, severity: fault.severity });
    return [events.statement(faultEvent(kind, fault, { tMs: clock.now() }))];
  }

  async function apply(
    found: Awaited<ReturnType<typeof looking.look>>,
    begun: Begun,
  ): Promise<void> {
    await pausing.restore();
    const { state, news, pauses } = decide(memory.state, {
      ...found,
      nowMs: clock.now(),
      monotonicMs: clock.monotonic(),
      pausable: (component) => pausing.pausable(component, begun),
      isPaused: pausing.isPaused,
    });
    memory.state = state;
    const paused: SqlStatement[] = [];
    for (const fault of pauses) paused.push(...await pauseFor(fault, begun));
    const changed = [...new Set([...news.map(({ fault }) => fault), ...pauses])];
    const rows = [...changed.map(memory.put), ...memory.due()];
    await memory.write([...rows, ...news.flatMap(eventsOf), ...paused]);
    if (changed.length > 0) publish(changed);
  }

  const look = async () => {
    const begun = pausing.begin();
    const { sightings, isComplete } = await looking.look();
    const found = { sightings: sightings.map(weighed), isComplete };
    await oneAtATime(() => apply(found, begun));
  };

  return {
    ...people,
    async load() {
      const rows = await memory.load();
      // What a fault had paused is tried again: it may have been repaired meanwhile, and is seen if not.
      pausing.expect(rows.filter(({ paused, type }) => paused && type === PAUSED_TYPE));
      await pausing.restore();
    },
    task: {
      name: "faults",
      async run(signal) {
        for (let purgedMs = -Infinity;;) {
          await look();
          if (clock.monotonic() - purgedMs >= DAY_MS) {
            purgedMs = clock.monotonic();
            await memory.write([store.purge(deps.deletionMs() - KEPT_MS)]);
          }
          await wake.sleep(LOOK_MS, signal);
        }
      },
    },
    look,
    soon: wake.now,
    open: () => memory.all().filter(({ state }) => state === "open").sort(byWeight),
    get: memory.find,
    list: store.list,
    store: () => oneAtATime(() => memory.write(memory.due(true))),
  };
}

const byWeight = (one: FaultRow, other: FaultRow) =>
  severityRank(one.severity) - severityRank(other.severity) || one.firstMs - other.firstMs ||
  one.id - other.id;
