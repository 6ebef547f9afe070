/** States of Home Assistant as readings. Pure. */
import type { ImportSeries } from "../format.ts";
import type { SegmentBuilder } from "../segment.ts";
import { entityPath, unitOfName } from "../series_names.ts";

const GAPS = new Set(["", "unknown", "unavailable", "none", "None"]);
/** Entities that are on or off. */
const SWITCHES =
  /^(binary_sensor|switch|input_boolean|light|fan|siren|automation|script|schedule|update|remote|humidifier|group|calendar|valve)\./;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Adds a state at its time: a number, on or off, a text, or a gap. `unit`: undefined where the file has none. */
export function addState(
  segment: SegmentBuilder,
  entity: string,
  state: string,
  tMs: number,
  unit?: string | null,
): void {
  if (GAPS.has(state)) return segment.empty();
  const series = (): Omit<ImportSeries, "key" | "kind"> => ({
    suggested: entityPath(entity),
    unit: unit === undefined ? unitOfName(entity) : unit,
  });
  if (NUMBER.test(state) && Number.isFinite(Number(state))) {
    segment.part(entity, "number", series).reading(tMs, Number(state));
  } else if ((state === "on" || state === "off") && SWITCHES.test(entity)) {
    const plain = () => ({ ...series(), unit: null });
    segment.part(entity, "binary", plain).reading(tMs, state === "on" ? 1 : 0);
  } else {
    segment.part(entity, "text", () => ({ ...series(), unit: null })).text(tMs, state);
  }
}

/** Names of entities: a domain, a dot, an id. Of statistics from elsewhere the sign is a colon. */
export function isEntity(text: string): boolean {
  return /^[a-z0-9_]+[.:][^\s]+$/.test(text);
}
