/** States of Home Assistant as readings. Pure. */
import type { SegmentBuilder } from "../segment.ts";
import { entityPath, unitOfName } from "../series_names.ts";

const GAPS = new Set(["", "unknown", "unavailable", "none", "None"]);
/** Entities that are on or off. */
const SWITCHES =
  /^(binary_sensor|switch|input_boolean|light|fan|siren|automation|script|schedule|update|remote|humidifier|group|calendar|valve)\./;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Adds a state at its time: a number, on or off, a text, or a gap. */
export function addState(
  segment: SegmentBuilder,
  entity: string,
  state: string,
  tMs: number,
  unit: string | null = null,
): void {
  if (GAPS.has(state)) return segment.empty();
  const suggested = () => entityPath(entity);
  if (NUMBER.test(state) && Number.isFinite(Number(state))) {
    segment.part(entity, "number", unit ?? unitOfEntity(entity), suggested)
      .reading(tMs, Number(state));
  } else if ((state === "on" || state === "off") && SWITCHES.test(entity)) {
    segment.part(entity, "binary", null, suggested).reading(tMs, state === "on" ? 1 : 0);
  } else {
    segment.part(entity, "text", null, suggested).text(tMs, state);
  }
}

/** The unit of an entity whose file says none: what its name ends with. */
export const unitOfEntity = createUnitMemory();

/** The names of a file come again and again. */
function createUnitMemory(): (entity: string) => string | null {
  const most = 10_000;
  const known = new Map<string, string | null>();
  return (entity) => {
    let unit = known.get(entity);
    if (unit === undefined) {
      if (known.size >= most) known.clear();
      known.set(entity, unit = unitOfName(entity));
    }
    return unit;
  };
}

/** Names of entities: a domain, a dot, an id. Of statistics from elsewhere the sign is a colon. */
export function isEntity(text: string): boolean {
  return /^[a-z0-9_]+[.:][^\s]+$/.test(text);
}
