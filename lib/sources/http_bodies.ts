import { PerchError } from "../base/errors.ts";
import type { Kept } from "../intake/refusals.ts";
import type { Decoded } from "../readings/reading.ts";
import type { DraftColumns } from "../readings/draft_columns.ts";
import {
  decodeItems,
  decodeLineBytes,
  decodeLines,
  decodeNdjson,
  decodeOne,
  decodeToColumns,
  ITEM_VALUES_MOST,
  itemLines,
  ITEMS_MOST,
  itemsOf,
  LineNames,
  parseJson,
  type Precision,
  PRECISIONS,
  weightFault,
} from "./dialects/mod.ts";

/** A request's body, as bytes and as the same text. */
export interface Body {
  readonly bytes: Uint8Array;
  /** Every byte is a character. */
  readonly ascii: boolean;
  readonly text: string;
}

/** Readings of a request body, and the items they came from (for the dead-letter file). */
export interface ParsedBody extends Decoded {
  /** All readings, where they came as columns; `drafts` is empty then. */
  columns?: DraftColumns;
  /** How many items the body holds. */
  items: number;
  original: (positions: readonly number[]) => Kept;
}

/** Most JSON values of a batch: readings with some ten fields each. */
const BATCH_VALUES_MOST = 10 * ITEMS_MOST;
/** Bytes of refused items that are kept. */
const ITEMS_CHARS_KEPT = 128 * 1024;

/** `POST /api/ingest`: one JSON object. */
export function parseOne(body: string): ParsedBody {
  const original = () => keptBody(body);
  return { ...decodeOne(weighedJson(body, ITEM_VALUES_MOST)), items: 1, original };
}

/**
 * `POST /api/ingest/batch`: a JSON array, `{"readings":[…]}`, or NDJSON.
 * @param asColumns the readings of an array as columns; NDJSON gives drafts
 * @throws PerchError `bad_request` when the body is none of them, `payload_too_large` when it holds too many items.
 */
export function parseBatch(body: string, asColumns = false): ParsedBody {
  const json = wholeJson(body);
  if (json === undefined) {
    const lines = itemLines(body);
    assertFew(lines.length, "lines");
    const original = (positions: readonly number[]) =>
      keptItems(body, positions, (i) => lines[i], ["", "\n", ""]);
    return { ...decodeNdjson(lines), items: lines.length, original };
  }
  const items = itemsOf(json);
  if (items === null) {
    throw new PerchError(
      "bad_request",
      'the body is neither a JSON array of readings, nor {"readings":[…]}, nor one reading per line',
    );
  }
  assertFew(items.length, "items");
  const original = (positions: readonly number[]) =>
    keptItems(body, positions, (i) => JSON.stringify(items[i]), ["[", ",", "]"]);
  const decoded = asColumns ? decodeToColumns(items, decodeOne) : decodeItems(items);
  return { ...decoded, items: items.length, original };
}

/**
 * `POST /api/v2/write`: Influx line protocol. Positions are line numbers from 0, as an editor counts them.
 * @param names of earlier requests, so that two tags never share a name
 * @throws PerchError `payload_too_large` when it holds too many readings.
 */
export function parseLinesBody(
  body: string | Body,
  precision: Precision,
  names = new LineNames(),
): ParsedBody {
  const text = () => typeof body === "string" ? body : body.text;
  const { lines, tooMuch, ...decoded } = typeof body !== "string" && body.ascii
    ? decodeLineBytes(body.bytes, text, precision, names)
    : decodeLines(text(), precision, names);
  if (tooMuch !== null) throw new PerchError("payload_too_large", tooMuch);
  const original = (positions: readonly number[]) =>
    keptItems(text(), positions, (i) => lines.at(i), ["", "\n", ""]);
  return { ...decoded, items: lines.size, original };
}

/** Reads what was kept of a request (path and query) again; undefined for a path that takes no readings. */
export function decodeHttp(request: string, kept: string): Decoded | undefined {
  const { pathname, searchParams } = new URL(request, "http://localhost");
  if (pathname === "/api/ingest") return parseOne(kept);
  if (pathname === "/api/ingest/batch") return parseBatch(kept);
  if (pathname === "/api/v2/write") {
    const precision = searchParams.get("precision") ?? "ns";
    return decodeLines(kept, Object.hasOwn(PRECISIONS, precision) ? precision as Precision : "ns");
  }
  return undefined;
}

/** The refused items as a body that could be sent again, as far as there is room for them. */
function keptItems(
  body: string,
  positions: readonly number[],
  item: (position: number) => string,
  [before, between, after]: readonly [string, string, string],
): Kept {
  const items: string[] = [];
  let chars = 0;
  for (const position of positions) {
    const text = item(position);
    chars += text.length + between.length;
    items.push(text.length > ITEMS_CHARS_KEPT ? text.slice(0, ITEMS_CHARS_KEPT) : text);
    if (chars > ITEMS_CHARS_KEPT) return keptBody(before + items.join(between), body.length);
  }
  return keptBody(before + items.join(between) + after);
}

function keptBody(body: string, cutFromBytes?: number): Kept {
  const cut = body.length > ITEMS_CHARS_KEPT;
  const payload = new TextEncoder().encode(cut ? body.slice(0, ITEMS_CHARS_KEPT) : body);
  return cut || cutFromBytes !== undefined
    ? { payload, cutFromBytes: cutFromBytes ?? body.length }
    : { payload };
}

function assertFew(n: number, what: string): void {
  if (n <= ITEMS_MOST) return;
  throw new PerchError(
    "payload_too_large",
    `a request has at most ${ITEMS_MOST} ${what}; send it in parts`,
  );
}

/** Undefined when the text is not one JSON value, or looks like the first of several lines. */
function wholeJson(body: string): unknown {
  const first = body.trimStart();
  const mayBeLines = first.startsWith("{") && first.includes("\n");
  const fault = weightFault(body, BATCH_VALUES_MOST);
  if (fault !== null) {
    // Lines that are cut off look nested; each line is looked at for itself.
    if (mayBeLines && fault.code !== "too_large") return undefined;
    throw refusal(fault);
  }
  try {
    const json: unknown = parseJson(body);
    const oneLine = json !== null && typeof json === "object" && !Array.isArray(json) &&
      !("readings" in json);
    return oneLine ? undefined : json;
  } catch {
    if (!mayBeLines) throw new PerchError("bad_request", "the body is not valid JSON");
    return undefined;
  }
}

function weighedJson(text: string, valuesMost: number): unknown {
  const fault = weightFault(text, valuesMost);
  if (fault !== null) throw refusal(fault);
  try {
    return parseJson(text);
  } catch {
    throw new PerchError("bad_request", "the body is not valid JSON");
  }
}

function refusal({ code, message }: { code: string; message: string }): PerchError {
  return new PerchError(code === "too_large" ? "payload_too_large" : "bad_request", message);
}
