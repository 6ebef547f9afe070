import { nameFault } from "../../machines/names.ts";
import type { Decoded, Draft } from "../../readings/reading.ts";
import { bad, type Fault, isFault, shown } from "./dialect.ts";
import { oneValue } from "./json_one.ts";

/*
 * Readings that name their sensor themselves, as they come over HTTP:
 * {"machine","sensor","value","ts"?,"unit"?,"seq"?} or {"tag","value","timestamp"}.
 */

/** One reading from parsed JSON. */
export function decodeOne(json: unknown): Decoded {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return bad("bad_payload", `a reading is a JSON object, not ${shown(json)}`);
  }
  const fields = json as Record<string, unknown>;
  const name = nameOf(fields);
  if (isFault(name)) return bad(name.code, name.message);
  if (fields.value === undefined) return bad("bad_value", "the reading has no value");
  return oneValue(name.sensor, fields);
}

/**
 * Many readings from parsed JSON: an array, or `{"readings": […]}`. Null when it is neither.
 * `index` of drafts and rejects is the item's position.
 */
export function decodeBatch(json: unknown): Decoded | null {
  const items = Array.isArray(json) ? json : (json as { readings?: unknown } | null)?.readings;
  if (!Array.isArray(items)) return null;
  return collect(items.length, (index) => decodeOne(items[index]));
}

/** Many readings, one JSON object per line. Empty lines are passed over; `index` counts the others. */
export function decodeNdjson(text: string): Decoded {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return collect(lines.length, (index) => {
    let json: unknown;
    try {
      json = JSON.parse(lines[index]);
    } catch {
      return bad("bad_payload", `the line is not valid JSON: ${shown(lines[index])}`);
    }
    return decodeOne(json);
  });
}

function collect(n: number, item: (index: number) => Decoded): Decoded {
  const out: Decoded = { drafts: [], rejects: [] };
  for (let index = 0; index < n; index++) {
    const { drafts, rejects } = item(index);
    for (const draft of drafts) {
      draft.index = index;
      out.drafts.push(draft);
    }
    for (const reject of rejects) out.rejects.push({ ...reject, index });
  }
  return out;
}

function nameOf(fields: Record<string, unknown>): Pick<Draft, "sensor"> | Fault {
  const { machine, tag } = fields;
  const last = fields.sensor ?? tag;
  if (typeof last !== "string" || last === "") {
    return { code: "bad_name", message: `sensor (or tag) is a text, not ${shown(last ?? null)}` };
  }
  if (machine !== undefined && machine !== null && typeof machine !== "string") {
    return { code: "bad_name", message: `machine is a text, not ${shown(machine)}` };
  }
  const sensor = machine ? `${machine}/${last}` : last.includes("/") ? last : `default/${last}`;
  const fault = sensor.isWellFormed() ? nameFault(sensor) : "the name is not valid Unicode";
  return fault === null ? { sensor } : { code: "bad_name", message: fault };
}
