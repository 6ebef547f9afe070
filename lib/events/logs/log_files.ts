import { join } from "node:path";
import type { SteadyClock } from "../../base/steady_clock.ts";
import { writeAll } from "../../base/write_all.ts";
import type { Log, LogEntry } from "../../base/log.ts";
import { belongToFolder } from "../../base/owner.ts";
import type { Task } from "../../base/supervisor.ts";
import { createTurns } from "../../base/turns.ts";
import { createWake } from "../../base/wake.ts";
import { DAY_MS } from "../../words/times.ts";
import { isPrivate, type LoggedEvent } from "../event.ts";
import { type Line, lineOfEntry, lineOfEvent, LOG_FILES, type LogFile } from "./lines.ts";
import {
  currentName,
  isDue,
  oldestOf,
  outdated,
  parseRotated,
  type Rotated,
  rotatedName,
  type RotationLimits,
} from "./rotation.ts";

/*
 * DESIGN. Copies for people and for programs that read files: what counts is in the database and in the journal.
 * So nothing waits for them. A line goes into a bounded buffer; two seconds later the task appends what came, without
 * fsync, one open and one write per file. What cannot be written is counted and dropped, said once, and tried again
 * after half a minute: a full disk or a folder of another user never stops Perch.
 */

/** The JSON-lines files in `<data>/logs`. */
export interface LogFiles {
  /** Takes an event after its COMMIT, unless it concerns one person alone; cheap, never throws. */
  event(event: LoggedEvent): void;
  /** Takes what Perch says of itself at `warn` and `error`; cheap, never throws. */
  entry(entry: LogEntry): void;
  /** Sizes and ages; asked at each write. */
  setLimits(limits: () => RotationLimits): void;
  /** Writes what waits. Resolves also when that is not possible. */
  flush(): Promise<void>;
  /** Deletes the oldest files that were put aside until so many bytes are free; gives how many were freed. */
  clean(bytes: number): Promise<number>;
  /** Lines that were lost since the start. */
  dropped(): number;
  task: Task;
}

export interface LogFilesOptions {
  folder: string;
  clock: Pick<SteadyClock, "now" | "monotonic" | "sleep" | "deletionMs">;
  /** Where it is said that lines cannot be written; must not lead back here. */
  log: Pick<Log, "warn">;
}

const FLUSH_MS = 2_000;
const AFTER_FAULT_MS = 30_000;
/** Losses to a storm are said at most so often. */
const SAY_EVERY_MS = 10 * 60_000;
/** Of one file; a storm of events is not let into memory. */
const WAITING_CHARS_MOST = 512 * 1024;
const MEGABYTE = 1_000_000;
const DEFAULT_LIMITS: RotationLimits = {
  fileBytes: 5 * MEGABYTE,
  totalBytes: 50 * MEGABYTE,
  keepMs: 30 * DAY_MS,
};

/** What waits for one file, and how writing it goes. */
interface Waiting {
  lines: string[];
  chars: number;
  /** Lines that nobody was told of yet. */
  lost: number;
  saidMs: number;
  /** When writing failed; null: it works. */
  faultMs: number | null;
}

