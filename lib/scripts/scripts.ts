/** The scripts of the data directory: which there are, which may run, and how they are changed. */
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { makeFolder, removeDurably, writeDurably } from "../base/durable_file.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import { createTurns } from "../base/turns.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { PageOf, PageQuery } from "../db/list.ts";
import type { EventDraft } from "../events/event.ts";
import type { EventLog } from "../events/events_store.ts";
import { scriptEvent } from "./events.ts";
import { checkName, FOLDER_OF, hashOf, pathOf, textOf } from "./folder.ts";
import { createPresent, type KnownScript, type PresentDeps, SCRIPTS_MOST } from "./present.ts";
import { createSamples } from "./samples.ts";
import {
  componentOf,
  type RunnableScript,
  type Sandbox,
  type ScriptKind,
  type ScriptRef,
} from "./script.ts";
import {
  createScriptsStore,
  type Sample,
  type ScriptRow,
  type Version,
  type VersionRow,
} from "./scripts_store.ts";

/** Who changes something, why, and what is written with it. */
export interface ScriptChange {
  actor: string;
  /** Of the text that they saw; null: there was none. */
  expectedHash: string | null;
  /** Statements of the same transaction: the audit row. */
  also?: readonly SqlStatement[];
}

export interface Scripts {
  sandbox: Sandbox;
  /** Present and allowed to run, by name. */
  runnable(kind: ScriptKind): RunnableScript[];
  /** Called after something changed that `runnable` gives. */
  onChange(listener: (kind: ScriptKind, name: string) => void): void;
  list(): KnownScript[];
  find(ref: ScriptRef): KnownScript | null;
  /** What is on disk. @throws PerchError `not_found` */
  read(ref: ScriptRef): Promise<{ source: string; hash: string }>;
  /**
   * Writes the file (temporary file, fsync, rename) and its version. It runs from then on, unless it was switched off.
   * @throws PerchError `conflict` when it is not the text any more that they saw, `validation`
   */
  write(
    ref: ScriptRef,
    source: string,
    change: Omit<ScriptChange, "also"> & {
      reason: string;
      /** Statements of the same transaction, or what gives them for the new hash. */
      also?: ScriptChange["also"] | ((hash: string) => readonly SqlStatement[]);
    },
  ): Promise<{ hash: string }>;
  /** Switches it on or off, or approves what a restore brought. @throws PerchError `conflict`, `not_found` */
  setState(ref: ScriptRef, state: "on" | "off", change: ScriptChange): Promise<void>;
  /** The file goes, its versions stay. @throws PerchError `conflict`, `not_found` */
  remove(ref: ScriptRef, change: ScriptChange): Promise<void>;
  versions(ref: ScriptRef, query?: PageQuery): Promise<PageOf<Version>>;
  /** @throws PerchError `not_found` */
  version(ref: ScriptRef, id: number): Promise<VersionRow>;
  /** The latest messages, the newest first. */
  samples(ref: ScriptRef): Promise<Sample[]>;
  addSample(ref: ScriptRef, topic: string, payload: Uint8Array, tMs: number): void;
  /** Writes the messages that are kept: when something is wrong with it, and when Perch stops. */
  keepSamples(ref?: ScriptRef): Promise<void>;
  /** Looks at the folders now. */
  look(): Promise<void>;
  task: Task;
}

export interface ScriptsDeps {
  dataDir: string;
  clock: Clock;
  log: Log;
  db: Database;
  events: Pick<EventLog, "append" | "statement">;
  sandbox: Sandbox;
  isRestored: PresentDeps["isRestored"];
}

const LOOK_MS = 2_000;
const SAMPLES_EVERY_MS = 3_600_000;

