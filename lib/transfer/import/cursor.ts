import { cursorOf, type Place, placeOf } from "./bytes_source.ts";

/** A place in a file, and what a format remembers there, as a cursor. */
export function cursorAt(place: Place, kept?: unknown): string {
  return kept === undefined ? cursorOf(place) : `${cursorOf(place)} ${JSON.stringify(kept)}`;
}

/** What `cursorAt` wrote; null is the beginning. @throws PerchError `validation` when it is none */
export function placeAt<Kept>(cursor: string | null): { place: Place; kept: Kept | undefined } {
  const cut = cursor?.indexOf(" ") ?? -1;
  if (cursor === null || cut < 0) return { place: placeOf(cursor), kept: undefined };
  return { place: placeOf(cursor.slice(0, cut)), kept: JSON.parse(cursor.slice(cut + 1)) };
}