/** Log files of a folder, which is made with the first line. */
export function createLogFiles(options: LogFilesOptions): LogFiles {
  const { folder, clock, log } = options;
  const waiting = new Map<LogFile, Waiting>(LOG_FILES.map((file) => [file, {
    lines: [],
    chars: 0,
    lost: 0,
    saidMs: -Infinity,
    faultMs: null,
  }]));
  /** When the first line of each current file was written, as far as it is known. */
  const sinceMs = new Map<LogFile, number>();
  const inTurn = createTurns();
  let limits = () => DEFAULT_LIMITS;
  const wake = createWake(clock);
  let dropped = 0;

  function take({ file, text }: Line): void {
    const buffer = waiting.get(file)!;
    if (buffer.chars + text.length > WAITING_CHARS_MOST) return lose(buffer, 1);
    buffer.lines.push(text);
    buffer.chars += text.length;
    wake.now();
  }

  function lose(buffer: Waiting, lines: number): void {
    buffer.lost += lines;
    dropped += lines;
  }

  async function flushFile(file: LogFile): Promise<void> {
    const buffer = waiting.get(file)!;
    const { lines, faultMs } = buffer;
    const waits = faultMs !== null && clock.monotonic() - faultMs < AFTER_FAULT_MS;
    if (lines.length === 0 || waits) return;
    buffer.lines = [];
    buffer.chars = 0;
    try {
      await append(file, lines);
    } catch (error) {
      lose(buffer, lines.length);
      buffer.faultMs = clock.monotonic();
      if (faultMs === null) {
        log.warn(`${join(folder, currentName(file))} cannot be written: its lines are lost`, {
          error,
        });
      }
      return;
    }
    buffer.faultMs = null;
    if (buffer.lost > 0) sayLost(file, buffer, faultMs !== null);
  }

  function sayLost(file: LogFile, buffer: Waiting, isOver: boolean): void {
    if (!isOver && clock.monotonic() - buffer.saidMs < SAY_EVERY_MS) return;
    const why = isOver ? "it could not be written" : "they came faster than it is written";
    const message = `${buffer.lost} lines of ${currentName(file)} were lost: ${why}`;
    log.warn(message);
    take(lineOfEntry({ tsMs: clock.now(), level: "warn", part: "logs", message, fields: {} }));
    buffer.lost = 0;
    buffer.saidMs = clock.monotonic();
  }

  async function flushAll(): Promise<void> {
    for (const file of LOG_FILES) await flushFile(file);
  }

  async function append(file: LogFile, lines: readonly string[]): Promise<void> {
    await makeFolder(folder);
    const path = join(folder, currentName(file));
    const nowMs = clock.now();
    const bytes = await sizeOf(path);
    if (!sinceMs.has(file)) sinceMs.set(file, await modifiedMs(path) ?? nowMs);
    if (isDue({ bytes, sinceMs: sinceMs.get(file)! }, nowMs, limits())) {
      await Deno.rename(path, join(folder, rotatedName(file, nowMs)));
      sinceMs.set(file, nowMs);
      await removeAll(outdated(await rotated(), clock.deletionMs(), limits()));
    }
    using handle = await Deno.open(path, { append: true, read: true, create: true, mode: 0o600 });
    const torn = await endsTorn(handle);
    await writeAll(handle, new TextEncoder().encode((torn ? "\n" : "") + lines.join("\n") + "\n"));
    if (bytes === 0) await belongToFolder(path);
  }

  async function rotated(): Promise<Rotated[]> {
    const found: Rotated[] = [];
    for await (const { name, isFile } of Deno.readDir(folder)) {
      const one = isFile ? parseRotated(name, await sizeOf(join(folder, name))) : null;
      if (one !== null) found.push(one);
    }
    return found;
  }

  /** Gives how many bytes went. */
  async function removeAll(files: readonly Rotated[]): Promise<number> {
    let freed = 0;
    for (const { name, bytes } of files) {
      const gone = await Deno.remove(join(folder, name)).then(() => true, () => false);
      if (gone) freed += bytes;
    }
    return freed;
  }

  const flush = () => inTurn(flushAll);
  return {
    event: (event) => isPrivate(event.type) ? undefined : take(lineOfEvent(event)),
    entry: (entry) => take(lineOfEntry(entry)),
    setLimits: (asked) => void (limits = asked),
    flush,
    clean: (bytes) =>
      inTurn(async () => removeAll(oldestOf(await rotated().catch(() => []), bytes))),
    dropped: () => dropped,
    task: {
      name: "log files",
      async run(signal) {
        for (;;) {
          const isEmpty = LOG_FILES.every((file) => waiting.get(file)!.lines.length === 0);
          if (isEmpty) await wake.sleep(DAY_MS, signal);
          await clock.sleep(FLUSH_MS, signal);
          await flush();
        }
      },
    },
  };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return;
  }
  await belongToFolder(folder);
}

/** Bytes of a file; 0 where there is none. */
async function sizeOf(path: string): Promise<number> {
  return (await Deno.lstat(path).catch(() => null))?.size ?? 0;
}

async function modifiedMs(path: string): Promise<number | null> {
  return (await Deno.lstat(path).catch(() => null))?.mtime?.getTime() ?? null;
}

const LINE_END = "\n".charCodeAt(0);

/** Whether the file ends within a line: a disk that was full, or a power cut. */
async function endsTorn(file: Deno.FsFile): Promise<boolean> {
  const { size, isFile } = await file.stat();
  // A pipe would keep every later line waiting.
  if (!isFile) throw new Error("it is no file");
  if (size === 0) return false;
  await file.seek(size - 1, Deno.SeekMode.Start);
  const last = new Uint8Array(1);
  return await file.read(last) === 1 && last[0] !== LINE_END;
}
