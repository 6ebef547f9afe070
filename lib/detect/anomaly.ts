import type { SensorDirectory } from "../machines/sensor.ts";
import type { StoredFinding } from "./findings_store.ts";

/** A finding as the API, the live stream and the pages show it. */
export interface Anomaly {
  id: number;
  /** Full name; null when the sensor is gone. */
  sensor: string | null;
  sensor_id: string | null;
  machine: string | null;
  detector: string;
  /** Epoch ms. */
  ts: number;
  phase: StoredFinding["phase"];
  severity: StoredFinding["severity"];
  /** 0 … 1. */
  score: number;
  /** One sentence without a final stop. */
  reason: string;
  value: number | null;
  /** The range in which the value would not have been worth a word. */
  expected: { low: number | null; high: number | null };
  component: string | null;
  numbers: Record<string, number>;
  /** What a person said of it last. */
  feedback: StoredFinding["verdict"];
}

export function anomalyOf(found: StoredFinding, sensors: SensorDirectory): Anomaly {
  const sensor = sensors.byNum(found.sensor);
  const { text, value, expectedLow, expectedHigh, component, numbers } = found.reason;
  return {
    id: found.id,
    sensor: sensor?.name ?? null,
    sensor_id: sensor?.id ?? null,
    machine: sensor?.machine ?? null,
    detector: found.detector,
    ts: found.tMs,
    phase: found.phase,
    severity: found.severity,
    score: found.score,
    reason: text,
    value: value ?? null,
    expected: { low: expectedLow ?? null, high: expectedHigh ?? null },
    component: component ?? null,
    numbers: { ...numbers },
    feedback: found.verdict,
  };
}
