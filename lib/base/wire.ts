import { z } from "zod";

/** A point in time on the wire, epoch ms; the API document says once what `_ms` means. */
export const msField = z.number();

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

/**
 * Makes the mapper of rows to a shape: `raised_ms` of the shape is `raisedMs` of the row. What the row does not
 * have is undefined.
 */
export function onWire<T extends object>(
  described: { readonly shape: Readonly<Record<string, unknown>> },
): (row: T) => OnWire<T> {
  // The names are worked out once, for the first row, and rows copied by plain assignments: a list of alarms has
  // thousands of fields.
  let names: { wire: string; own: keyof T }[] | null = null;
  return (row) => {
    names ??= Object.keys(described.shape).map((wire) => ({ wire, own: rowName(wire) as keyof T }));
    const out: Record<string, unknown> = {};
    for (const { wire, own } of names) out[wire] = row[own];
    return out as OnWire<T>;
  };
}

const rowName = (wire: string) => wire.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
