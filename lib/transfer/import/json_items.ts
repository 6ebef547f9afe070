/**
 * The elements of a large JSON document, one after the other, without the document in memory. Such a document cannot be
 * entered in its middle: to continue, it is parsed from the beginning, which is what its cursor counts.
 */
import { JSONParser } from "@streamparser/json";
import { messageOf, PerchError } from "../../base/errors.ts";
import type { ImportSource, Segment } from "./format.ts";
import { createSegment, type SegmentBuilder } from "./segment.ts";
import { bytesOf } from "./unpacked_bytes.ts";

const ITEMS = 50_000;
/** An element is a state with its attributes, or an hour: a few kilobytes at most. */
const ITEM_BYTES_MOST = 256 * 1024;
/** What is handed to the parser at once, and may come out of it before it is taken. */
const PIECE_BYTES = 16 * 1024;
/** The mark with which some editors begin UTF-8. */
const BOM_BYTES = 3;

export interface JsonItem {
  /** Where it stands: the keys of what holds it, outermost first, and its own. */
  path: readonly (string | number)[];
  value: unknown;
}

/**
 * Reads the elements at `paths` (`$.*.*`) as segments. `take` looks at every element, again when an import continues,
 * so that it may remember what elements say of those after them; `segment` is null for what was read before. It
 * returns whether the element is counted.
 */
export async function* jsonSegments(
  { source, paths, cursor, signal, most = ITEMS }: {
    source: ImportSource;
    paths: readonly string[];
    cursor: string | null;
    signal: AbortSignal;
    most?: number;
  },
  take: (segment: SegmentBuilder | null, item: JsonItem, number: number) => boolean,
): AsyncGenerator<Segment> {
  const before = countOf(cursor);
  let number = 0;
  let segment = createSegment();
  try {
    for await (const { items, share } of jsonItems(source, paths, signal)) {
      for (const item of items) {
        if (!take(number >= before ? segment : null, item, number + 1)) continue;
        if (++number <= before) continue;
        segment.read++;
        if (segment.read < most) continue;
        yield segment.finish(String(number), share);
        segment = createSegment();
      }
    }
  } catch (error) {
    if (error instanceof PerchError && segment.read > 0) yield segment.finish(String(number), 1);
    throw error;
  }
  if (segment.read > 0) yield segment.finish(String(number), 1);
}

function countOf(cursor: string | null): number {
  if (cursor === null) return 0;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new PerchError("validation", `"${cursor.slice(0, 40)}" is no place in this file`);
}

async function* jsonItems(
  source: ImportSource,
  paths: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<{ items: JsonItem[]; share: number }> {
  const parser = new JSONParser({ paths: [...paths], keepStack: false });
  let found: JsonItem[] = [];
  let fault: unknown = null;
  let ended = false;
  parser.onValue = ({ value, key, stack }) => {
    const path = [...stack.slice(1).map((one) => one.key!), key!];
    found.push({ path, value });
  };
  parser.onError = (error) => void (fault ??= error);
  parser.onEnd = () => void (ended = true);
  let sinceItem = 0, count = 0;
  let isFirst = true;
  for await (const { bytes, share } of bytesOf(source, 0, signal)) {
    const mark = isFirst && bytes[0] === 0xef ? BOM_BYTES : 0;
    isFirst = false;
    for (let at = mark; at < bytes.length && !ended; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      write(parser, piece, (error) => fault ??= error);
      sinceItem = found.length > 0 ? 0 : sinceItem + piece.length;
      count += found.length;
      if (found.length > 0) yield { items: found, share };
      found = [];
      if (fault !== null) throw damaged(source, count, messageOf(fault));
      if (sinceItem > ITEM_BYTES_MOST) {
        throw damaged(
          source,
          count,
          "the next is larger than 256 kB, or something else stands there",
        );
      }
    }
    if (ended) return;
  }
  throw damaged(source, count, "the file breaks off");
}

function write(parser: JSONParser, piece: Uint8Array, failed: (error: unknown) => void): void {
  try {
    // The parser keeps none of it, but would of a view that changes: texts are copied as they are met.
    parser.write(piece);
  } catch (error) {
    failed(error);
  }
}

function damaged(source: ImportSource, items: number, why: string): PerchError {
  return new PerchError(
    "validation",
    `"${source.name}" is damaged after its element ${items}: ${why}. What stands before it was read`,
  );
}
