/** The dialects of devices, asked before the plain ones. */
import type { Decoded } from "../../readings/reading.ts";
import type { DeviceDialect } from "./device.ts";

/** What came in one dialect, since the start. */
export interface DialectCounts {
  messages: number;
  /** Messages of which something was refused. */
  refused: number;
  lastMs: number | null;
}

export interface DeviceDecode {
  /** Null: none of the dialects understands it. */
  decode(topic: string, payload: Uint8Array, retained: boolean, tMs: number): Decoded | null;
  counts(dialect: string): DialectCounts;
}

/** @param active dialects that are switched on; asked for each message, so that it must cost nothing */
export function createDeviceDecode(active: () => readonly DeviceDialect[]): DeviceDecode {
  const counts = new Map<string, DialectCounts>();
  const countsOf = (name: string) => {
    let known = counts.get(name);
    if (known === undefined) counts.set(name, known = { messages: 0, refused: 0, lastMs: null });
    return known;
  };
  return {
    decode(topic, payload, retained, tMs) {
      const dialects = active();
      if (dialects.length === 0) return null;
      const message = { topic, payload, retained, tMs };
      for (const dialect of dialects) {
        const decoded = dialect.decode(message);
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
