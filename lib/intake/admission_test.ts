import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { createRegistry } from "../machines/registry.ts";
import { DEFAULT_SETTINGS } from "../machines/sensor_settings.ts";
import { DraftColumns } from "../readings/draft_columns.ts";
import type { Draft, Reject } from "../readings/reading.ts";
import { Admission } from "./admission.ts";
import { GroupBuilder } from "./builder.ts";
import { createClockNotes } from "./clock_notes.ts";

/** What becomes of batches, one after the other. */
function admit(batches: readonly Draft[][], asColumns: boolean) {
  const clock = fakeClock();
  const registry = createRegistry({
    clock,
    rows: { machines: [], sensors: [], states: [], last: [] },
  });
  const settings = { ...DEFAULT_SETTINGS, scale: 1e300, offset: 1 };
  for (const name of ["a/calibrated", "a/known_x"]) {
    registry.changes.announce({ name, unit: null, kind: "number", settings });
  }
  const clockNotes = createClockNotes();
  const admission = new Admission(registry, clockNotes);
  const readings = new GroupBuilder();
  const stored: number[] = [], refused: Reject[] = [];
  for (const drafts of batches) {
    admission.addBatch(
      readings,
      asColumns
        ? { drafts: [], columns: columnsOf(drafts), source: "http" }
        : { drafts, source: "http" },
      { tMs: clock.now(), suspect: false },
      (index) => stored.push(index),
      (reject) => refused.push(reject),
    );
  }
  const rows = registry.takePending().map(({ sql }) => sql);
  return { group: readings.take(), stored, refused, rows, notes: clockNotes.takePending().length };
}

/** Numbers as columns, all else beside them. */
function columnsOf(drafts: readonly Draft[]): DraftColumns {
  const columns = new DraftColumns(0);
  for (const draft of drafts) {
    const { sensor, value, tMs, index, ...more } = draft;
    if (typeof value !== "number" || Object.keys(more).length > 0) {
      columns.addOther(draft, index!);
      continue;
    }
    const known = columns.names.indexOf(sensor);
    const name = known < 0 ? columns.names.push(sensor) - 1 : known;
    columns.add(name, value, tMs ?? NaN, index!);
  }
  assert.deepEqual(columns.drafts(), drafts);
  return columns;
}

Deno.test("a batch as columns becomes what its drafts become", () => {
  const nowMs = fakeClock().now();
  const batch: Omit<Draft, "index">[] = [
    { sensor: "a/new", value: 1 },
    { sensor: "a/new", value: 2, tMs: nowMs - 0.5 },
    { sensor: "a/new", value: 3, tMs: nowMs + 10 * 60_000 },
    { sensor: "a/new", value: 4, tMs: Date.UTC(2000, 0, 2) },
    { sensor: "a/new", value: Infinity },
    { sensor: "a/calibrated", value: 2 },
    { sensor: "a/calibrated", value: 1e10 },
    { sensor: "no name", value: 1 },
    { sensor: "a/door", value: true, word: "open" },
    { sensor: "a/door", value: 0 },
    { sensor: "a/new", value: "on strike" },
    { sensor: "a/new", value: 5 },
    { sensor: "a/known_x", value: 1 },
    { sensor: "a/known_x", spelled: "a/known+x", value: 2 },
    { sensor: "a/known_x", value: 3 },
    { sensor: "a/x_y", spelled: "a/x+y", value: 6 },
    { sensor: "a/x_y", value: 7 },
    { sensor: "a/new", value: 8, noTime: "soon" },
  ];
  const batches = [batch, batch].map((all) => all.map((draft, index) => ({ ...draft, index })));
  const expected = admit(batches, false);
  assert.ok(expected.refused.length > 5 && expected.stored.length > 10 && expected.notes > 0);
  assert.deepEqual(admit(batches, true), expected);
});
