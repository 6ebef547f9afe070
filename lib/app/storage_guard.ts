import { dirname } from "node:path";
import { statfs } from "node:fs/promises";
import type { Clock } from "../base/clock.ts";
import { PerchError, type RefusalKind } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { createReserveFile, type ReserveFile } from "../base/reserve_file.ts";
import type { Task } from "../base/supervisor.ts";
import type { Database } from "../db/client.ts";
import { probeWrite } from "../db/quick_check.ts";
import { judgeRoom, type Room, type RoomLimits, roomLimits } from "./room.ts";
import type { Storage } from "./storage.ts";
import { folderFault, isFull, isStorageFault } from "./storage_faults.ts";
import type { StorageTroubles } from "./storage_troubles.ts";

/*
 * DESIGN. Once a second the guard looks at the room on the disk (`room.ts` decides) and, while a write has
 * failed, writes a small row to find out whether writing works again: nobody has to send a reading for that.
 * Meanwhile readings are refused at the door with the reason, instead of each group failing by itself; other
 * writes are tried. A write for which there is no room frees the reserve and is done once more. Upkeep that
 * came to its end shows nothing: it may have found nothing to write.
 */

export interface StorageGuardDeps {
  clock: Clock;
  log: Log;
  troubles: StorageTroubles;
  /** URL of the database. */
  url: string;
  dataDir: string;
  /** The backup that helps and its command, as sentences; null: there is none. Default: none is looked for. */
  wayOut?: (kind: RefusalKind) => Promise<string | null>;
  /** For tests: instead of asking the file system. Null: it does not say. */
  room?: (folder: string) => Promise<Room | null>;
}

export interface StorageGuard {
  /** Frees the reserve where there is no room to open the database without it. */
  begin(): Promise<void>;
  /** The same storage; what fails is noticed. From now on `task` can find out when it works again. */
  around(storage: Storage): Storage;
  /** Why no readings are accepted now, as their sender reads it; null: they are. Cheap. */
  refusal(): PerchError | null;
  /**
   * For a host in need: gives the room of the reserve away where little is free, until there is room for it again.
   * The bytes that it held; `later` while it would not help.
   */
  giveReserve(): Promise<number | "later">;
  /** Sizes in MB; asked at each look. */
  setSizes(sizes: () => { reserveMb: number; floorMb: number }): void;
  /** Called when readings are taken again. */
  onWell(listener: () => void): void;
  readonly task: Task;
}

const LOOK_MS = 1_000;
/** The way out is looked for anew after so long: it reads the receipts of all backups. */
const WAY_MS = 15_000;
const REPORT_EVERY_MS = 60_000;
/** A reserve that cannot be made, or was freed although there seemed to be room, is left alone for so long. */
const RESERVE_PAUSE_MS = 60_000;
export const RESERVE_MB = 8;
export const FLOOR_MB = 16;

