import { DEPTH_MOST, NAME_CHARS_MOST } from "../../dialects/dialect.ts";
import type { Json } from "./content.ts";

/** A value inside of a JSON object. */
export interface Leaf {
  path: readonly string[];
  json: unknown;
}

/** Most values that are looked at in one message of a device. */
export const LEAVES_MOST = 2_000;

/** The values of an object, arrays by index; null: more of them, or nested deeper, than a message may have. */
export function leavesOf(
  json: Json,
  skips: (key: string, depth: number) => boolean = () => false,
): Leaf[] | null {
  const leaves: Leaf[] = [];
  return walk(json, [], leaves, skips) ? leaves : null;
}

function walk(
  json: object,
  path: readonly string[],
  leaves: Leaf[],
  skips: (key: string, depth: number) => boolean,
): boolean {
  if (path.length >= DEPTH_MOST) return false;
  for (const [key, value] of Object.entries(json)) {
    if (skips(key, path.length)) continue;
    if (key.length > NAME_CHARS_MOST || leaves.length >= LEAVES_MOST) return false;
    const inner = [...path, key];
    if (typeof value !== "object" || value === null) leaves.push({ path: inner, json: value });
    else if (!walk(value, inner, leaves, skips)) return false;
  }
  return true;
}
