import { timeOf } from "./time.ts";
import { numberOf } from "./value.ts";

/** What a JSON object says about its values: when, in which order, in which unit. */
export interface Meta {
  tMs?: number;
  /** There is a time field, but what it says is no time. */
  noTime?: string;
  seq?: number;
  unit?: string;
}

/** Times of the message, the first that is one counts. */
const TIME_KEYS = ["ts", "timestamp", "time"] as const;
/** Fields of a JSON object that are about its values and no values themselves. */
const META_KEYS: ReadonlySet<string> = new Set([...TIME_KEYS, "seq", "unit"]);
/**
 * When a bridge last heard of the device (Zigbee2MQTT), whatever it sends now: no value, and no time of the
 * values either.
 */
const LAST_SEEN_KEYS: ReadonlySet<string> = new Set(["last_seen", "lastSeen"]);
/** Tasmota's `Time` is local and names no zone: as a time it would be hours off, as a value it is none. */
const LOCAL_TIME_KEY = "Time";

const UNIT_CHARS_MOST = 16;
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Whether a field says something about the other values. */
export function isMeta(key: string, value: unknown): boolean {
  return META_KEYS.has(key) || isPassedOver(key, value);
}

/** Whether a field is a time that says nothing about when the values were measured. */
export function isPassedOver(key: string, value: unknown): boolean {
  if (key === LOCAL_TIME_KEY) return typeof value === "string";
  return LAST_SEEN_KEYS.has(key) && (typeof value !== "object" || value === null);
}

/**
 * Reads `ts`, `timestamp` or `time`, `seq` and `unit`. None of them costs the values: a time that is none is
 * reported as such, a seq or unit that cannot be one is left out.
 */
export function metaOf(json: Record<string, unknown>): Meta {
  const meta: Meta = {};
  for (const key of TIME_KEYS) {
    if (json[key] === undefined) continue;
    const found = timeOf(json[key]);
    if ("tMs" in found) {
      meta.tMs = found.tMs;
      delete meta.noTime;
      break;
    }
    meta.noTime ??= found.noTime;
  }
  const seq = typeof json.seq === "string" ? numberOf(json.seq) : json.seq;
  if (typeof seq === "number" && Number.isSafeInteger(seq) && seq >= 0) meta.seq = seq;
  const unit = unitOf(json.unit);
  if (unit !== undefined) meta.unit = unit;
  return meta;
}

/** A unit as devices write it; undefined where it cannot be one. */
export function unitOf(unit: unknown): string | undefined {
  const good = typeof unit === "string" && unit !== "" && unit.length <= UNIT_CHARS_MOST &&
    !CONTROL.test(unit) && unit.isWellFormed();
  return good ? unit : undefined;
}
