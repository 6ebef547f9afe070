/** Documents of reports as tests write them. */
import type { ChartLine, ReportChart, ReportDocument } from "../../lib/reports/document.ts";

export const HOUR = 3_600_000;
/** 2026-10-20 00:00 in Berlin; the clocks go back on the 25th. */
export const BERLIN_FROM = Date.parse("2026-10-19T22:00:00Z");

const EMPTY: ReportDocument = {
  title: "Machine report",
  subtitle: "Press 3, Conveyor 1",
  site: "Hall 3",
  zone: "Europe/Berlin",
  fromMs: BERLIN_FROM,
  toMs: BERLIN_FROM + 10 * 24 * HOUR,
  sections: [],
};

export function documentOf(part: Partial<ReportDocument>): ReportDocument {
  return { ...EMPTY, ...part };
}

/** A wave with a band, every `stepMs`; nothing in the fifth part. */
export function wave(label: string, fromMs: number, toMs: number, stepMs = HOUR / 6): ChartLine {
  const tMs: number[] = [];
  for (let t = fromMs; t < toMs; t += stepMs) {
    const share = (t - fromMs) / (toMs - fromMs);
    if (share < 0.4 || share > 0.6) tMs.push(t);
  }
  const mean = tMs.map((t) => 70 + 12 * Math.sin(t / (3 * HOUR)) + label.length);
  const wide = (i: number) => 1 + 2 * Math.abs(Math.sin(i / 9));
  return {
    label,
    gapMs: 3 * stepMs,
    tMs: Float64Array.from(tMs),
    min: Float64Array.from(mean, (value, i) => value - wide(i)),
    mean: Float64Array.from(mean),
    max: Float64Array.from(mean, (value, i) => value + wide(i)),
  };
}

export function chartOf(part: Partial<ReportChart>): ReportChart {
  return {
    title: "Bearing temperature",
    alt: "Between 58 and 84 °C; nothing for two days.",
    unit: "°C",
    fromMs: EMPTY.fromMs,
    toMs: EMPTY.toMs,
    ...{ lines: [], limits: [], bands: [], bars: [] },
    ...part,
  };
}

/** A report with all that a document may hold; `rows` of its long table. */
export function wholeDocument(rows = 90): ReportDocument {
  const { fromMs, toMs } = EMPTY;
  const long = "Straßenfräse-Nordhalle/Hydraulik_Druckregelventil_µ-Sensor-42".repeat(3);
  return documentOf({
    sections: [
      {
        title: "Summary",
        paragraphs: [
          "2 machines need attention. Press 3 was down for 5 h 20 min in two failures; its bearing runs warmer than a month ago.",
        ],
        figures: [
          { label: "Availability", text: "98.2 %", note: "availability" },
          { label: "MTBF", text: "118.4 h", note: "mtbf" },
          { label: "MTTR, failure to normal again", text: "2 h 40 min", note: "mttr" },
          { label: "Failures", text: "2" },
          { label: "Energy", text: "12\u202f404 kWh" },
          { label: "Mean time between failures of Conveyor 1", text: "no failure in 240 h" },
        ],
        charts: [
          chartOf({
            title: "Availability by machine",
            unit: "%",
            alt: "Press 3 98.2 %, Conveyor 1 100 %.",
            bars: [
              { label: "Press 3", value: 98.2, text: "98.2 %" },
              { label: "Conveyor 1", value: 100, text: "100 %" },
              { label: long, value: 71.5, text: "71.5 %" },
              { label: "Loss", value: -3, text: "−3 %" },
            ],
          }),
        ],
        tables: [],
        notes: [
          {
            id: "availability",
            text:
              "Time based availability: up / (up + down) over required time. Unknown time is neither.",
          },
          { id: "mtbf", text: "Operating time divided by the number of failures (EN 15341)." },
          { id: "mttr", text: "Mean time to restoration: from the failure to normal again." },
        ],
      },
      {
        title: "Press 3",
        paragraphs: [],
        figures: [],
        charts: [
          chartOf({
            lines: [wave("bearing", fromMs, toMs)],
            limits: [
              { label: "warning", value: 85, severity: "warning" },
              { label: "critical", value: 90, severity: "critical" },
            ],
            bands: [{
              label: "Status",
              spans: [
                { fromMs, toMs: fromMs + 50 * HOUR, state: "normal" },
                { fromMs: fromMs + 50 * HOUR, toMs: fromMs + 60 * HOUR, state: "warning" },
                { fromMs: fromMs + 60 * HOUR, toMs: fromMs + 65 * HOUR, state: "critical" },
                { fromMs: fromMs + 96 * HOUR, toMs: fromMs + 144 * HOUR, state: "unknown" },
                { fromMs: fromMs + 150 * HOUR, toMs: fromMs + 170 * HOUR, state: "maintenance" },
                { fromMs: fromMs + 170 * HOUR, toMs, state: "normal" },
              ],
            }],
          }),
          chartOf({
            title: "Motor and gear",
            lines: [wave("motor", fromMs, toMs), wave("gear box", fromMs, toMs, HOUR)],
          }),
          chartOf({ title: "Silent sensor", lines: [{ ...wave("x", fromMs, fromMs) }] }),
        ],
        tables: [
          {
            title: "Alarms",
            columns: [
              { title: "Since", kind: "time" },
              { title: "Sensor", kind: "text" },
              { title: "Peak", kind: "number", unit: "°C", decimals: 1 },
              { title: "Limit", kind: "number", unit: "°C" },
              { title: "Lasted", kind: "duration", note: "lasted" },
              { title: "Share", kind: "percent" },
              { title: "What was said", kind: "text" },
            ],
            rows: Array.from({ length: rows }, (_, i) => [
              fromMs + i * 90 * 60_000,
              i % 17 === 3 ? long : `bearing ${i % 7}`,
              80 + (i % 50) / 7,
              85,
              i % 5 === 4 ? null : 60_000 * (3 + 7 * i),
              i / rows,
              i % 13 === 5
                ? '=HYPERLINK("http://evil";"click")'
                : i % 11 === 2
                ? "Bearing greased, watched for an hour, then put back into operation by the night shift."
                : "",
            ]),
          },
          {
            title: "Predictions",
            columns: [{ title: "Sensor", kind: "text" }],
            rows: [],
          },
        ],
        notes: [{ id: "lasted", text: "From the alarm to normal again; empty: still open." }],
      },
    ],
  });
}
