/**
 * Perch below a path of its host: `PERCH_PUBLIC_URL=https://plant.example/monitor`. Routes, links and forms are
 * written as if Perch stood at the root; here the path is taken off what comes in (a proxy may have done so
 * already) and put before what goes out. `base` is that path without a slash at its end, `""` at the root.
 */
import { PerchError } from "../../lib/base/errors.ts";
import { withBase } from "../../lib/words/base_path.ts";

/** Attributes that hold addresses; the renderer escapes quotes, so that no text looks like one. */
const ADDRESSES = /(\s(?:href|src|action|formaction|poster)=")(\/[^"]*)/g;

/** A rendered page whose links, forms, scripts and pictures lead below `base`. */
export function pageBelow(html: string, base: string): string {
  if (base === "") return html;
  return html.replace(ADDRESSES, (_, before, address) => before + withBase(address, base));
}

/**
 * Refuses a path that is one of Perch's own: of `/alarms/1` nobody could say whether a proxy took the path off.
 * @throws PerchError `validation`
 */
export function checkBase(base: string, paths: Iterable<string>): void {
  const [, first] = base.split("/");
  for (const path of paths) {
    if (base === "" || path.split("/")[1] !== first) continue;
    throw new PerchError(
      "validation",
      `PERCH_PUBLIC_URL ends in "${base}", and "/${first}" is a page of Perch: choose another path.`,
    );
  }
}
