import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { FaultRow } from "../db/schema/faults.ts";
import { HOUR_MS, MINUTE_MS } from "../words/times.ts";
import type { FaultsState } from "./decide.ts";
import type { FaultStore } from "./faults_store.ts";

/** What is seen more often than it is stored. */
const STORE_EVERY_MS = 10 * MINUTE_MS;
/** A fault that is only still there. */
const STORE_SAME_EVERY_MS = HOUR_MS;
/** Statements that wait for the disk. */
const BACKLOG_MOST = 300;

/** The faults that are watched. Memory is the truth; what the disk refuses is written later. */
export interface FaultMemory {
  state: FaultsState;
  load(): Promise<FaultRow[]>;
  /** Open, dismissed and still seen, or over since a short time. */
  all(): FaultRow[];
  find(id: number): Promise<FaultRow | null>;
  /** In place of what is known by its cause. */
  replace(fault: FaultRow): void;
  /** Id of a fault that is to be made now. */
  takeId(): number;
  /** The row as a statement; from now on it counts as written. */
  put(fault: FaultRow): SqlStatement;
  /** Rows that are to be written again, because memory knows better for long enough, or `now`. */
  due(now?: boolean): SqlStatement[];
  /** Later, where the disk refuses. */
  write(statements: readonly SqlStatement[]): Promise<void>;
}

export function createFaultMemory(
  { db, clock, log, store }: {
    db: Pick<Database, "write">;
    clock: Pick<Clock, "monotonic">;
    log: Log;
    store: FaultStore;
  },
): FaultMemory {
  const written = new Map<number, { fault: FaultRow; atMs: number }>();
  let backlog: SqlStatement[] = [];
  let isRefused = false;

  function isDue(fault: FaultRow, now: boolean): boolean {
    const last = written.get(fault.id);
    if (last === undefined || last.fault === fault) return false;
    const isSame = last.fault.n === fault.n && last.fault.message === fault.message;
    if (now) return !isSame;
    return clock.monotonic() - last.atMs >= (isSame ? STORE_SAME_EVERY_MS : STORE_EVERY_MS);
  }

  const memory: FaultMemory = {
    state: { watched: new Map(), nextId: 1 },
    async load() {
      const [rows, lastId] = await Promise.all([store.unended(), store.lastId()]);
      const watched = rows.map((fault) => ({ fault, goneMs: null, returns: 0, times: 0 }));
      memory.state = {
        watched: new Map(watched.map((one) => [one.fault.cause, one])),
        nextId: lastId + 1,
      };
      for (const fault of rows) written.set(fault.id, { fault, atMs: clock.monotonic() });
      return rows;
    },
    all: () => [...memory.state.watched.values()].map(({ fault }) => fault),
    find: async (id) => memory.all().find((one) => one.id === id) ?? await store.find(id),
    replace(fault) {
      const watched = new Map(memory.state.watched);
      const before = watched.get(fault.cause);
      watched.set(fault.cause, { goneMs: null, returns: 0, times: 1, ...before, fault });
      memory.state = { ...memory.state, watched };
    },
    takeId() {
      const id = memory.state.nextId;
      memory.state = { ...memory.state, nextId: id + 1 };
      return id;
    },
    put(fault) {
      written.set(fault.id, { fault, atMs: clock.monotonic() });
      return store.put(fault);
    },
    due: (now = false) => memory.all().filter((fault) => isDue(fault, now)).map(memory.put),
    async write(statements) {
      backlog = [...backlog, ...statements].slice(-BACKLOG_MOST);
      const known = new Set(memory.all().map(({ id }) => id));
      for (const id of written.keys()) if (!known.has(id)) written.delete(id);
      if (backlog.length === 0) return;
      try {
        await db.write(backlog);
        backlog = [];
        isRefused = false;
      } catch (error) {
        if (!isRefused) log.warn(`faults are not stored for now: ${messageOf(error)}`);
        isRefused = true;
      }
    },
  };
  return memory;
}
