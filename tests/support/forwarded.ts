import type { Forward, SentReadings } from "../../lib/upstream/wire.ts";

/** What a site sends, as far as it is not given. */
export function forwardedFrom(given: Partial<Forward> = {}): Forward {
  return {
    ...{ protocol: 1, perch: "0.0.0", node: "node", instance: "first", host: "pi" },
    ...{ hardware: "board", sent_ms: Date.now(), epoch: "e1", done: [] },
    lag: { readings: 0, oldest_ms: null, lost: 0 },
    ...given,
  };
}

/** Readings of one sensor, one per group. */
export function readingsOf(
  sensor: string,
  after: number,
  values: readonly [tMs: number, value: number][],
): SentReadings {
  return {
    after,
    to: after + values.length,
    sensors: [sensor],
    s: values.map(() => 0),
    t: values.map(([tMs], i) => i === 0 ? tMs : tMs - values[i - 1][0]),
    v: values.map(([, value]) => value),
    f: values.map(() => 1),
  };
}
