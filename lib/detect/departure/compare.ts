/** By the hour: asleep at a time when it was always awake, or still while others of its machine work on. */
import { HOUR_MS } from "../../words/times.ts";
import { type Finding, NOTHING, type TickInput } from "../detector.ts";
import { plain } from "../../words/numbers.ts";
import { Hours } from "./hours.ts";
import { clear, type DepartureState, raise } from "./state.ts";

/** Asleep in so many hours on end that were active on each of so many days before; it rests at other hours. */
const ASLEEP = { hours: 4, days: 7, activeMost: 0.9 };
/** Still in so many hours on end in which another was active, after so many such hours in which it never was. */
const STILL = { hours: 4, before: 60 };

/** At an hour's end: asleep when it was always awake, or still while others of the machine work on. */
export function compare(s: DepartureState, { tMs, others = [] }: TickInput): readonly Finding[] {
  const { hours } = s;
  const hour = hours.newest;
  if (Number.isNaN(hour) || tMs < (hour + 1) * HOUR_MS || tMs >= (hour + 3) * HOUR_MS) {
    return NOTHING;
  }
  if (s.raised === "asleep" || s.raised === "still") {
    const over = s.raised === "asleep" ? hours.active(hour) : hours.moved(hour);
    return over ? clear(s, tMs, s.last.value, "moves again") : NOTHING;
  }
  if (s.raised !== "none" || s.days.past().days < Math.min(s.options.days, 5)) return NOTHING;
  if (sleeps(s, hour)) {
    return raise(s, "asleep", tMs, {
      text:
        `has stayed at ${plain(s.last.value)} for ${ASLEEP.hours} h at a time of day at which ` +
        `it was active on each of ${ASLEEP.days} days`,
      value: s.last.value,
    });
  }
  for (const other of others) {
    const before = standsStill(hours, other, hour);
    if (before === 0) continue;
    return raise(s, "still", tMs, {
      text:
        `has stayed at ${plain(s.last.value)} for ${STILL.hours} h in which another sensor of ` +
        `the machine was active; in all of ${before} such hours before it moved`,
      value: s.last.value,
    });
  }
  return NOTHING;
}

function sleeps(s: DepartureState, hour: number): boolean {
  const { hours, options: { nature }, restMs, last } = s;
  // Of what is drawn or given, and has come to rest.
  if ((nature !== "use" && nature !== "flow") || restMs !== last.tMs) return false;
  const { heard, active } = hours.counts();
  if (active > ASLEEP.activeMost * heard) return false;
  for (let back = 0; back < ASLEEP.hours; back++) {
    if (!hours.heard(hour - back) || hours.active(hour - back)) return false;
    for (let day = 1; day <= ASLEEP.days; day++) {
      if (!hours.active(hour - back - 24 * day)) return false;
    }
  }
  return true;
}

/** Hours in which both were active before this one stood still; 0: it does not, or did before. */
function standsStill(own: Hours, other: Hours, hour: number): number {
  let still = 0, together = 0;
  for (let back = 0; back < Hours.span - 2; back++) {
    const at = hour - back;
    if (!other.active(at) || !own.heard(at)) {
      if (back === 0) return 0;
      continue;
    }
    const moved = own.moved(at);
    if (together === 0 && !moved) still++;
    else if (!moved) return 0;
    else together++;
    if (together === 1 && still < STILL.hours) return 0;
  }
  return together >= STILL.before ? together : 0;
}
