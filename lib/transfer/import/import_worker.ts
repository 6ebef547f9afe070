/** Reads one file for an import, or looks at it. Started by `import_reader.ts`. */
import { PerchError } from "../../base/errors.ts";
import { lowerPriority } from "../../base/low_priority.ts";
import { type MessagePeer, serveRpc } from "../../db/rpc.ts";
import { headOf } from "./bytes_source.ts";
import type { ImportFormat, ImportOptions, ImportSource, Inspection } from "./format.ts";
import { IMPORT_FORMATS } from "./formats/mod.ts";
import type { ImportBlock, ImportedHours, ImportStore } from "../../readings/importing.ts";
import { openScratch, type ScratchPlace } from "./scratch.ts";
import { type PackedSegment, packSegment } from "./packing.ts";

/** What a file is, as far as the file alone says. */
export interface Looked extends Inspection {
  format: string;
  candidates: { id: string; title: string; sure: number }[];
}

export interface ReadRequest {
  source: ImportSource;
  format: string;
  options: ImportOptions;
  cursor: string | null;
  /** Readings after it are rejected. */
  untilMs: number;
}

let reading: { segments: AsyncGenerator<PackedSegment>; ahead: Promise<PackedSegment | null> };

function formatOf(id: string): ImportFormat {
  const found = IMPORT_FORMATS.find((format) => format.id === id);
  if (found !== undefined) return found;
  const known = IMPORT_FORMATS.map((format) => format.id).join(", ");
  throw new PerchError("validation", `the format "${id}" is not known; known are ${known}`);
}

async function look(
  source: ImportSource,
  { format, ...options }: ImportOptions & { format?: string },
): Promise<Looked> {
  const head = await headOf(source);
  const candidates = IMPORT_FORMATS
    .map((one) => ({ id: one.id, title: one.title, sure: one.detect(head, source) }))
    .filter(({ sure }) => sure > 0)
    .sort((a, b) => b.sure - a.sure);
  const id = format ?? candidates[0]?.id;
  if (id === undefined) {
    const titles = IMPORT_FORMATS.map((one) => one.title).join("; ");
    throw new PerchError(
      "validation",
      `"${source.name}" is in no format that is known. Known are: ${titles}`,
    );
  }
  return { ...await formatOf(id).inspect(source, options), format: id, candidates };
}

async function* packed(request: ReadRequest): AsyncGenerator<PackedSegment> {
  const { source, format, options, cursor, untilMs } = request;
  const never = new AbortController().signal;
  for await (const segment of formatOf(format).read(source, options, cursor, never)) {
    yield packSegment(segment, untilMs);
  }
}

// Readings come first.
lowerPriority(0);

serveRpc(globalThis as unknown as MessagePeer, {
  formats: () => IMPORT_FORMATS.map(({ id, title }) => ({ id, title })),
  look,
  open(request: ReadRequest) {
    const segments = packed(request);
    reading = { segments, ahead: next(segments) };
  },
  /** The next segment; meanwhile the one after it is read. Null: there is none. */
  async next() {
    const segment = await reading.ahead;
    if (segment !== null) {
      reading.ahead = next(reading.segments);
      // It is heard of when it is asked for.
      reading.ahead.catch(() => {});
    }
    return segment;
  },
  async openScratch(place: ScratchPlace) {
    scratch = await openScratch(place);
  },
  importReadings: (block: ImportBlock) => scratch.importReadings(block),
  importHours: (hours: ImportedHours) => scratch.importHours(hours),
});

let scratch: ImportStore;

async function next(segments: AsyncGenerator<PackedSegment>): Promise<PackedSegment | null> {
  const { done, value } = await segments.next();
  return done ? null : value;
}
