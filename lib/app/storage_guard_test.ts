import assert from "node:assert/strict";
import { join } from "node:path";
import { PerchError } from "../base/errors.ts";
import { createLog, type LogEntry } from "../base/log.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import type { Room } from "./room.ts";
import { createStorageGuard, type StorageGuard } from "./storage_guard.ts";
import type { Storage } from "./storage.ts";
import { createStorageTroubles, type StorageTroubles } from "./storage_troubles.ts";

const MB = 1_000_000;

interface Guarded {
  guard: StorageGuard;
  troubles: StorageTroubles;
  /** Bytes of the reserve on the disk. */
  reserve: () => number;
  setFree: (bytes: number) => void;
  log: LogEntry[];
}

/** A guard over a disk of 100 GB of which the reserve is real and the room is told. */
async function onDisk(work: (guarded: Guarded) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-guard-" });
  let room: Room = { freeBytes: 13_000 * MB, totalBytes: 100_000 * MB };
  const log: LogEntry[] = [];
  const troubles = createStorageTroubles();
  const guard = createStorageGuard({
    clock: fakeClock(),
    log: createLog({ level: "debug", now: () => 0, sink: (entry) => void log.push(entry) }),
    troubles,
    url: `file:${dataDir}/perch.db`,
    dataDir,
    room: () => Promise.resolve(room),
  });
  const reserve = () => {
    try {
      return Deno.statSync(join(dataDir, "reserve")).size;
    } catch {
      return 0;
    }
  };
  try {
    await guard.begin();
    const setFree = (freeBytes: number) => void (room = { ...room, freeBytes });
    await work({ guard, troubles, reserve, setFree, log });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("the reserve is not given up while there is room", () =>
  onDisk(async ({ guard, troubles, reserve, log }) => {
    assert.equal(await guard.giveReserve(), "later");
    await guard.begin();
    assert.equal(reserve(), 8 * MB);
    assert.equal(troubles.worst(), null);
    assert.deepEqual(log, []);
  }));

Deno.test("the reserve is given up where little is free, and comes back when there is room", () =>
  onDisk(async ({ guard, troubles, reserve, setFree, log }) => {
    setFree(15 * MB);
    assert.equal(await guard.giveReserve(), 8 * MB);
    assert.equal(reserve(), 0);
    const { message } = log.find(({ message }) => /reserve/.test(message))!;
    assert.match(message, /is nearly full: the reserve is given up until there is room/);
    setFree(23 * MB);
    await guard.begin();
    assert.equal(reserve(), 0, "no room for it yet");
    setFree(13_000 * MB);
    await guard.begin();
    assert.equal(reserve(), 8 * MB);
    assert.equal(troubles.worst(), null);
  }));

Deno.test("upkeep that finds nothing to do does not show that writing works again", () =>
  onDisk(async ({ guard, log }) => {
    const locked = () =>
      Promise.reject(new PerchError("storage_failed", "SQLITE_BUSY: database is locked"));
    let append: () => Promise<unknown> = locked;
    const { readings } = guard.around({
      db: {},
      readings: {
        append: () => append(),
        compact: () => Promise.resolve(false),
        retain: () => Promise.resolve({ chunks: 0 }),
        forget: () => Promise.resolve({ readings: 0 }),
      },
    } as unknown as Storage);
    await assert.rejects(readings.append({} as never, []), /locked/);
    await readings.compact();
    await readings.retain({ nowMs: 0 });
    await readings.forget(1);
    assert.match(guard.refusal()?.message ?? "none", /locked/);
    append = () => Promise.resolve();
    await readings.append({} as never, []);
    assert.equal(guard.refusal(), null);
    assert.match(log.at(-1)!.message, /storage works again/);
  }));
