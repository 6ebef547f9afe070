import { PerchError } from "../base/errors.ts";
import type { Decoded } from "../readings/reading.ts";
import {
  decodeBatch,
  decodeLines,
  decodeNdjson,
  decodeOne,
  type Precision,
  PRECISIONS,
} from "./dialects/mod.ts";

/** Readings of a request body, and the items they came from (for the dead-letter file). */
export interface ParsedBody extends Decoded {
  original: (index: number) => unknown;
}

/** `POST /api/ingest`: one JSON object. */
export function parseOne(body: string): ParsedBody {
  return { ...decodeOne(parseJson(body)), original: () => body };
}

/**
 * `POST /api/ingest/batch`: a JSON array, `{"readings":[…]}`, or NDJSON.
 * @throws PerchError `bad_request` when the body is none of them.
 */
export function parseBatch(body: string): ParsedBody {
  const json = wholeJson(body);
  if (json === undefined) {
    const lines = body.split("\n").filter((line) => line.trim() !== "");
    return { ...decodeNdjson(body), original: (index) => lines[index] };
  }
  const decoded = decodeBatch(json);
  if (decoded === null) {
    throw new PerchError(
      "bad_request",
      'the body is neither a JSON array of readings, nor {"readings":[…]}, nor one reading per line',
    );
  }
  const items = Array.isArray(json) ? json : (json as { readings: unknown[] }).readings;
  return { ...decoded, original: (index) => items[index] };
}

/** `POST /api/v2/write`: Influx line protocol. */
export function parseLinesBody(body: string, precision: Precision): ParsedBody {
  const { drafts, rejects, lines } = decodeLines(body, precision);
  return { drafts, rejects, original: (index) => lines[index] };
}

/** Reads one item of a refused request (path and query) again; undefined for a path that takes no readings. */
export function decodeHttp(request: string, item: string): Decoded | undefined {
  const { pathname, searchParams } = new URL(request, "http://localhost");
  if (pathname === "/api/ingest") return decodeOne(parseJson(item));
  if (pathname === "/api/ingest/batch") {
    const json = wholeJson(item);
    return (json === undefined ? null : decodeBatch(json)) ?? decodeOne(parseJson(item));
  }
  if (pathname === "/api/v2/write") {
    const precision = searchParams.get("precision") ?? "ns";
    return decodeLines(item, Object.hasOwn(PRECISIONS, precision) ? precision as Precision : "ns");
  }
  return undefined;
}

/** Undefined when the text is not one JSON value, or looks like the first of several lines. */
function wholeJson(body: string): unknown {
  try {
    const json: unknown = JSON.parse(body);
    const oneLine = json !== null && typeof json === "object" && !Array.isArray(json) &&
      !("readings" in json);
    return oneLine ? undefined : json;
  } catch {
    const first = body.trimStart();
    if (first.startsWith("[") || !first.includes("\n") || !first.startsWith("{")) {
      throw new PerchError("bad_request", "the body is not valid JSON");
    }
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PerchError("bad_request", "the body is not valid JSON");
  }
}
