import { z } from "zod";

/** A point in time on the wire. */
export const msField = z.number().describe("epoch ms");

/** A field under its former name: answered beside the new one for one version of the API. */
export function formerly<T extends z.ZodType>(type: T, now: string): T {
  return type.meta({ deprecated: true, description: `now \`${now}\`` });
}

/** Under its former name, a point in time that now ends in `_ms`. */
export const oldMs = (now: string) => formerly(z.number(), now);

type Snake<S extends string> = S extends `${infer H}${infer Rest}`
  ? `${H extends Lowercase<H> ? H : `_${Lowercase<H>}`}${Snake<Rest>}`
  : S;

/** A row as it goes over the wire: `raisedMs` is `raised_ms`. */
export type OnWire<T> = { [K in keyof T & string as Snake<K>]: T[K] };

const NAMES = new Map<string, string>();

/** The fields of a row under their names on the wire. */
export function onWire<T extends object>(row: T): OnWire<T> {
  // Plain assignments: entries and pairs of them cost a list of alarms a quarter of its time.
  const out: Record<string, unknown> = {};
  for (const name of Object.keys(row)) out[wireName(name)] = row[name as keyof T];
  return out as OnWire<T>;
}

function wireName(name: string): string {
  let known = NAMES.get(name);
  if (known === undefined) {
    known = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    NAMES.set(name, known);
  }
  return known;
}
