/** A range cut into days of the plant's zone, or months or years where days are too many. Pure. */
import type { Range } from "./sources.ts";

export interface Slot extends Range {
  name: string;
}

const SLOTS_MOST = 62;
const STEPS = [["day", "days"], ["month", "months"], ["year", "years"]] as const;

/** The first and the last may be cut by the range. */
export function slotsOf({ fromMs, toMs }: Range, zone: string): { unit: string; slots: Slot[] } {
  const start = Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(zone)
    .startOfDay();
  for (const [unit, plural] of STEPS) {
    const first = unit === "day"
      ? start
      : start.with(unit === "month" ? { day: 1 } : { day: 1, month: 1 });
    const slots: Slot[] = [];
    for (let n = 0; slots.length <= SLOTS_MOST; n++) {
      const [from, to] = [n, n + 1].map((i) => first.add({ [plural]: i }));
      if (from.epochMilliseconds >= toMs) break;
      slots.push({
        name: nameOf(from, unit),
        fromMs: Math.max(fromMs, from.epochMilliseconds),
        toMs: Math.min(toMs, to.epochMilliseconds),
      });
    }
    if (slots.length <= SLOTS_MOST) return { unit, slots };
  }
  return { unit: "range", slots: [{ name: "", fromMs, toMs }] };
}

function nameOf(time: Temporal.ZonedDateTime, unit: "day" | "month" | "year"): string {
  const date = time.toPlainDate().toString();
  return unit === "day" ? date : date.slice(0, unit === "month" ? 7 : 4);
}
