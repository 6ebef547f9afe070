import type { Database, SqlStatement } from "../db/client.ts";
import type { ClockFault } from "./device_time.ts";

/** A machine whose devices gave times that are not believed. Its readings were kept at their time of arrival. */
export interface ClockNote {
  machine: string;
  source: string;
  fault: ClockFault;
  /** The latest such time as it was given. */
  written: string;
  /** How far ahead it was, ms; 0 for the other faults. */
  aheadMs: number;
  /** Readings since the first of them. */
  count: number;
  firstMs: number;
  lastMs: number;
}

/** Notes about devices' clocks from before the start. */
export async function loadClockNotes(
  db: Pick<Database, "query">,
  afterMs: number,
): Promise<ClockNote[]> {
  const { rows } = await db.query({
    sql: "select machine, source, fault, written, ahead_ms, count, first_ms, last_ms " +
      "from device_clocks where last_ms > ? order by last_ms",
    args: [afterMs],
  });
  return rows.map((row) => ({
    machine: String(row[0]),
    source: String(row[1]),
    fault: row[2] as ClockFault,
    written: String(row[3]),
    aheadMs: Number(row[4]),
    count: Number(row[5]),
    firstMs: Number(row[6]),
    lastMs: Number(row[7]),
  }));
}

export function putClockNote(note: ClockNote): SqlStatement {
  return {
    sql: "insert or replace into device_clocks(machine, source, fault, written, ahead_ms, count, " +
      "first_ms, last_ms) values (?,?,?,?,?,?,?,?)",
    args: [
      note.machine,
      note.source,
      note.fault,
      note.written,
      note.aheadMs,
      note.count,
      note.firstMs,
      note.lastMs,
    ],
  };
}

/** Deletes notes up to this time; called by the house-keeping task. */
export function deleteClockNotes(upToMs: number): SqlStatement {
  return { sql: "delete from device_clocks where last_ms <= ?", args: [upToMs] };
}
