/** What the test of kills and its child agree on. */
import type { TestReading } from "../support/storage.ts";

export const SEALED_AT = 125;
const START_MS = Date.UTC(2026, 2, 31, 23, 50);

/** Two sensors, every tenth reading late. */
export function readingAt(i: number): TestReading {
  const late = i % 10 === 7 ? 400_000 : 0;
  return { sensor: 1 + i % 2, tMs: START_MS + i * 500 - late, value: (i * 7919 % 100_000) / 100 };
}
