import type { Reject } from "../readings/reading.ts";

/** Something that was refused, as the dead-letter file and the sources page show it. */
export interface RejectRecord {
  tsMs: number;
  source: string;
  /** MQTT topic, or the request path. */
  topic: string;
  code: Reject["code"];
  message: string;
  payload: Uint8Array;
}

export interface RejectCount {
  source: string;
  code: Reject["code"];
  count: number;
  lastMs: number;
}

/** Counts per source and reason, with a bounded sample of the latest. */
export interface RejectLog {
  add(record: RejectRecord): void;
  counts(): RejectCount[];
  /** Latest first. */
  sample(): RejectRecord[];
  total(): number;
}

const SAMPLE = 200;
/** Sources name themselves, so the number of keys is small; the cap guards against a mistake. */
const KEYS = 500;
const SAMPLE_PAYLOAD_BYTES = 512;

export function createRejectLog(): RejectLog {
  const counts = new Map<string, RejectCount>();
  const sample: RejectRecord[] = [];
  let total = 0;
  return {
    add(record) {
      total++;
      const key = `${record.source}\n${record.code}`;
      const count = counts.get(key);
      if (count) {
        count.count++;
        count.lastMs = record.tsMs;
      } else if (counts.size < KEYS) {
        const { source, code, tsMs } = record;
        counts.set(key, { source, code, count: 1, lastMs: tsMs });
      }
      sample.push({ ...record, payload: record.payload.slice(0, SAMPLE_PAYLOAD_BYTES) });
      if (sample.length > SAMPLE) sample.shift();
    },
    counts: () => [...counts.values()].sort((a, b) => b.count - a.count),
    sample: () => sample.toReversed(),
    total: () => total,
  };
}
