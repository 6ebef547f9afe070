/** The dialects of devices, asked before the plain ones. */

import type { Log } from "../../base/log.ts";
import type { Decoded } from "../../readings/reading.ts";
import type { DeviceDialect, DeviceMessage } from "./device.ts";

const LOGGED_MOST = 10;

/** What came in one dialect, since the start. */
export interface DialectCounts {
  messages: number;
  /** Messages of which something was refused. */
  refused: number;
  lastMs: number | null;
  /** Messages at which the dialect itself failed: a fault of Perch. They are refused. */
  failed: number;
}

export interface DeviceDecode {
  /** Null: none of the dialects understands it. */
  decode(topic: string, payload: Uint8Array, retained: boolean, tMs: number): Decoded | null;
  counts(dialect: string): DialectCounts;
}

/** `active` gives the dialects that are switched on; it is asked for each message, so that it must cost nothing. */
export function createDeviceDecode(
  { active, log }: { active: () => readonly DeviceDialect[]; log: Log },
): DeviceDecode {
  const counts = new Map<string, DialectCounts>();
  const countsOf = (name: string) => {
    let known = counts.get(name);
    if (known === undefined) {
      counts.set(name, known = { messages: 0, refused: 0, lastMs: null, failed: 0 });
    }
    return known;
  };
  /** No dialect throws. If one does, its message is refused: else its sender would send it for ever. */
  function decodeIn(dialect: DeviceDialect, message: DeviceMessage): Decoded | null {
    try {
      return dialect.decode(message);
    } catch (error) {
      if (countsOf(dialect.name).failed++ < LOGGED_MOST) {
        log.error(`${dialect.title} failed at a message`, { error, topic: message.topic });
      }
      const text = `${dialect.title} failed at it: a fault of Perch`;
      return { drafts: [], rejects: [{ code: "bad_payload", message: text }] };
    }
  }

  return {
    decode(topic, payload, retained, tMs) {
      const dialects = active();
      if (dialects.length === 0) return null;
      const message = { topic, payload, retained, tMs };
      for (const dialect of dialects) {
        const decoded = decodeIn(dialect, message);
        if (decoded === null) continue;
        decoded.by = dialect.name;
        const count = countsOf(dialect.name);
        count.messages++;
        if (decoded.rejects.length > 0) count.refused++;
        count.lastMs = tMs;
        return decoded;
      }
      return null;
    },
    counts: countsOf,
  };
}
