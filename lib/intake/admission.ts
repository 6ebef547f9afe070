import type { Arrival } from "../base/steady_clock.ts";
import type { Registry } from "../machines/registry.ts";
import type { Sensor } from "../machines/sensor.ts";
import { calibrated } from "../machines/sensor_settings.ts";
import type { DraftColumns } from "../readings/draft_columns.ts";
import type { Draft, Reject } from "../readings/reading.ts";
import type { GroupBuilder } from "./builder.ts";
import type { ClockNotes } from "./clock_notes.ts";
import { clockFault, noTimeFault } from "./device_time.ts";
import type { DraftBatch } from "./intake.ts";

/** Decides draft by draft what becomes a reading. On the path of every reading: it allocates nothing of its own. */
export class Admission {
  constructor(
    private readonly registry: Pick<Registry, "resolve" | "numeric">,
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

  /**
   * Adds the readings of a batch in their order. Calls `stored` with the position of each that is a reading now, and
   * `refused` with the reason why one cannot be stored.
   */
  addBatch(
    readings: GroupBuilder,
    { drafts, columns, source }: Pick<DraftBatch, "drafts" | "columns" | "source">,
    arrival: Arrival,
    stored: (index: number) => void,
    refused: (reject: Reject) => void,
  ): void {
    if (columns !== undefined) {
      return this.#addColumns(readings, columns, arrival, source, stored, refused);
    }
    for (let i = 0; i < drafts.length; i++) {
      const index = drafts[i].index ?? i;
      const added = this.add(readings, drafts[i], arrival, source);
      if (typeof added === "object") refused({ ...added, index });
      else stored(index);
    }
  }

  #addColumns(
    readings: GroupBuilder,
    columns: DraftColumns,
    arrival: Arrival,
    source: string,
    stored: (index: number) => void,
    refused: (reject: Reject) => void,
  ): void {
    const { n, names, name, value, tMs, index } = columns;
    const nowMs = arrival.suspect ? null : arrival.tMs;
    let sensors: (Sensor | undefined)[] = [];
    for (let i = 0; i < n; i++) {
      const sensor = name[i] < 0
        ? undefined
        : sensors[name[i]] ??= this.registry.numeric(names[name[i]]);
      const ms = tMs[i];
      const timed = !Number.isNaN(ms);
      if (sensor !== undefined && !(timed && clockFault(ms, nowMs, false) !== null)) {
        const number = calibrated(sensor.settings, value[i]);
        if (Number.isFinite(number)) {
          if (timed) readings.addTimed(sensor.num, number, ms);
          else readings.add(sensor.num, number, undefined, undefined, arrival);
          stored(index[i]);
          continue;
        }
      }
      const draft = columns.draft(i);
      const added = this.add(readings, draft, arrival, source);
      if (typeof added === "object") refused({ ...added, index: draft.index ?? i });
      else stored(draft.index ?? i);
      // It may have made a sensor, or another of one.
      sensors = [];
    }
  }
}
