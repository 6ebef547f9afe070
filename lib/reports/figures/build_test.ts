import assert from "node:assert/strict";
import { alarm } from "../../../tests/support/alarms.ts";
import {
  alarmPages,
  machinesAt,
  memoryReadings,
  reportSources,
  sensorCalled,
} from "../../../tests/support/report_sources.ts";
import { PerchError } from "../../base/errors.ts";
import type { BriefOutlook } from "../../detect/predict/shapes.ts";
import { DEFAULT_SETTINGS } from "../../machines/sensor_settings.ts";
import type { Ticket } from "../../tickets/ticket.ts";
import { DAY_MS, HOUR_MS } from "../../words/times.ts";
import type { ReportDocument } from "../document.ts";
import { REPORT_PARTS, type ReportOrder } from "../order.ts";
import { buildReport } from "./build.ts";
import type { ReportSources } from "./sources.ts";

const FROM = Date.parse("2026-11-01T00:00+01:00");
const YEAR_MS = 366 * DAY_MS;

function built(sources: ReportSources, change: Partial<ReportOrder> = {}, signal?: AbortSignal) {
  const order = {
    ...{ fromMs: FROM, toMs: FROM + 30 * DAY_MS, orderedMs: FROM + YEAR_MS, machines: [] },
    ...{ parts: REPORT_PARTS, title: null },
    ...change,
  };
  return buildReport(sources, order, () => {}, signal ?? new AbortController().signal);
}

function tableOf(document: ReportDocument, title: string) {
  const tables = document.sections.flatMap(({ tables }) => tables);
  return tables.find((one) => one.title.startsWith(title));
}

const withoutNoise = (document: ReportDocument) =>
  assert.doesNotMatch(JSON.stringify(document), /NaN|undefined|Infinity/);

Deno.test("buildReport of a plant with nothing in it says so, section by section", async () => {
  const document = await built(reportSources());
  assert.equal(document.subtitle, "All machines · 30 days");
  assert.deepEqual(
    document.sections.map(({ paragraphs, tables }) => [...paragraphs, tables.length]),
    [
      ["There are no machines.", 0],
      ["No alarm was raised in this time.", 0],
      ["No predictions are kept of this time.", 0],
      ["There are no sensors.", 0],
    ],
  );
});

Deno.test("buildReport of a time without readings invents no availability, and no numbers", async () => {
  const document = await built(reportSources({
    machines: () => machinesAt("hall/press"),
    sensors: () => [sensorCalled("hall/press/temperature", 1)],
  }));
  const [performance, , , sensors] = document.sections;
  assert.deepEqual(performance.paragraphs, ["Nothing is known of any machine in this time."]);
  assert.deepEqual(performance.figures, []);
  assert.deepEqual(tableOf(document, "Performance")?.rows, [[
    "Press",
    null,
    null,
    "nothing known",
  ]]);
  assert.deepEqual(sensors.paragraphs, ["There are no readings of this time."]);
  assert.deepEqual(sensors.charts, []);
  withoutNoise(document);
});

Deno.test("buildReport ends when it was ordered, and refuses a range that is still to come", async () => {
  const orderedMs = FROM + 36 * HOUR_MS;
  const document = await built(reportSources(), { orderedMs });
  assert.equal(document.toMs, orderedMs);
  assert.equal(document.subtitle, "All machines · 36 h, until it was ordered");
  const early = built(reportSources(), { orderedMs: FROM });
  await assert.rejects(
    early,
    (error) => error instanceof PerchError && error.code === "validation",
  );
});

Deno.test("buildReport stops at once when it is not wanted any more", async () => {
  const reason = new Error("cancelled");
  const sources = reportSources({
    machines: () => machinesAt("hall/press"),
    sensors: () => [sensorCalled("hall/press/a", 1)],
  });
  await assert.rejects(built(sources, {}, AbortSignal.abort(reason)), reason);
});

Deno.test("buildReport of chosen machines has neither others nor Perch itself", async () => {
  const raised_ms = FROM + HOUR_MS;
  const past = (id: string) =>
    id === "perch" ? [] : [{ tMs: FROM - DAY_MS, status: "normal" as const }];
  const critical = { ...DEFAULT_SETTINGS, critical_high: 90 };
  const sources = reportSources({
    machines: () => machinesAt("a/one", "a/one-b", "b/two"),
    sensors: () =>
      ["a/one/t", "a/one-b/t", "b/two/t"].map((name, i) =>
        sensorCalled(name, i, { settings: critical })
      ),
    past: (id) => Promise.resolve(past(id)),
    perch: () => Promise.resolve([{ tMs: FROM - DAY_MS, status: "normal" }]),
    alarms: alarmPages([
      alarm({ id: "3", machine: "b/two", raised_ms }),
      alarm({ id: "2", machine: null, raised_ms }),
      alarm({
        id: "1",
        machine: "a/one",
        sensor: "a/one/t",
        raised_ms,
        cleared_ms: raised_ms + 60_000,
      }),
    ]),
  });
  const document = await built(sources, { machines: ["a/one"] });
  assert.equal(document.subtitle, "One · 30 days");
  assert.deepEqual(tableOf(document, "Performance")?.rows, [["One", 1, 0, "no failure in 720 h"]]);
  assert.deepEqual(tableOf(document, "Alarms")?.rows.map((row) => [row[4], row[5], row[2]]), [
    ["One", "T", 60_000],
  ]);
  assert.equal(tableOf(document, "Values")?.rows.length, 1);
  assert.equal((await built(sources, { machines: ["a"] })).sections[3].figures[0].text, "2");
});

