import { nameId } from "../base/ids.ts";
import type { SqlStatement } from "../db/client.ts";

/** A machine. Its place in the plant (site, area, line) is its path, level by level. */
export interface Machine {
  id: string;
  /** `<area…>/<machine>`. */
  path: string;
  /** What people call it; null: the path's last level. */
  name: string | null;
  tags: string[];
  notes: string;
  /** "new" until a person confirms it. */
  review: "new" | "confirmed";
  createdMs: number;
  deletedMs: number | null;
}

/** A machine as it is made: without anything that a person would say about it. */
export function newMachine(path: string, createdMs: number): Machine {
  return {
    id: nameId(`machine ${path}`),
    path,
    name: null,
    tags: [],
    notes: "",
    review: "new",
    createdMs,
    deletedMs: null,
  };
}

/** Writes the row of a machine that appeared by itself; what a person wrote meanwhile stays. */
export function addMachineStatement(machine: Machine): SqlStatement {
  return insert(machine, "do nothing");
}

/** Writes a machine's row, new or changed. */
export function putMachineStatement(machine: Machine): SqlStatement {
  return insert(
    machine,
    "do update set name = excluded.name, tags = excluded.tags, notes = excluded.notes, " +
      "review = excluded.review, deleted_ms = excluded.deleted_ms",
  );
}

function insert(machine: Machine, onConflict: string): SqlStatement {
  return {
    sql: "insert into machines(path, id, name, tags, notes, review, created_ms, deleted_ms) " +
      `values (?,?,?,?,?,?,?,?) on conflict(path) ${onConflict}`,
    args: [
      machine.path,
      machine.id,
      machine.name,
      JSON.stringify(machine.tags),
      machine.notes,
      machine.review,
      machine.createdMs,
      machine.deletedMs,
    ],
  };
}

/** The part of the plant that a machine stands in: its path without the last level. */
export function areaOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/** True for the path itself and all below it; the empty path holds everything. */
export function isUnder(path: string, above: string): boolean {
  return above === "" || path === above || path.startsWith(`${above}/`);
}
