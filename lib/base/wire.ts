import { z } from "zod";

/** A point in time on the wire. */
export const msField = z.number().describe("epoch ms");

/** A field under its former name: answered beside the new one for one version of the API. */
export function formerly<T extends z.ZodType>(type: T, now: string): T {
  return type.meta({ deprecated: true, description: `now \`${now}\`` });
}

/** Under its former name, a point in time that now ends in `_ms`. */
export const oldMs = (now: string) => formerly(z.number(), now);
