/** Asks this Perch, which may stand below a path of its host: the one door to the network of all islands. */
import { withBase, withoutBase } from "../lib/words/base_path.ts";

/** The path below which this Perch stands; `""` at the root. */
export const base: string = typeof document === "undefined"
  // A worker is a file of Perch.
  ? globalThis.location?.pathname.split("/static/")[0] ?? ""
  : document.body.dataset.base ?? "";

/** A path of Perch (`/api/alarms`) as the browser asks for it. */
export function at(path: string): string {
  return withBase(path, base);
}

/** `fetch` of a path of Perch. */
export function fetchOwn(path: string, init?: RequestInit): Promise<Response> {
  return fetch(at(path), init);
}

/** The page that is shown, as a path of Perch with its query. */
export function here(): string {
  return withoutBase(location.pathname, base) + location.search;
}
