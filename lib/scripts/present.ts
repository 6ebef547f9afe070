/** What lies in the folders of scripts now, what is known of it, and what may run. */
import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/client.ts";
import type { EventLog } from "../events/events_store.ts";
import { scriptEvent } from "./events.ts";
import { entriesOf, hashOf, pathOf, readSource } from "./folder.ts";
import { decideFound, type ScriptSwitch } from "./found.ts";
import { componentOf, SCRIPT_KINDS, type ScriptKind, type ScriptRef } from "./script.ts";
import type { ScriptRow, ScriptsStore } from "./scripts_store.ts";

/** A script as it is now. */
export interface KnownScript extends ScriptRef {
  /** `faulty`: the file is none that can run; `problem` says why. */
  state: ScriptSwitch | "faulty";
  problem: string | null;
  /** Of what is on disk; null: it cannot be read. */
  hash: string | null;
  /** Below the data directory. */
  file: string;
  /** Name of who decided its state, and when; null: the file was put there on the host. */
  actor: string | null;
  changedMs: number | null;
}

/** A script as it is kept in memory. */
export interface Entry extends ScriptRef {
  stamp: string | null;
  problem: string | null;
  source: string;
  hash: string | null;
}

export interface PresentDeps {
  dataDir: string;
  clock: Pick<Clock, "now">;
  db: Pick<Database, "write">;
  store: ScriptsStore;
  events: Pick<EventLog, "statement">;
  /** The latest restore brought it: `codecs/pump.js`. */
  isRestored(path: string): boolean;
}

export interface Present {
  /** By component. */
  entries: ReadonlyMap<string, Entry>;
  /** What is known of them, by component; whoever writes a row puts it here after COMMIT. */
  rows: Map<string, ScriptRow>;
  known(entry: Entry): KnownScript;
  /** Looks at the folders; one at a time. */
  look(): Promise<void>;
  announce(ref: ScriptRef): void;
  onChange(listener: (kind: ScriptKind, name: string) => void): void;
}

/** More files than these are not run. */
export const SCRIPTS_MOST = 50;

export async function createPresent(deps: PresentDeps): Promise<Present> {
  const { dataDir, clock, db, store, events, isRestored } = deps;
  const entries = new Map<string, Entry>();
  const rows = new Map((await store.rows()).map((row) => [componentOf(row), row]));
  const listeners = new Set<(kind: ScriptKind, name: string) => void>();

  const announce = ({ kind, name }: ScriptRef) => {
    for (const listener of listeners) listener(kind, name);
  };

  async function look(): Promise<void> {
    let count = 0;
    for (const kind of SCRIPT_KINDS) {
      const seen = new Set<string>();
      for (const found of await entriesOf(dataDir, kind)) {
        const ref = { kind, name: found.name };
        seen.add(componentOf(ref));
        if (++count > SCRIPTS_MOST) {
          put({ ...ref, stamp: null, problem: TOO_MANY, source: "", hash: null });
        } else if ("problem" in found) {
          put({ ...ref, stamp: null, problem: found.problem, source: "", hash: null });
        } else if (entries.get(componentOf(ref))?.stamp !== found.stamp) {
          await take(ref, found.stamp);
        }
      }
      for (const [key, entry] of entries) {
        if (entry.kind === kind && !seen.has(key)) gone(entry);
      }
    }
  }

  /** Reads what is new on the disk, and decides whether it may run. */
  async function take(ref: ScriptRef, stamp: string): Promise<void> {
    const read = await readSource(dataDir, ref);
    if ("problem" in read) {
      return put({ ...ref, stamp, problem: read.problem, source: "", hash: null });
    }
    const { source } = read;
    const hash = hashOf(source);
    const row = rows.get(componentOf(ref)) ?? null;
    const state = decideFound({ hash, row, restored: isRestored(pathOf(ref)) });
    if (state !== null) await record(ref, { source, hash, state });
    put({ ...ref, stamp, problem: null, source, hash });
  }

  async function record(
    ref: ScriptRef,
    { source, hash, state }: { source: string; hash: string; state: ScriptSwitch },
  ): Promise<void> {
    const row: ScriptRow = { ...ref, hash, state, actor: null, changedMs: clock.now() };
    const reason = state === "awaiting" ? "restored" : "found on disk";
    // Whether it can run is seen once it is loaded.
    const isChange = state === "on" && rows.has(componentOf(ref));
    const said = isChange ? "was changed on the disk" : FOUND[state];
    await db.write([
      store.put(row),
      ...await store.addVersion({ ...ref, hash, source, tMs: clock.now(), actor: null, reason }),
      events.statement(scriptEvent(ref, said, null, clock.now())),
    ]);
    rows.set(componentOf(ref), row);
  }

  function put(entry: Entry): void {
    const before = entries.get(componentOf(entry));
    entries.set(componentOf(entry), entry);
    if (before?.hash !== entry.hash || before?.problem !== entry.problem) announce(entry);
  }

  function gone(entry: Entry): void {
    entries.delete(componentOf(entry));
    announce(entry);
  }

  function known(entry: Entry): KnownScript {
    const row = rows.get(componentOf(entry));
    const { kind, name, problem, hash } = entry;
    return {
      ...{ kind, name, problem, hash, file: pathOf(entry) },
      state: problem !== null ? "faulty" : row?.hash === hash ? row!.state : "off",
      actor: row?.actor ?? null,
      changedMs: row?.changedMs ?? null,
    };
  }

  return {
    entries,
    rows,
    known,
    look,
    announce,
    onChange: (listener) => void listeners.add(listener),
  };
}

const TOO_MANY = `there are more than ${SCRIPTS_MOST} scripts, and the first of them run`;

const FOUND: Readonly<Record<ScriptSwitch, string>> = {
  on: "was found on the disk and is switched on",
  off: "was changed on the disk and is switched off",
  awaiting: "came with a restore and waits for approval",
};
