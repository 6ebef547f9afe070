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
  photo: Photo | null;
  /** Paths it had before it was moved: readings that still come under them are its own. */
  formerPaths: string[];
}

/** A picture of a machine; the file is in the store of photos. */
export interface Photo {
  /** Name in the store; another one for every upload. */
  file: string;
  /** MIME type. */
  type: string;
  bytes: number;
  width: number;
  height: number;
  /** What it shows, for those who do not see it. */
  alt: string;
}

/**
 * A machine as it is made: without anything that a person would enter. Its id follows from its path; where
 * a machine that was moved away has that id, it gets the next free one.
 */
export function newMachine(
  path: string,
  createdMs: number,
  isTaken: (id: string) => boolean = () => false,
): Machine {
  let id = nameId(`machine ${path}`);
  for (let i = 2; isTaken(id); i++) id = nameId(`machine ${path}#${i}`);
  return {
    id,
    path,
    name: null,
    tags: [],
    notes: "",
    review: "new",
    createdMs,
    deletedMs: null,
    photo: null,
    formerPaths: [],
  };
}

/** A machine as a thing that is changed; its path may change, its id does not. */
export function machineKey({ id }: Pick<Machine, "id">): string {
  return `machine:${id}`;
}

/** The part of the plant that a machine stands in: its path without the last level. */
export function areaOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/** True for the path itself and all below it; the empty path holds everything. */
export function isUnder(path: string, above: string): boolean {
  return above === "" || path === above || path.startsWith(`${above}/`);
}
