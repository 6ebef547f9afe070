import assert from "node:assert/strict";
import { join } from "node:path";
import { type Connection, openConnection } from "./connection.ts";
import { readWalIndex, scanWal, walLoss } from "./wal.ts";

const FRAME = 24 + 1024;
const COMMITS = 6;

/** A log of six transactions of some frames each, beside the connection that has it open. */
async function withLog(
  use: (path: string, ends: number[], connection: Connection) => Promise<void> | void,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "perch-wal-" });
  const path = join(dir, "perch.db");
  const connection = await openConnection({ url: `file:${path}` });
  try {
    await connection.write([{ sql: "CREATE TABLE t (x BLOB)" }]);
    await connection.query({ sql: "PRAGMA wal_checkpoint(TRUNCATE)" });
    const ends: number[] = [];
    for (let i = 0; i < COMMITS; i++) {
      await connection.write([{ sql: "INSERT INTO t VALUES (randomblob(3000))" }]);
      ends.push(scanWal(`${path}-wal`).lastCommit);
    }
    await use(path, ends, connection);
  } finally {
    await connection.close();
    await Deno.remove(dir, { recursive: true });
  }
}

/** What would be lost by a start on a copy of the log after `damage`. */
function lossAfter(
  path: string,
  damage: (log: Uint8Array) => Uint8Array | void,
  index = true,
) {
  const log = Deno.readFileSync(`${path}-wal`);
  Deno.writeFileSync(`${path}.copy`, damage(log) ?? log);
  return walLoss(scanWal(`${path}.copy`), index ? readWalIndex(`${path}-shm`) : null);
}

/** Byte of a frame's page; frames count from 1. */
const inFrame = (frame: number) => 32 + (frame - 1) * FRAME + 24 + 100;
const flip = (log: Uint8Array, at: number) => void (log[at] ^= 1);

Deno.test("scanWal counts what SQLite will take", () =>
  withLog((path, ends) => {
    const scan = scanWal(`${path}-wal`);
    assert.equal(scan.header, "good");
    assert.equal(scan.lastCommit, (scan.bytes - 32) / FRAME);
    assert.deepEqual([scan.framesBehind, scan.commitsBehind], [0, 0]);
    assert.equal(new Set(ends).size, COMMITS);
    const index = readWalIndex(`${path}-shm`);
    assert.deepEqual(index, { salts: scan.salts, lastCommit: scan.lastCommit, copied: 0 });
    assert.equal(scanWal(`${path}-nothing`).header, "none");
  }));

Deno.test("walLoss finds nothing in a whole log, after a checkpoint, and in a log that began anew", () =>
  withLog(async (path, _ends, connection) => {
    const now = () => walLoss(scanWal(`${path}-wal`), readWalIndex(`${path}-shm`));
    assert.equal(now(), null);
    for (const mode of ["PASSIVE", "FULL", "RESTART", "TRUNCATE"]) {
      await connection.query({ sql: `PRAGMA wal_checkpoint(${mode})` });
      assert.equal(now(), null, mode);
      await connection.write([{ sql: "INSERT INTO t VALUES (1)" }]);
      assert.equal(now(), null, `${mode}, then a transaction`);
      assert.equal(walLoss(scanWal(`${path}-wal`), null), null, `${mode}, without the index`);
    }
  }));

Deno.test("walLoss with the index reports every bit of a log that is wrong", () =>
  withLog((path, ends) => {
    const last = ends.at(-1)!;
    for (let frame = 1; frame <= last; frame++) {
      const before = Math.max(0, ...ends.filter((end) => end < frame));
      const loss = lossAfter(path, (log) => flip(log, inFrame(frame)));
      assert.equal(loss?.frames, last - before, `frame ${frame}`);
      assert.equal(loss?.commits, ends.filter((end) => end >= frame).length, `frame ${frame}`);
      const cut = lossAfter(path, (log) => log.subarray(0, inFrame(frame)));
      assert.equal(cut?.frames, last - before, `cut in frame ${frame}`);
    }
    for (let at = 0; at < 32; at++) {
      assert.ok(lossAfter(path, (log) => flip(log, at)), `byte ${at}`);
    }
  }));

