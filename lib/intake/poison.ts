import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { makeFolder, removeDurably, writeDurably } from "../base/durable_file.ts";
import { type InFlightNotes, type Noted, openInFlightNotes } from "./in_flight_notes.ts";
import type { Origin } from "./refusals.ts";

/*
 * DESIGN
 * A message that ends the process (out of memory, a fault in a decoder) comes again from its broker, and ends it
 * again. Large messages are therefore noted in a file before they are read, and taken out when they are
 * decided on: two small writes, no fsync, none for messages below LARGE_BYTES. What stands in the file at a
 * start was being read when the process ended. Such a suspect is read alone, so that the next end, if there
 * is one, is its own. After ENDS_MOST ends it is not read any more: it goes to <data>/quarantine as it came
 * and is acknowledged. Removing its file there lets it be tried again.
 */

const LARGE_BYTES = 16 * 1024;
const ENDS_MOST = 2;
/** Most messages that are kept; the oldest make room. */
const FILES_MOST = 20;

/** What to do with a message: read it (and say `end` with its note), leave it for later, or set it aside. */
export type Begun = { do: "read"; noted: Noted | null } | { do: "wait" } | {
  do: "aside";
  id: string;
};

export interface Quarantine {
  /** Messages that are set aside at the moment. */
  count: number;
  /** Topic or path of the latest since the start; null: none since then. */
  latest: string | null;
}

export interface PoisonWatch {
  begin(topic: string, payload: Uint8Array | string): Begun;
  end(noted: Noted): void;
  /** Resolves when the message is on the disk. Rejects when it cannot be kept: it is not to be acknowledged. */
  setAside(id: string, origin: Origin, payload: Uint8Array | string): Promise<void>;
  quarantine(): Quarantine;
  close(): void;
}

export interface PoisonDeps {
  dataDir: string;
  /** What differs after a restart of the host. */
  boot: string;
  onError(error: unknown): void;
  /** A message was set aside for the first time. */
  onAside(origin: Origin, file: string): void;
}

/** Opens the notes and the quarantine of a data directory. */
export function openPoisonWatch(deps: PoisonDeps): PoisonWatch {
  const folder = join(deps.dataDir, "quarantine");
  const notes = openInFlightNotes(join(deps.dataDir, "inflight.notes"), deps.boot, deps.onError);
  const kept = keptIn(folder);
  let latest: string | null = null;

  function isKept(id: string): boolean {
    if (!kept.has(id)) return false;
    if (exists(fileOf(folder, id))) return true;
    kept.delete(id);
    return false;
  }

  return {
    begin(topic, payload) {
      if (payload.length < LARGE_BYTES) return { do: "read", noted: null };
      const id = idOf(topic, payload);
      if (isKept(id)) return { do: "aside", id };
      const known = notes.find(id);
      if (known !== undefined && known.ends >= ENDS_MOST) return { do: "aside", id };
      if (mustWait(notes, known)) return { do: "wait" };
      return { do: "read", noted: notes.begin(id) ?? null };
    },
    end: (noted) => notes.end(noted),
    async setAside(id, origin, payload) {
      if (isKept(id)) return;
      const file = fileOf(folder, id);
      await makeFolder(folder);
      await writeDurably(file, new TextEncoder().encode(letterOf(origin, payload)));
      kept.add(id);
      const known = notes.find(id);
      if (known !== undefined) notes.clear(known);
      latest = origin.topic;
      deps.onAside(origin, file);
      for (const old of [...kept].slice(0, Math.max(0, kept.size - FILES_MOST))) {
        kept.delete(old);
        await removeDurably(fileOf(folder, old));
      }
    },
    quarantine() {
      for (const id of [...kept]) isKept(id);
      return { count: kept.size, latest };
    },
    close: () => notes.close(),
  };
}

/** A suspect is read alone among the large messages. */
function mustWait(notes: InFlightNotes, message: Noted | undefined): boolean {
  const reading = notes.all().filter(({ inFlight }) => inFlight > 0);
  const isSuspect = message !== undefined && message.ends > 0;
  return isSuspect ? reading.length > 0 : reading.some(({ ends }) => ends > 0);
}

function idOf(topic: string, payload: Uint8Array | string): string {
  return createHash("sha256").update(topic).update("\n").update(payload).digest("hex").slice(0, 32);
}

/** A dead letter with all of its payload. */
function letterOf({ tsMs, source, topic }: Origin, payload: Uint8Array | string): string {
  return JSON.stringify({
    ts: new Date(tsMs).toISOString(),
    source,
    topic,
    code: "quarantined",
    message: `Perch ended ${ENDS_MOST} times while it was reading this`,
    payloadBase64: Buffer.from(payload).toString("base64"),
  }) + "\n";
}

function fileOf(folder: string, id: string): string {
  return join(folder, `${id}.json`);
}

/** Ids of the messages that are kept, oldest first. */
function keptIn(folder: string): Set<string> {
  try {
    return new Set(
      [...Deno.readDirSync(folder)]
        .map(({ name }) => /^([0-9a-f]{32})\.json$/.exec(name)?.[1])
        .filter((id) => id !== undefined)
        .map((id) => ({ id, at: Deno.statSync(fileOf(folder, id)).mtime?.getTime() ?? 0 }))
        .sort((a, b) => a.at - b.at)
        .map(({ id }) => id),
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Set();
    throw error;
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The id of this boot of the host; empty where the system does not say. */
export function bootId(): string {
  try {
    return Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim().slice(0, 24);
  } catch {
    return "";
  }
}
