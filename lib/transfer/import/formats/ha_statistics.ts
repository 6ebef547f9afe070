/** Hourly statistics of Home Assistant. Pure. */
import type { SegmentBuilder } from "../segment.ts";
import { entityPath } from "../series_names.ts";
import { unitOfEntity } from "./ha_states.ts";
import { HOUR_MS } from "../../../words/times.ts";

export interface StatisticHour {
  entity: string;
  tMs: number;
  unit: string | null;
  mean?: number | null;
  min?: number | null;
  max?: number | null;
  state?: number | null;
  sum?: number | null;
}

/**
 * Adds an hour: of what is measured its mean, least and most; of a meter its reading at the end of the hour (`sum` is a
 * total of Home Assistant's own). A direction has a mean alone. Returns what is wrong with it, or null.
 */
export function addStatistic(segment: SegmentBuilder, hour: StatisticHour): string | null {
  const { entity, tMs, unit, mean, min, max, state } = hour;
  if (tMs % HOUR_MS !== 0) return `${new Date(tMs).toISOString()} is not the start of a full hour`;
  const value = isNumber(mean) ? mean : state;
  if (!isNumber(value)) {
    segment.empty();
    return null;
  }
  const least = isNumber(mean) && isNumber(min) ? min : value;
  const most = isNumber(mean) && isNumber(max) ? max : value;
  segment.part(entity, "number", unit ?? unitOfEntity(entity), () => entityPath(entity))
    .hour(tMs, least, value, most);
  return null;
}

function isNumber(x: unknown): x is number {
  return typeof x === "number" && Number.isFinite(x);
}
