import { headOf } from "../bytes_source.ts";
import { inspectByReading, type Readable } from "../inspecting.ts";
import { jsonSegments } from "../json_items.ts";
import { quoted, type SegmentBuilder } from "../segment.ts";
import { createTimeReader, type Time, type TimeReader } from "../times.ts";
import { addState, isEntity } from "./ha_states.ts";
import { timeOfSeconds } from "./prometheus_values.ts";

const LISTS = /^\s*\[\s*\[\s*\{/;
const COMPACT =
  /^\s*(\{[^[{]*"result"\s*:\s*)?\{\s*"[a-z0-9_]+\.[^"]+"\s*:\s*\[\s*\{[^}]*"(?:s|lu)"\s*:/;

/** The paths of its elements; the WebSocket's answer may stand with what is around it. Null: it is something else. */
function pathOf(head: Uint8Array): string | null {
  const text = new TextDecoder().decode(head.subarray(0, 16_384));
  const compact = COMPACT.exec(text);
  if (compact !== null) return compact[1] === undefined ? "$.*.*" : "$.result.*.*";
  return LISTS.test(text) && /"state"\s*:/.test(text) && /"last_(changed|updated)"\s*:/.test(text)
    ? "$.*.*"
    : null;
}

/**
 * What an element says of those after it: in a list of `minimal_response` the first alone names the entity and its
 * unit.
 */
interface Before {
  list: string | number | undefined;
  entity: string;
  unit: string | null;
}

/** `/api/history/period` of Home Assistant: a list of states for each entity; or the compact form of its WebSocket. */
export const haHistoryJson: Readable = {
  id: "ha-history-json",
  title: "Home Assistant, history (JSON)",

  detect: (head) => pathOf(head) === null ? 0 : 1,

  inspect: (source, options) =>
    inspectByReading(haHistoryJson, source, options, [
      "Home Assistant gives changes only: a silence between two states is no gap.",
    ]),

  async *read(source, _options, cursor, signal, most?: number) {
    const times = createTimeReader({});
    const paths = [pathOf(await headOf(source)) ?? "$.*.*"];
    const before: Before = { list: undefined, entity: "", unit: null };
    yield* jsonSegments(
      { source, paths, cursor, signal, most },
      (segment, { path, value }, number) => {
        const state = typeof value === "object" && value !== null ? value : {};
        learn(before, path.at(-2), state);
        if (segment !== null) addElement(segment, before, state, number, times);
        return true;
      },
    );
  },
};

interface State {
  entity_id?: unknown;
  state?: unknown;
  attributes?: unknown;
  last_changed?: unknown;
  last_updated?: unknown;
  /** The compact form: state, attributes, last updated and last changed in seconds. */
  s?: unknown;
  a?: unknown;
  lu?: unknown;
  lc?: unknown;
}

function learn(before: Before, list: string | number | undefined, state: State): void {
  if (list !== before.list) {
    before.list = list;
    before.entity = typeof list === "string" ? list : "";
    before.unit = null;
  }
  if (typeof state.entity_id === "string") before.entity = state.entity_id;
  const attributes = state.attributes ?? state.a;
  if (typeof attributes !== "object" || attributes === null) return;
  const unit = (attributes as { unit_of_measurement?: unknown }).unit_of_measurement;
  if (typeof unit === "string" && unit !== "") before.unit = unit;
}

function addElement(
  segment: SegmentBuilder,
  { entity, unit }: Before,
  state: State,
  number: number,
  times: TimeReader,
): void {
  const text = state.state ?? state.s;
  if (typeof text !== "string") return segment.reject(number, "the element has no state");
  if (!isEntity(entity)) {
    return segment.reject(
      number,
      entity === "" ? "the list names no entity" : `${quoted(entity)} is no entity`,
    );
  }
  const tMs = timeOf(state, times);
  if (typeof tMs === "string") segment.reject(number, tMs);
  else addState(segment, entity, text, tMs, unit);
}

/** When it became so. The compact form leaves it out where it is when the state was written last. */
function timeOf(state: State, times: TimeReader): Time {
  const changed = state.last_changed ?? state.last_updated;
  return typeof changed === "string"
    ? times.read(changed, "")
    : timeOfSeconds(state.lc ?? state.lu);
}