Deno.test("buildReport of ten years is bounded: years instead of days, the newest rows, a thousand points", async () => {
  const fromMs = FROM - 10 * YEAR_MS;
  const n = 12_000;
  const raisedAt = (i: number) => fromMs + (i + 1) * 7 * HOUR_MS;
  const alarms = Array.from(
    { length: n },
    (_, i) =>
      alarm({
        id: `${n - i}`,
        machine: "hall/press",
        raised_ms: raisedAt(n - 1 - i),
        acknowledged_ms: raisedAt(n - 1 - i) + 60_000,
      }),
  );
  const readings = memoryReadings({
    1: Array.from({ length: 3_650 }, (_, day) => [fromMs + day * DAY_MS, day % 2 === 0 ? 20 : 30]),
  });
  const document = await built(
    reportSources({
      machines: () => machinesAt("hall/press"),
      sensors: () => [sensorCalled("hall/press/temperature", 1, { createdMs: fromMs })],
      readings,
      alarms: alarmPages(alarms),
    }),
    { fromMs, toMs: FROM },
  );
  const [, history, , sensors] = document.sections;
  const list = tableOf(document, "Alarms: the newest 10\u202f000 of 12\u202f000")!;
  assert.equal(list.rows.length, 10_000);
  assert.equal(history.charts[0].title, "Alarms per year");
  assert.equal(history.charts[0].bars.reduce((sum, { value }) => sum + value, 0), n);
  assert.equal(history.figures.find(({ label }) => label === "MTTA")?.text, "1 min");
  const [line] = sensors.charts[0].lines;
  assert.ok(line.tMs.length <= 1000);
  const values = tableOf(document, "Values")!.rows[0];
  assert.deepEqual(values.slice(3, 7), [3_650, 20, 25, 30]);
  withoutNoise(document);
});

Deno.test("buildReport says what became of predictions, how long repairs took, and what meters counted", async () => {
  const at = (h: number) => FROM + h * HOUR_MS;
  const critical = { ...DEFAULT_SETTINGS, critical_high: 90 };
  const look = (
    h: number,
    kind: BriefOutlook["class"],
    verdict: BriefOutlook["verdict"] = null,
  ) => ({
    ...{
      id: h,
      machine: "hall/press",
      tMs: at(h),
      class: kind,
      score: 0.7,
      confidence: 0.8,
      verdict,
    },
    ...{ action: "", summary: `vibration at ${h}`, source: "model" as const, modelVersion: 2 },
    life: { known: false as const, text: "unknown" },
  });
  const ticket = (created_ms: number, started_ms: number | null, resolved_ms: number | null) =>
    ({ created_ms, started_ms, resolved_ms }) as Ticket;
  const document = await built(reportSources({
    machines: () => machinesAt("hall/press"),
    sensors: () => [
      sensorCalled("hall/press/energy", 1, {
        unit: "Wh",
        settings: { ...DEFAULT_SETTINGS, decimals: 0 },
      }),
      sensorCalled("hall/press/temperature", 2, { settings: critical }),
    ],
    readings: memoryReadings({ 1: [[at(-1), 1_000], [at(5), 4_000], [at(9), 500]] }),
    perch: () => Promise.resolve([{ tMs: at(-48), status: "normal" }]),
    past: (id) =>
      Promise.resolve([
        { tMs: at(-48), status: "normal" },
        ...id.startsWith("s") ? [] : [{ tMs: at(30), status: "critical" as const }, {
          tMs: at(32),
          status: "normal" as const,
        }],
      ]),
    outlooks: () =>
      Promise.resolve({
        items: [
          look(300, "warning", "false_alarm"),
          look(200, "normal"),
          look(24, "warning"),
          look(20, "critical"),
          look(19, "warning"),
          look(10, "normal"),
        ],
        next: null,
      }),
    tickets: () =>
      Promise.resolve({
        items: [
          ticket(at(40), at(41), null),
          ticket(at(40), at(41), at(30 * 24)),
          ticket(at(31), at(32), at(33.5)),
          ticket(at(30), at(30.5), at(31)),
          ticket(at(-5), at(-4), at(1)),
        ],
        next: null,
      }),
  }));
  assert.deepEqual(tableOf(document, "Performance")?.rows, [
    ["Press", 0.9972, 1, 718, 2 * HOUR_MS, HOUR_MS, "few data"],
  ]);
  // 3 000, a reset, 500.
  assert.deepEqual(tableOf(document, "Run hours and energy")?.rows, [["Press", 3.5]]);
  assert.deepEqual(
    tableOf(document, "Predictions")?.rows.map((row) => [row[0], row[1], row[3], row[4], row[8]]),
    [
      [at(300), null, "Warning", "vibration at 300", "a false alarm"],
      [at(19), at(200), "Critical", "vibration at 20", "critical after 11 h"],
    ],
  );
  withoutNoise(document);
});