Deno.test("walLoss without the index is silent about a torn end, and only about that", () =>
  withLog((path, ends) => {
    const [first, second, , , lastButOne, last] = ends;
    const torn = lossAfter(path, (log) => flip(log, inFrame(lastButOne + 1)), false);
    assert.equal(torn, null, "frames of the last transaction are missing, its end is there");
    for (let frame = lastButOne + 1; frame <= last; frame++) {
      assert.equal(lossAfter(path, (log) => log.subarray(0, inFrame(frame)), false), null);
      assert.equal(lossAfter(path, (log) => flip(log, inFrame(frame)), false), null);
    }
    for (let frame = 1; frame <= lastButOne; frame++) {
      assert.ok(lossAfter(path, (log) => flip(log, inFrame(frame)), false), `frame ${frame}`);
    }
    const loss = lossAfter(path, (log) => flip(log, inFrame(first + 1)), false);
    assert.deepEqual(loss, { frames: last - first, commits: COMMITS - 1 });
    // What an older log left behind the end has other salts.
    const older = lossAfter(path, (log) => {
      for (let frame = second + 1; frame <= last; frame++) log[32 + (frame - 1) * FRAME + 8] ^= 255;
    }, false);
    assert.equal(older, null);
  }));

/** Its header lies across two sectors, the first of which ends before the salts. */
const SPLIT = 42;

Deno.test("walLoss without the index does not take a commit of an older log for one, where a sector ends in a header", () =>
  withLog(async (path, ends, connection) => {
    await connection.write([{ sql: "INSERT INTO t VALUES (randomblob(50000))" }]);
    const lastButOne = ends.at(-1)!;
    assert.ok(lastButOne < SPLIT && scanWal(`${path}-wal`).lastCommit > SPLIT);
    const torn = (log: Uint8Array) => {
      flip(log, inFrame(lastButOne + 1));
      log[32 + (SPLIT - 1) * FRAME + 7] = 9;
    };
    assert.equal(lossAfter(path, torn, false), null);
  }));

Deno.test("walLoss without the index counts a commit whose header lies across sectors", () =>
  withLog(async (path, ends, connection) => {
    for (let last = ends.at(-1)!; last < SPLIT + 1; last = ends.at(-1)!) {
      await connection.write([{ sql: "INSERT INTO t VALUES (1)" }]);
      ends.push(scanWal(`${path}-wal`).lastCommit);
    }
    assert.ok(ends.includes(SPLIT));
    const loss = lossAfter(path, (log) => flip(log, inFrame(SPLIT - 1)), false);
    assert.equal(loss?.commits, ends.filter((end) => end >= SPLIT - 1).length);
  }));

Deno.test("walLoss reports a log that is missing or was emptied before it was copied into the database", () =>
  withLog(async (path, ends, connection) => {
    const gone = () => walLoss(scanWal(`${path}-gone`), readWalIndex(`${path}-shm`));
    assert.equal(gone()?.frames, ends.at(-1));
    await connection.query({ sql: "PRAGMA wal_checkpoint(FULL)" });
    assert.equal(gone(), null);
  }));

Deno.test("readWalIndex trusts nothing that has no checksum", () =>
  withLog((path) => {
    const index = Deno.readFileSync(`${path}-shm`);
    for (let at = 0; at < 96; at++) {
      Deno.writeFileSync(`${path}.index`, index.map((byte, i) => i === at ? byte ^ 4 : byte));
      assert.equal(readWalIndex(`${path}.index`), null, `byte ${at}`);
    }
    Deno.writeFileSync(`${path}.index`, index.subarray(0, 99));
    assert.equal(readWalIndex(`${path}.index`), null);
  }));
