import { z } from "zod";
import { msField, oldMs } from "../base/wire.ts";
import type { SensorDirectory } from "../machines/sensor.ts";
import { customDetector, isCustomDetector } from "../words/detectors.ts";
import { SEVERITIES } from "../words/severity.ts";
import { headline } from "../words/usual.ts";
import { VERDICTS } from "../words/verdict.ts";
import { DETECTORS } from "./detectors/mod.ts";
import type { StoredFinding } from "./findings_store.ts";
import { headlineOf } from "./headline.ts";

const NAMES = [...DETECTORS.map((d) => d.name), customDetector("NAME")];

/** Name of a detector, to ask for. */
export const detectorField = z.string().refine(
  (name) => NAMES.includes(name) || isCustomDetector(name),
  `must be one of ${NAMES.join(", ")}`,
);

/** A finding as the API, the live stream and the pages show it. */
export const anomalyShape = z.object({
  id: z.number(),
  sensor: z.string().nullable().describe("full name; null when the sensor is gone"),
  sensor_id: z.string().nullable(),
  machine: z.string().nullable(),
  detector: z.string().describe(NAMES.join(", ")),
  at_ms: msField,
  ts: oldMs("at_ms"),
  phase: z.enum(["point", "raised", "changed", "cleared"]),
  severity: z.enum(SEVERITIES),
  score: z.number().describe("0 to 1"),
  headline: z.string().describe("in at most 12 words: name, value, what is usual"),
  reason: z.string().describe("the detector's sentence, without a final stop"),
  value: z.number().nullable(),
  expected: z.object({ low: z.number().nullable(), high: z.number().nullable() })
    .describe("a value in this range would not have been reported"),
  component: z.string().nullable().describe("the part of the detector that found it"),
  numbers: z.record(z.string(), z.number()),
  feedback: z.enum(VERDICTS).nullable().describe("the latest verdict of a person"),
}).meta({ id: "Anomaly" });

export type Anomaly = z.output<typeof anomalyShape>;

export function anomalyOf(found: StoredFinding, sensors: SensorDirectory): Anomaly {
  const sensor = sensors.byNum(found.sensor);
  const { text, value, expectedLow, expectedHigh, component, numbers } = found.reason;
  return {
    id: found.id,
    sensor: sensor?.name ?? null,
    sensor_id: sensor?.id ?? null,
    machine: sensor?.machine ?? null,
    detector: found.detector,
    at_ms: found.tMs,
    ts: found.tMs,
    phase: found.phase,
    severity: found.severity,
    score: found.score,
    headline: sensor === undefined ? headline(text) : headlineOf(found, sensor),
    reason: text,
    value: value ?? null,
    expected: { low: expectedLow ?? null, high: expectedHigh ?? null },
    component: component ?? null,
    numbers: { ...numbers },
    feedback: found.verdict,
  };
}
