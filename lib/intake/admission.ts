import type { Arrival } from "../base/steady_clock.ts";
import type { Registry } from "../machines/registry.ts";
import type { Draft, Reject } from "../readings/reading.ts";
import type { GroupBuilder } from "./builder.ts";
import type { ClockNotes } from "./clock_notes.ts";
import { clockFault, noTimeFault } from "./device_time.ts";

/** Decides draft by draft what becomes a reading. On the path of every reading: it allocates nothing of its own. */
export class Admission {
  constructor(
    private readonly registry: Pick<Registry, "resolve">,
    private readonly clockNotes: Pick<ClockNotes, "add">,
  ) {}

  /**
   * Adds a draft to a group, or gives the reason why it cannot be stored.
   * True when nothing but its packet identifies the reading (neither time nor seq).
   */
  add(
    readings: GroupBuilder,
    draft: Draft,
    arrival: Arrival,
    source: string,
    retained = false,
  ): boolean | Omit<Reject, "index"> {
    const { value, tMs, noTime } = draft;
    if (typeof value === "number" && !Number.isFinite(value)) {
      return {
        code: "bad_value",
        message: `the value of ${draft.sensor} is ${value}; a finite number is needed`,
      };
    }
    if (draft.seq !== undefined && !Number.isSafeInteger(draft.seq)) {
      return {
        code: "bad_value",
        message: `seq ${draft.seq} of ${draft.sensor} is not a whole number`,
      };
    }
    const resolved = this.registry.resolve(draft);
    if (!resolved.ok) return { code: resolved.code, message: resolved.message };
    const { num, machine } = resolved.sensor;
    const fault = tMs === undefined
      ? noTime === undefined ? null : noTimeFault(noTime)
      : clockFault(
        tMs,
        arrival.suspect ? null : arrival.tMs,
        draft.index === undefined && draft.past !== true,
      );
    if (fault === null) {
      const past = draft.past === true;
      return readings.add(num, resolved.value, tMs, draft.seq, arrival, false, retained, past);
    }
    this.clockNotes.add({ machine, source, fault, tMs, written: noTime }, arrival.tMs);
    return readings.add(num, resolved.value, undefined, draft.seq, arrival, true, retained);
  }
}
