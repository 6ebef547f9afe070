import { isPlainName, nameFault } from "../../machines/names.ts";
import { addReject, type Decoded, type Draft } from "../../readings/reading.ts";
import { bad, type Fault, isFault, shown } from "./dialect.ts";
import { oneValue } from "./json_one.ts";
import { levelOf, withoutEdges } from "./level.ts";
import { parseJson } from "./loose_json.ts";
import { weightFault } from "./weight.ts";

/*
 * Readings that name their sensor themselves, as they come over HTTP:
 * {"machine","sensor","value","ts"?,"unit"?,"seq"?} or {"tag","value","timestamp"}.
 */

/** Most items of a request. */
export const ITEMS_MOST = 50_000;
/** Most JSON values of one reading. */
export const ITEM_VALUES_MOST = 1_000;

/** One reading from parsed JSON. */
export function decodeOne(json: unknown): Decoded {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return bad("bad_payload", `a reading is a JSON object, not ${shown(json)}`);
  }
  const fields = json as Record<string, unknown>;
  const name = nameOf(fields);
  if (isFault(name)) return bad(name.code, name.message);
  if (fields.value === undefined) return bad("bad_value", "the reading has no value");
  return oneValue(name, fields);
}

/** The items of a batch: an array, or `{"readings": […]}`. Null when it is neither. */
export function itemsOf(json: unknown): readonly unknown[] | null {
  const items = Array.isArray(json) ? json : (json as { readings?: unknown } | null)?.readings;
  return Array.isArray(items) ? items : null;
}

/** Many readings from parsed JSON. `index` of drafts and rejects is the item's position. */
export function decodeItems(items: readonly unknown[]): Decoded {
  const out: Decoded = { drafts: [], rejects: [] };
  for (let index = 0; index < items.length; index++) collect(out, decodeOne(items[index]), index);
  return out;
}

/** Lines of a text that are not empty, at most one more than a request may have. */
export function itemLines(text: string): string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length && lines.length <= ITEMS_MOST;) {
    const found = text.indexOf("\n", at);
    const end = found < 0 ? text.length : found;
    const line = text.slice(at, end);
    if (line.trim() !== "") lines.push(line);
    at = end + 1;
  }
  return lines;
}

/** Many readings, one JSON object per line. */
export function decodeNdjson(lines: readonly string[]): Decoded {
  const out: Decoded = { drafts: [], rejects: [] };
  for (let index = 0; index < lines.length; index++) collect(out, ndjsonLine(lines[index]), index);
  return out;
}

function ndjsonLine(line: string): Decoded {
  const tooMuch = weightFault(line, ITEM_VALUES_MOST);
  if (tooMuch !== null) return bad(tooMuch.code, tooMuch.message);
  try {
    return decodeOne(parseJson(line));
  } catch {
    return bad("bad_payload", `the line is not valid JSON: ${shown(line)}`);
  }
}

function collect(out: Decoded, { drafts, rejects }: Decoded, index: number): void {
  for (const draft of drafts) {
    draft.index = index;
    out.drafts.push(draft);
  }
  for (const reject of rejects) addReject(out, { ...reject, index });
}

function nameOf(fields: Record<string, unknown>): Pick<Draft, "sensor" | "spelled"> | Fault {
  const machine = spoken(fields.machine);
  const last = spoken(fields.sensor ?? fields.tag);
  if (last === undefined || last === null || last === "") {
    return { code: "bad_name", message: "sensor (or tag) is missing" };
  }
  if (typeof last !== "string") {
    return { code: "bad_name", message: `sensor (or tag) is a text, not ${shown(last)}` };
  }
  if (machine !== undefined && machine !== null && typeof machine !== "string") {
    return { code: "bad_name", message: `machine is a text, not ${shown(machine)}` };
  }
  const plain = machine ? `${machine}/${last}` : last;
  if (isPlainName(plain)) return { sensor: plain };
  const own = withoutEdges(last);
  const spelled = machine
    ? `${withoutEdges(machine)}/${own}`
    : own.includes("/")
    ? own
    : `default/${own}`;
  const sensor = spelled.split("/").map(levelOf).join("/");
  const fault = nameFault(sensor);
  if (fault !== null) return { code: "bad_name", message: fault };
  return sensor === spelled ? { sensor } : { sensor, spelled };
}

/** A whole number may be a name (a device's id, a channel): line protocol knows no other than texts there. */
function spoken(name: unknown): unknown {
  return Number.isSafeInteger(name) ? String(name) : name;
}
