/**
 * DESIGN: a database has one owner at a time, in one row with an epoch. A start counts the epoch up; every
 * transaction of a Perch checks first, inside itself, that the epoch is still its own, and fails else. So a
 * Perch that was replaced while it was paused or cut off stores and acknowledges nothing more, whatever it
 * believes. The check reads one row and writes nothing.
 *
 * For a file, the lock of its folder says whether the owner before still lives. A libSQL server has no such lock:
 * there the owner gives a sign of life every few seconds, and a start waits as long as it could still be alive,
 * except where it can know better: the same place (host and data directory) is locked by whoever starts there.
 */
import { PerchError } from "../base/errors.ts";
import type { SqlStatement } from "./client.ts";
import type { Connection } from "./connection.ts";
import { FAIL, OVERFLOW } from "./fail.ts";
import { leaseOfOwner, NOW_MS } from "./nodes.ts";

/** Who starts. */
export interface Claimant {
  host: string;
  pid: number;
  /** Names host and data directory; empty: known to nobody. */
  place: string;
  sinceMs: number;
}

/** On a server, an owner that gave no sign of life for this long is considered dead, unless it says otherwise. */
export const BEAT_LIVES_MS = 12_000;
/** It gives one three times in that time, and stops by itself when two of the three were not answered. */
export const BEATS = 3;
const LOOK_MS = 500;

interface OwnerRow {
  epoch: number;
  host: string;
  pid: number;
  place: string;
  sinceMs: number;
  beatMs: number;
  /** Since the last sign of life. */
  silentMs: number;
}

/** True when the migrations have made the table. */
export async function hasOwners(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query({
    sql: "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'owner'",
  });
  return rows.length > 0;
}

/**
 * Makes `me` the owner and gives the epoch. @throws PerchError `not_started` that says who has it
 */
export async function claim(
  connection: Connection,
  me: Claimant,
  sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
): Promise<number> {
  const before = await ownerRow(connection);
  if (before !== null && connection.kind === "server") {
    const livesMs = await leaseOfOwner(connection) ?? BEAT_LIVES_MS;
    if (mayLive(before, me, livesMs)) await waitForSilence(connection, before, livesMs, sleep);
  }
  const beat = connection.kind === "server" ? NOW_MS : "0";
  const values = [me.host, me.pid, me.place, me.sinceMs];
  const [changed] = await connection.write([
    before === null
      ? {
        sql: "INSERT OR IGNORE INTO owner (id, epoch, host, pid, place, since_ms, beat_ms) " +
          `VALUES (1, 1, ?, ?, ?, ?, ${beat})`,
        args: values,
      }
      : {
        sql: "UPDATE owner SET epoch = epoch + 1, host = ?, pid = ?, place = ?, since_ms = ?, " +
          `beat_ms = ${beat} WHERE id = 1 AND epoch = ?`,
        args: [...values, before.epoch],
      },
  ]);
  if (changed.rowsAffected === 1) return (before?.epoch ?? 0) + 1;
  throw inUse(await ownerRow(connection));
}

function mayLive(owner: OwnerRow, me: Claimant, livesMs: number): boolean {
  if (owner.beatMs === 0) return false;
  if (me.place !== "" && owner.place === me.place) return false;
  // A server whose clock was set back: silence is then measured here.
  return owner.silentMs < livesMs;
}

/** Returns when the owner has given no sign for its time. @throws PerchError when it does */
async function waitForSilence(
  connection: Connection,
  owner: OwnerRow,
  livesMs: number,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  const silentMs = Math.max(0, owner.silentMs);
  for (let waitedMs = 0; silentMs + waitedMs < livesMs; waitedMs += LOOK_MS) {
    await sleep(LOOK_MS);
    const now = await ownerRow(connection);
    if (now?.beatMs === 0) return;
    if (now?.beatMs !== owner.beatMs || now.epoch !== owner.epoch) throw inUse(now);
  }
}

async function ownerRow(connection: Connection): Promise<OwnerRow | null> {
  const { rows } = await connection.query({
    sql: "SELECT epoch, host, pid, place, since_ms, beat_ms, " +
      `${NOW_MS} - beat_ms FROM owner WHERE id = 1`,
  });
  if (rows.length === 0) return null;
  const [epoch, host, pid, place, sinceMs, beatMs, silentMs] = rows[0];
  return {
    epoch: Number(epoch),
    host: String(host),
    pid: Number(pid),
    place: String(place),
    sinceMs: Number(sinceMs),
    beatMs: Number(beatMs),
    silentMs: Number(silentMs),
  };
}

function inUse(owner: OwnerRow | null): PerchError {
  const what = `The database is in use by ${ownerText(owner)}`;
  return new PerchError(
    "not_started",
    `${what}. Stop that one first, or give this one a database of its own (DATABASE_URL). Nothing was changed.`,
    { refusal: { kind: "taken", what } },
  );
}

/** True when a start was refused because another Perch has the database. */
export function isTaken(error: unknown): boolean {
  return error instanceof PerchError && error.refusal?.kind === "taken";
}

/** Who holds a database, as people read it. */
export function ownerText(owner: Pick<OwnerRow, "host" | "pid" | "sinceMs"> | null): string {
  return owner === null
    ? "another Perch"
    : `Perch on ${owner.host} (process ${owner.pid} since ${
      new Date(owner.sinceMs).toISOString()
    })`;
}

/** The first statement of every transaction: fails unless `epoch` is still that of the owner. */
export function fence(epoch: number): SqlStatement {
  return {
    sql: "SELECT CASE WHEN (SELECT epoch FROM owner WHERE id = 1) = ? THEN 1 ELSE " + FAIL + " END",
    one: true,
    args: [epoch],
  };
}

/** After a transaction failed: the reason when it was the fence, else null. */
export async function fencedOut(
  connection: Connection,
  epoch: number,
  error: unknown,
): Promise<PerchError | null> {
  if (!(error instanceof PerchError) || !OVERFLOW.test(error.message)) return null;
  const owner = await ownerRow(connection);
  return owner?.epoch === epoch ? null : replaced(owner);
}

/** Gives a sign of life. The reason when another has taken over, else null. */
export async function beat(connection: Connection, epoch: number): Promise<PerchError | null> {
  const [{ rowsAffected }] = await connection.write([{
    sql: `UPDATE owner SET beat_ms = ${NOW_MS} WHERE id = 1 AND epoch = ?`,
    args: [epoch],
  }]);
  return rowsAffected === 1 ? null : replaced(await ownerRow(connection));
}

/** Says on a server that the owner has ended, so that the next start does not wait. */
export async function resign(connection: Connection, epoch: number): Promise<void> {
  await connection.write([{
    sql: "UPDATE owner SET beat_ms = 0 WHERE id = 1 AND epoch = ?",
    args: [epoch],
  }]);
}

function replaced(owner: OwnerRow | null): PerchError {
  return new PerchError(
    "storage_failed",
    `this Perch is not the owner of the database any more: ${
      ownerText(owner)
    } is. Nothing is stored or ` +
      "acknowledged here, and this one ends",
    { retryAfterS: 60 },
  );
}