export function createStorageGuard(deps: StorageGuardDeps): StorageGuard {
  const { clock, log, troubles, url } = deps;
  const database = url.startsWith("file:") ? url.slice("file:".length) : null;
  const folder = database === null ? deps.dataDir : dirname(database);
  const readRoom = deps.room ?? roomOf;
  const listeners = new Set<() => void>();
  let sizes = () => ({ reserveMb: RESERVE_MB, floorMb: FLOOR_MB });
  let reserve: ReserveFile | null = null;
  let full: PerchError | null = null;
  /** So little is free that no readings are taken. */
  let isTight = false;
  let failed: PerchError | null = null;
  /** The same without its way out, as it happened. */
  let failure: PerchError | null = null;
  let db: Database | null = null;
  let reportedMs = -REPORT_EVERY_MS;
  let noReserveBeforeMs = -Infinity;
  /** The system's answer when the folder was written to. */
  let cause: string | null = null;
  let causeMs = -Infinity;

  const ways = new Map<RefusalKind, { text: string; atMs: number }>();
  /** The way out, with a space before it; empty: there is none. */
  async function wayOf(kind: RefusalKind): Promise<string> {
    const known = ways.get(kind);
    if (known !== undefined && clock.monotonic() - known.atMs < WAY_MS) return known.text;
    const found = await deps.wayOut?.(kind).catch(() => null) ?? null;
    const text = found === null ? "" : ` ${found}`;
    ways.set(kind, { text, atMs: clock.monotonic() });
    return text;
  }

  /** Says a change in the log, at most once a minute. */
  function report(level: "error" | "info", message: string): void {
    if (clock.monotonic() - reportedMs < REPORT_EVERY_MS && level === "error") return;
    if (level === "error") reportedMs = clock.monotonic();
    log[level](message);
  }

  function well(before: PerchError | null): void {
    if (before === null || refusal() !== null) return;
    report("info", "storage works again; readings are accepted");
    for (const listener of listeners) listener();
  }

  async function setFull(room: Room, limits: RoomLimits, refuse: boolean): Promise<void> {
    const before = refusal();
    if (!refuse) {
      full = null;
      const missing = limits.reserveBytes > 0 && reserve!.held() === 0;
      troubles.say("space", missing ? { health: "degraded", detail: noReserve(limits) } : null);
      return well(before);
    }
    const detail = `The disk of ${folder} is full: ${megabytes(room.freeBytes)} MB are free. ` +
      `Perch keeps the last ${megabytes(limits.floorBytes)} MB for signing in, alarms and ` +
      `deleting. Remove something there.${await wayOf("full")}`;
    if (database === null) return troubles.say("space", { health: "degraded", detail });
    if (full === null) report("error", `${detail} New readings are refused.`);
    full = new PerchError("storage_full", `New readings are refused. ${detail}`, {
      retryAfterS: 10,
    });
    troubles.say("space", { health: "error", detail: full.message });
  }

  const noReserve = ({ reserveBytes }: RoomLimits) =>
    `There is no room for the reserve of ${
      megabytes(reserveBytes)
    } MB in ${folder}: when the disk ` +
    "is full, signing in and deleting may fail.";

  let looking: Promise<void> | null = null;
  const look = () => looking ??= lookOnce().finally(() => looking = null);

  async function lookOnce(): Promise<void> {
    reserve ??= createReserveFile(folder);
    const room = await readRoom(folder);
    if (room === null) return;
    const limits = roomLimits(sizes(), room.totalBytes);
    const state = { held: reserve.held() > 0, refusing: isTight };
    const decision = judgeRoom(state, room, limits);
    isTight = decision.refuse;
    if (decision.reserve === "free") freeReserve("is full: the reserve was freed");
    if (decision.reserve === "make" && clock.monotonic() >= noReserveBeforeMs) {
      await makeReserve(limits);
    }
    await setFull(room, limits, decision.refuse);
  }

  function freeReserve(words: string): boolean {
    const freed = reserve?.free() ?? false;
    if (freed) log.warn(`the disk of ${folder} ${words}`);
    return freed;
  }

  async function makeReserve({ reserveBytes }: RoomLimits): Promise<void> {
    try {
      await reserve!.make(reserveBytes);
    } catch (error) {
      noReserveBeforeMs = Math.max(noReserveBeforeMs, clock.monotonic() + RESERVE_PAUSE_MS);
      log.warn(`the reserve could not be made in ${folder}`, { error });
    }
  }

  function noteFailure(error: unknown): unknown {
    if (!isStorageFault(error)) return error;
    failure = explained(error);
    setFailed(failure);
    report("error", failure.message);
    return failed;
  }

  function setFailed(error: PerchError): void {
    failed = error;
    troubles.say("write", { health: "error", detail: error.message });
  }

  /** Adds the way out to why writes fail. */
  async function explainFailure(): Promise<void> {
    if (failure === null || database === null) return;
    const { code, message, retryAfterS } = failure;
    const way = await wayOf(code === "storage_full" ? "full" : "elsewhere");
    // Meanwhile writes may work again.
    if (way === "" || failure?.message !== message) return;
    const sentence = `${message.replace(/\.?$/, ".")}${way}`;
    setFailed(new PerchError(code, sentence, { cause: failure, retryAfterS }));
  }

  function noteSuccess(): void {
    const before = failed;
    failed = failure = null;
    troubles.say("write", null);
    well(before);
  }

  /** The error with the place and what the system says about it. */
  function explained(error: PerchError): PerchError {
    if (database === null) return error;
    // Asked once a second, however many writes fail.
    if (clock.monotonic() - causeMs >= LOOK_MS) {
      causeMs = clock.monotonic();
      cause = folderFault(folder);
    }
    const sentence = `${error.message} (${database}${cause === null ? "" : `: ${cause}`})`;
    return new PerchError(error.code, sentence, { cause: error, retryAfterS: error.retryAfterS });
  }

  /** After a write for which there was no room: whether the reserve was freed. */
  async function madeRoom(): Promise<boolean> {
    const held = reserve!.held() > 0;
    await look();
    if (reserve!.held() > 0) {
      // The system does not say that the disk is full: a quota. Not at once again.
      noReserveBeforeMs = Math.max(noReserveBeforeMs, clock.monotonic() + RESERVE_PAUSE_MS);
      freeReserve("takes no more: the reserve was freed");
    }
    return held;
  }

  /** `again`: it may be done twice. `writes`: it always writes, so that its success shows that writing works. */
  async function watched<T>(
    run: () => Promise<T>,
    { again = false, writes = true } = {},
  ): Promise<T> {
    for (let first = true;; first = false) {
      try {
        const done = await run();
        if (writes && failed !== null) noteSuccess();
        return done;
      } catch (error) {
        if (isFull(error) && await madeRoom() && first && again) continue;
        throw noteFailure(error);
      }
    }
  }

  const upkeep = <T>(run: () => Promise<T>) => watched(run, { writes: false });

  function refusal(): PerchError | null {
    return full ?? failed;
  }

  return {
    begin: look,
    around(storage) {
      const { readings } = storage;
      db = storage.db;
      return {
        ...storage,
        db: {
          ...storage.db,
          write: (all) => watched(() => storage.db.write(all), { again: true }),
        },
        readings: {
          ...readings,
          append: (group, extra) => watched(() => readings.append(group, extra)),
          retain: (options) => upkeep(() => readings.retain(options)),
          compact: () => upkeep(() => readings.compact()),
          gather: () => upkeep(() => readings.gather()),
          forget: (sensor) => upkeep(() => readings.forget(sensor)),
          moveCursor: (name, groupId, extra) =>
            watched(() => readings.moveCursor(name, groupId, extra)),
          setAside: (name, maxBytes) => upkeep(() => readings.setAside(name, maxBytes)),
        },
      };
    },
    refusal,
    async giveReserve() {
      await look();
      const bytes = reserve!.held();
      if (!isTight) return "later";
      return freeReserve("is nearly full: the reserve is given up until there is room") ? bytes : 0;
    },
    setSizes: (asked) => void (sizes = asked),
    onWell: (listener) => void listeners.add(listener),
    task: {
      name: "storage guard",
      async run(signal) {
        for (;;) {
          await look();
          if (failed !== null) {
            await watched(() => probeWrite(db!, clock.now()), { again: true }).catch(() => {});
          }
          await explainFailure();
          await clock.sleep(LOOK_MS, signal);
        }
      },
    },
  };
}

/** Room on the disk of a folder; null where the system does not say. */
export async function roomOf(folder: string): Promise<Room | null> {
  try {
    const { bsize, blocks, bavail } = await statfs(folder);
    return blocks === 0 ? null : { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return null;
  }
}

const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(1);
