/** A seeded stream of commit groups with faults in it, for tests that run detection more than once over it. */
import type { Database } from "../../lib/db/client.ts";
import { planOf } from "../../lib/detect/runner/plan.ts";
import type { Watch } from "../../lib/detect/runner/watched.ts";
import { groupOf, type TestReading } from "./storage.ts";

export const STREAM_START_MS = Date.UTC(2026, 0, 1);
export const SENSORS = [1, 2, 3, 4, 5, 6];

/** 0…1, the same for the same arguments. */
function noise(a: number, b: number): number {
  let t = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 1, 0xc2b2ae35);
  t = Math.imul(t ^ (t >>> 15), 0x2c1b3c6d);
  t = Math.imul(t ^ (t >>> 12), 0x297a2d39);
  return ((t ^ (t >>> 15)) >>> 0) / 4294967296;
}

/** Group `i`: a reading of every sensor, some seconds after the one before. Spikes, a shift, a stuck value. */
export function streamGroup(i: number) {
  const readings: TestReading[] = SENSORS.map((sensor) => {
    const tMs = STREAM_START_MS + i * 5000 + sensor;
    let value = 20 * sensor + Math.sin(i / 40 + sensor) + noise(sensor, i) - 0.5;
    if (i > 300 && (i + 37 * sensor) % 401 === 0) value += 25;
    if (sensor === 3 && i % 1500 > 1200) value += 6;
    if (sensor === 5 && i % 900 > 100) value = 100;
    return { sensor, tMs, value: Math.round(value * 100) / 100 };
  });
  // Two readings of a sensor in one group have two places.
  if (i % 10 === 0) {
    readings.push({ sensor: 1, tMs: STREAM_START_MS + i * 5000 + 2500, value: 20 + i % 3 });
  }
  return groupOf(readings);
}

/** Thresholds on one sensor, so that ticks matter. */
export function streamPlan(sensor: number): Watch[] {
  return planOf({
    kind: "number",
    limits: sensor !== 2 ? null : {
      warningLow: null,
      warningHigh: 41,
      criticalLow: null,
      criticalHigh: 60,
      hysteresis: 0.2,
      forMs: 12_000,
    },
    expectedMs: null,
    maxPerMinute: 20,
    stuckMs: 3_600_000,
    nature: "level",
  });
}

/** Findings as one line each, sorted; silence is left out: it follows the process's own time as well. */
export async function findingLines(db: Pick<Database, "query">): Promise<string[]> {
  const { rows } = await db.query({
    sql: "SELECT sensor_num, detector, t_ms, phase, severity, score, reason FROM findings " +
      "WHERE detector <> 'silence'",
  });
  return rows.map((row) => row.join(" ")).sort();
}
