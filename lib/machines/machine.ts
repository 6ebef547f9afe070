import { nameId } from "../base/ids.ts";

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

/** The part of the plant that a machine stands in: its path without the last level. */
export function areaOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/** True for the path itself and all below it; the empty path holds everything. */
export function isUnder(path: string, above: string): boolean {
  return above === "" || path === above || path.startsWith(`${above}/`);
}
