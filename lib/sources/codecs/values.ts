import { isPlainName, nameFault } from "../../machines/names.ts";
import { addReject, type Decoded } from "../../readings/reading.ts";
import type { ScriptFault } from "../../scripts/script.ts";
import { isFault, shown, VALUES_MOST } from "../dialects/dialect.ts";
import { pathOf, withoutEdges } from "../dialects/level.ts";
import { unitOf } from "../dialects/meta.ts";
import { timeOf } from "../dialects/time.ts";
import { createPlaceOf } from "../dialects/topic.ts";
import { jsonValue } from "../dialects/value.ts";

/** Longest payload that a codec is given; what it makes of it has to fit into its memory. */
export const CODEC_BYTES_MOST = 256 * 1024;
/** The same of one that takes bytes: each of them is a number there. */
export const CODEC_BINARY_MOST = 64 * 1024;

/** What `decode` of a codec is called with. */
export interface CodecInput {
  topic: string;
  /** Bytes that are no UTF-8 are U+FFFD. */
  text: string;
  bytes?: number[];
  received_ms: number;
}

const lossy = new TextDecoder("utf-8");

export function codecInput(
  { topic, payload }: { topic: string; payload: Uint8Array },
  receivedMs: number,
  binary: boolean,
): CodecInput {
  const input: CodecInput = { topic, text: lossy.decode(payload), received_ms: receivedMs };
  if (binary) input.bytes = [...payload];
  return input;
}

/**
 * Returns the function that gives a topic's path, below which a codec's values are: as for other messages, where
 * the first level of a codec's filters is left out too.
 */
export function createCodecPaths(
  topics: readonly string[],
  filters: readonly string[],
): (topic: string) => string {
  const placeOf = createPlaceOf([...topics, ...filters]);
  return (topic) => {
    const place = placeOf(topic);
    if (!isFault(place)) return place.path;
    const path = pathOf(topic);
    return path.includes("/") ? path.slice(path.indexOf("/") + 1) : path;
  };
}

/**
 * What a codec answered, as drafts. A value that cannot be used costs that value; an answer of another form is the
 * codec's fault.
 * @param path that of the topic
 */
export function decodedOf(answer: unknown, path: string): Decoded | ScriptFault {
  if (!Array.isArray(answer)) return shape(`decode gives a list of values, not ${shown(answer)}`);
  if (answer.length > VALUES_MOST) {
    return shape(`a message carries at most ${VALUES_MOST} values, not ${answer.length}`);
  }
  const out: Decoded = { drafts: [], rejects: [] };
  for (const [index, one] of answer.entries()) {
    if (typeof one !== "object" || one === null || Array.isArray(one)) {
      return shape(`value ${index} is an object with sensor and value, not ${shown(one)}`);
    }
    const fault = addValue(out, one as Record<string, unknown>, path);
    if (fault !== null) return shape(`value ${index}: ${fault}`);
  }
  return out;
}

/** Adds a value or its reject. Says what is wrong with the codec. */
function addValue(
  out: Decoded,
  { sensor, value, unit, ts_ms }: Record<string, unknown>,
  path: string,
): string | null {
  if (typeof sensor !== "string") return `sensor is a text, not ${shown(sensor)}`;
  if (value === undefined) return "there is no value";
  const found = jsonValue(value);
  if (isFault(found)) {
    if (found.code !== "no_value") {
      addReject(out, { code: found.code, message: `${shown(sensor)}: ${found.message}` });
    }
    return null;
  }
  const written = sensor.includes("/") ? withoutEdges(sensor) : `${path}/${sensor}`;
  const plain = isPlainName(written);
  const name = plain ? written : pathOf(written);
  const fault = plain ? null : nameFault(name);
  if (fault !== null) {
    addReject(out, { code: "bad_name", message: fault });
    return null;
  }
  const draft: Decoded["drafts"][number] = { sensor: name, ...found };
  if (name !== written) draft.spelled = written;
  const shownUnit = unitOf(unit);
  if (shownUnit !== undefined) draft.unit = shownUnit;
  if (ts_ms !== undefined && ts_ms !== null) Object.assign(draft, timeOf(ts_ms));
  out.drafts.push(draft);
  return null;
}

function shape(message: string): ScriptFault {
  return { type: "shape", message, line: null, column: null };
}