/** Looks at the folders before it answers. */
export async function createScripts(deps: ScriptsDeps): Promise<Scripts> {
  const { dataDir, clock, log, db, events, sandbox } = deps;
  const store = createScriptsStore(db);
  const samples = createSamples({ db, store, log });
  const inTurn = createTurns();
  const present = await createPresent({ ...deps, store });
  const { entries, rows, known, look, announce } = present;

  const event = (ref: ScriptRef, text: string, actor: string | null): EventDraft =>
    scriptEvent(ref, text, actor, clock.now());

  /** The text on the disk is still the one that they saw. */
  async function expect(ref: ScriptRef, expectedHash: string | null): Promise<void> {
    checkName(ref.name);
    await look();
    const now = entries.get(componentOf(ref))?.hash ?? null;
    const there = entries.has(componentOf(ref));
    if (now === expectedHash && (expectedHash !== null || !there)) return;
    if (!there) throw missing(ref);
    throw new PerchError(
      "conflict",
      expectedHash === null
        ? `${pathOf(ref)} exists already.`
        : `${pathOf(ref)} was changed meanwhile: load it again.`,
    );
  }

  await look().catch((error) => log.warn("the folders of scripts cannot be looked at", { error }));
  return {
    sandbox,
    runnable: (kind) =>
      [...entries.values()].filter((entry) => entry.kind === kind && known(entry).state === "on")
        .map(({ name, source, hash }) => ({ kind, name, source, hash: hash! })),
    onChange: present.onChange,
    list: () => [...entries.values()].map(known),
    find(ref) {
      const entry = entries.get(componentOf(ref));
      return entry === undefined ? null : known(entry);
    },
    read: (ref) =>
      inTurn(async () => {
        checkName(ref.name);
        await look();
        const entry = entries.get(componentOf(ref));
        if (entry === undefined) throw missing(ref);
        if (entry.hash === null) {
          throw new PerchError("conflict", `${pathOf(ref)} cannot be used: ${entry.problem}.`);
        }
        return { source: entry.source, hash: entry.hash };
      }),
    write: (ref, text, { actor, reason, expectedHash, also = [] }) =>
      inTurn(async () => {
        await expect(ref, expectedHash);
        if (expectedHash === null && entries.size >= SCRIPTS_MOST) {
          throw new PerchError("conflict", `There are ${SCRIPTS_MOST} scripts already.`);
        }
        const read = textOf(new TextEncoder().encode(text));
        if ("problem" in read) throw invalidSource(read.problem);
        const { source } = read;
        const hash = hashOf(source);
        await makeFolder(join(dataDir, FOLDER_OF[ref.kind]));
        await writeDurably(join(dataDir, pathOf(ref)), new TextEncoder().encode(source));
        const was = rows.get(componentOf(ref))?.state;
        const state = was === "off" ? "off" : "on";
        const nowMs = clock.now();
        const row: ScriptRow = { ...only(ref), hash, state, actor, changedMs: nowMs };
        await db.write([
          store.put(row),
          ...await store.addVersion({ ...only(ref), hash, source, tMs: nowMs, actor, reason }),
          events.statement(event(ref, `was changed (${reason})`, actor)),
          ...(typeof also === "function" ? also(hash) : also),
        ]);
        rows.set(componentOf(ref), row);
        await look();
        return { hash };
      }),
    setState: (ref, state, { actor, expectedHash, also = [] }) =>
      inTurn(async () => {
        await expect(ref, expectedHash);
        const row: ScriptRow = {
          ...only(ref),
          ...{ hash: expectedHash!, state, actor, changedMs: clock.now() },
        };
        const before = rows.get(componentOf(ref))?.state;
        const text = before === "awaiting" && state === "on"
          ? "was approved and runs"
          : `was switched ${state}`;
        await db.write([store.put(row), events.statement(event(ref, text, actor)), ...also]);
        rows.set(componentOf(ref), row);
        announce(ref);
      }),
    remove: (ref, { actor, expectedHash, also = [] }) =>
      inTurn(async () => {
        checkName(ref.name);
        if (entries.get(componentOf(ref))?.problem == null) await expect(ref, expectedHash);
        await removeDurably(join(dataDir, pathOf(ref)));
        await db.write([
          store.remove(ref),
          events.statement(event(ref, "was deleted", actor)),
          ...also,
        ]);
        rows.delete(componentOf(ref));
        samples.forget(ref);
        await look();
      }),
    versions: (ref, query = {}) => store.versions(ref, query),
    async version(ref, id) {
      const found = await store.version(ref, id);
      if (found === null) throw new PerchError("not_found", `${pathOf(ref)} has no version ${id}.`);
      return found;
    },
    samples: (ref) => samples.of(ref),
    addSample: (ref, topic, payload, tMs) => samples.add(only(ref), { topic, payload, tMs }),
    keepSamples: (ref) => samples.flush(ref),
    look: () => inTurn(look),
    task: {
      name: "scripts",
      async run(signal) {
        let keptMs = clock.monotonic();
        let failed: string | null = null;
        while (!signal.aborted) {
          const failure = await inTurn(look).then(() => null, messageOf);
          if (failure !== null && failure !== failed) {
            log.warn("the folders of scripts cannot be looked at", { error: failure });
          }
          failed = failure;
          if (clock.monotonic() - keptMs > SAMPLES_EVERY_MS) {
            keptMs = clock.monotonic();
            await samples.flush();
          }
          await clock.sleep(LOOK_MS, signal);
        }
      },
    },
  };
}

const only = ({ kind, name }: ScriptRef): ScriptRef => ({ kind, name });

function missing(ref: ScriptRef): PerchError {
  return new PerchError("not_found", `There is no ${pathOf(ref)}.`);
}

function invalidSource(problem: string): PerchError {
  return new PerchError("validation", `source: ${problem}`, {
    errors: [{ path: "source", message: problem }],
  });
}
