/** A detector's memory as bytes. */
import { promisify } from "node:util";
import { deflateRaw, inflateRawSync } from "node:zlib";
import { z } from "zod";
import { SEVERITIES } from "../../words/severity.ts";
import { emptyMemory, type Memory } from "./memory.ts";
import { BOUNDS } from "./options.ts";

const deflate = promisify<Uint8Array, Uint8Array>(deflateRaw);
const BYTES_MOST = 8 * 1024 * 1024;

const entryShape = z.tuple([
  z.int(),
  z.string().max(BOUNDS.stateChars).nullable(),
  z.number(),
  z.enum(SEVERITIES).nullable(),
]);
const savedShape = z.object({
  format: z.literal(1),
  version: z.string(),
  entries: z.array(entryShape),
  /** Start and findings of the present minute; null: none. */
  minute: z.tuple([z.number(), z.int()]).nullable(),
  clock: z.array(z.int().min(0).max(255)),
});

/** Sensors of which `isKept` says no are left out. */
export async function encodeMemory(
  { version, entries, minute, clock }: Memory,
  isKept: (sensor: number) => boolean,
): Promise<Uint8Array> {
  const saved: z.input<typeof savedShape> = {
    format: 1,
    version,
    entries: [...entries].filter(([sensor]) => isKept(sensor))
      .map(([sensor, { state, offsetMs, open }]) => [sensor, state, offsetMs, open]),
    minute: minute.startMs === -Infinity ? null : [minute.startMs, minute.findings],
    clock: [...clock],
  };
  return new Uint8Array(await deflate(new TextEncoder().encode(JSON.stringify(saved))));
}

/** Null: the bytes are damaged, or of another format. */
export function decodeMemory(bytes: Uint8Array): Memory | null {
  let given: unknown;
  try {
    const text = inflateRawSync(bytes, { maxOutputLength: BYTES_MOST });
    given = JSON.parse(new TextDecoder().decode(text));
  } catch {
    return null;
  }
  const read = savedShape.safeParse(given);
  if (!read.success) return null;
  const { version, entries, minute, clock } = read.data;
  return {
    ...emptyMemory(version),
    entries: new Map(
      entries.map(([sensor, state, offsetMs, open]) => [sensor, { state, offsetMs, open }]),
    ),
    ...(minute === null ? {} : { minute: { startMs: minute[0], findings: minute[1] } }),
    clock: Uint8Array.from(clock),
  };
}
