/** Groups of the journal as they are sent. Pure. */
import type { Sensor } from "../../machines/sensor.ts";
import { FLAG_HAS_SEQ } from "../../readings/reading.ts";
import type { JournalPage } from "../../readings/store.ts";
import { READINGS_MOST, type SentReadings } from "../wire.ts";

/** Readings of a message, unless one group alone has more. */
const USUAL = 5_000;

export interface Packed {
  readings: SentReadings;
  /** Readings in it, as the journal counts them. */
  n: number;
}

/** As many of the page's groups as a message takes, up to `upTo`, after `after`. */
export function packed(
  page: JournalPage,
  after: number,
  upTo: number,
  byNum: (num: number) => Pick<Sensor, "name" | "kind" | "states"> | undefined,
): Packed {
  let n = 0, to = after;
  for (let g = 0; g < page.groupId.length && page.groupId[g] <= upTo; g++) {
    if (n > 0 && n + page.n[g] > USUAL) break;
    n += page.n[g];
    to = page.groupId[g];
  }
  const places = new Map<number, number>();
  const out: SentReadings = { after, to, sensors: [], s: [], t: [], v: [], f: [] };
  const seq: (number | null)[] = [];
  let last = 0;
  for (let i = 0; i < n; i++) {
    const num = page.sensor[i];
    const sensor = byNum(num);
    // It was removed for good meanwhile.
    if (sensor === undefined) continue;
    let place = places.get(num);
    if (place === undefined) places.set(num, place = out.sensors.push(sensor.name) - 1);
    const value = page.value[i];
    out.s.push(place);
    out.t.push(page.tMs[i] - last);
    last = page.tMs[i];
    out.v.push(sensor.kind === "text" ? sensor.states[value] ?? String(value) : value);
    out.f.push(page.flags[i]);
    seq.push((page.flags[i] & FLAG_HAS_SEQ) === 0 ? null : page.seq?.[i] ?? null);
  }
  if (seq.some((one) => one !== null)) out.q = seq;
  if (out.s.length > READINGS_MOST) throw new Error(`a group of ${out.s.length} readings`);
  return { readings: out, n };
}
