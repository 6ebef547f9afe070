import type { Reject, RejectCode } from "../readings/reading.ts";

/** Something that was refused, as the dead-letter file and the sources page show it. */
export interface RejectRecord {
  tsMs: number;
  source: string;
  /** MQTT topic, or the request path. */
  topic: string;
  /** The first reason. */
  code: Reject["code"];
  message: string;
  payload: Uint8Array;
  /** Length of all that came, when `payload` or `topic` is only a part of it. */
  cutFromBytes?: number;
  /** How many values or items of the message were refused, and the first few reasons, when several were. */
  count?: number;
  reasons?: Reject[];
}

export interface RejectCount {
  source: string;
  code: Reject["code"];
  count: number;
  lastMs: number;
}

/**
 * Counts messages per source and reason, with a bounded sample of the latest. A message of which something was
 * accepted is in the sample, but not counted: it is a good message.
 */
export interface RejectLog {
  /** `messages`: how many were refused as a whole, by reason; one for the record's reason when left out. */
  add(record: RejectRecord, messages?: ReadonlyMap<RejectCode, number>): void;
  counts(): RejectCount[];
  /** Latest first. */
  sample(): RejectRecord[];
  total(): number;
}

const SAMPLE = 200;
/** Sources name themselves, so the number of keys is small; the cap guards against a mistake. */
const KEYS = 500;
const SAMPLE_PAYLOAD_BYTES = 512;
const SAMPLE_CHARS = 512;

export function createRejectLog(): RejectLog {
  const counts = new Map<string, RejectCount>();
  const sample: RejectRecord[] = [];
  let total = 0;
  function count(source: string, code: RejectCode, messages: number, lastMs: number): void {
    total += messages;
    const key = `${source}\n${code}`;
    const known = counts.get(key);
    if (known) {
      known.count += messages;
      known.lastMs = lastMs;
    } else if (counts.size < KEYS) counts.set(key, { source, code, count: messages, lastMs });
  }

  return {
    add(record, messages = new Map([[record.code, 1]])) {
      for (const [code, n] of messages) count(record.source, code, n, record.tsMs);
      const { tsMs, source, topic, code, message } = record;
      const payload = record.payload.slice(0, SAMPLE_PAYLOAD_BYTES);
      const shown = {
        topic: topic.slice(0, SAMPLE_CHARS),
        message: message.slice(0, SAMPLE_CHARS),
      };
      sample.push({ tsMs, source, code, ...shown, payload });
      if (sample.length > SAMPLE) sample.shift();
    },
    counts: () => [...counts.values()].sort((a, b) => b.count - a.count),
    sample: () => sample.toReversed(),
    total: () => total,
  };
}
