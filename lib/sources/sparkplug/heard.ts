/** What a message of a node comes to: readings, refusals, and what has to be done. */
import { addReject, type Decoded } from "../../readings/reading.ts";
import type { AnnouncedDevice, AnnouncedEntity } from "../devices/device.ts";
import { type Born, entityUid, numberOf } from "./birth.ts";
import type { Leaf } from "./leaves.ts";
import type { Member } from "./node.ts";
import type { Metric, Payload } from "./payload.ts";
import type { Place } from "./topic.ts";

/** What is to be done. */
export type Effect =
  | { do: "announce"; device: AnnouncedDevice; entities: AnnouncedEntity[] }
  | { do: "available"; uid: string; available: boolean }
  | { do: "rebirth"; group: string; node: string }
  | { do: "note"; what: string };

/** One value of an entity. */
export interface HostReading {
  uid: string;
  value: number | boolean | string;
  tMs: number | undefined;
  unit: string | undefined;
  /** It was so then: it does not say how things are now. */
  historical: boolean;
}

/** What a message comes to. */
export interface Heard extends Pick<Decoded, "rejects" | "more" | "beyond"> {
  effects: Effect[];
  readings: HostReading[];
}

const TEXT_CHARS_MOST = 255;
/** Values of the property `Quality`. */
const STALE = 500, BAD = 0;

/** It can be reached, or not; said where that is new. */
export function reach(member: Member, available: boolean, effects: Effect[]): void {
  if (member.available === available) return;
  member.available = available;
  effects.push({ do: "available", uid: member.uid, available });
}

/** Readings of one metric. One without a value, or with a bad or stale one, is a gap. */
export function addReadings(
  heard: Heard,
  place: Place,
  payload: Payload,
  born: Born,
  metric: Metric,
  leaves: readonly Leaf[],
): void {
  const quality = numberOf(metric, "Quality");
  if (metric.transient) heard.effects.push({ do: "note", what: "transient values are not kept" });
  if (metric.transient || quality === BAD || quality === STALE) return;
  for (const { suffix, value, tMs } of leaves) {
    if (value === undefined) {
      const message = `${
        (born.name + suffix).slice(0, 80)
      } has a value that does not go with its type`;
      addReject(heard, { code: "bad_value", message });
      continue;
    }
    const kept = value === null ? null : keptAs(value, heard);
    if (kept === null) continue;
    heard.readings.push({
      uid: entityUid(place, born.name + suffix),
      value: kept,
      tMs: tMs ?? metric.tMs ?? payload.tMs,
      unit: typeof kept === "number" ? born.unit : undefined,
      historical: metric.historical,
    });
  }
}

/** A value as it is stored; null: it is none. */
function keptAs(value: number | bigint | boolean | string, heard: Heard) {
  if (typeof value === "bigint") {
    heard.effects.push({ do: "note", what: "a whole number beyond 2^53 was rounded" });
    return Number(value);
  }
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "string") {
    return value.trim() === "" ? null : value.slice(0, TEXT_CHARS_MOST);
  }
  return value;
}
