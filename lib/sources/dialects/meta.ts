import { type Fault, isFault, shown } from "./dialect.ts";
import { timeOf } from "./time.ts";
import { numberOf } from "./value.ts";

/** What a JSON object says about its values: when, in which order, in which unit. */
export interface Meta {
  tMs?: number;
  seq?: number;
  unit?: string;
}

/** Fields of a JSON object that are about its values and no values themselves. */
export const META_KEYS: ReadonlySet<string> = new Set(["ts", "timestamp", "time", "seq", "unit"]);

const UNIT_CHARS_MOST = 16;
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Reads `ts`, `timestamp` or `time`, `seq` and `unit`. A unit that cannot be one is left out. */
export function metaOf(json: Record<string, unknown>): Meta | Fault {
  const meta: Meta = {};
  const time = json.ts ?? json.timestamp ?? json.time;
  if (time !== undefined && time !== null) {
    const found = timeOf(time);
    if (isFault(found)) return found;
    meta.tMs = found.tMs;
  }
  const seq = json.seq;
  if (seq !== undefined && seq !== null) {
    const number = typeof seq === "string" ? numberOf(seq) : seq;
    if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 0) {
      return {
        code: "bad_payload",
        message: `seq is a whole number from 0 to 9007199254740991, not ${shown(seq)}`,
      };
    }
    meta.seq = number;
  }
  const unit = json.unit;
  if (
    typeof unit === "string" && unit !== "" && unit.length <= UNIT_CHARS_MOST &&
    !CONTROL.test(unit) && unit.isWellFormed()
  ) meta.unit = unit;
  return meta;
}
