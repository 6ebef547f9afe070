import type { Decoded, Draft, Reject, RejectCode } from "../../readings/reading.ts";

/** Largest payload that is looked at; sources cut longer ones to one byte more, so that they are refused. */
export const PAYLOAD_BYTES_MOST = 1024 * 1024;
/** Longest payload that is one plain value: what is longer is no state that somebody cut. */
export const PLAIN_CHARS_MOST = 16_384;
/** Most values that one message may carry. */
export const VALUES_MOST = 10_000;
/** Deepest nesting of a JSON payload. */
export const DEPTH_MOST = 16;
/** Longest key, nested keys joined, that can be a level of a sensor's name. */
export const NAME_CHARS_MOST = 128;
/** Longest text that is a state, as in Home Assistant; longer ones are cut. */
export const TEXT_CHARS_MOST = 255;

/** Where a message belongs: its path below the root topic, `<area…>/<machine>` or `…/<sensor>`. */
export interface Place {
  path: string;
  /** Whether the path alone can name a sensor (two levels or more). */
  namesSensor: boolean;
}

/** A payload as far as all dialects share it: text without surrounding blanks, or parsed JSON. */
export type Content = { kind: "text"; text: string } | { kind: "json"; json: object };

/** What a dialect is shown with: documentation, and input of the contract tests. */
export interface Example {
  topic: string;
  payload: string;
  drafts: Draft[];
}

/** One way in which devices write their values. Pure; never throws. */
export interface Dialect {
  name: string;
  /** One line for people. */
  title: string;
  examples: readonly Example[];
  /** Null when the message is not in this dialect; the next one is asked. */
  decode(place: Place, content: Content): Decoded | null;
}

/** One reading, nothing refused. */
export function good(draft: Draft): Decoded {
  return { drafts: [draft], rejects: [] };
}

/** Nothing stored, one reason. */
export function bad(code: RejectCode, message: string, index?: number): Decoded {
  const reject: Reject = index === undefined ? { code, message } : { code, message, index };
  return { drafts: [], rejects: [reject] };
}

export function isFault<T extends object>(value: T | Fault): value is Fault {
  return "code" in value;
}

/** Why a part of a message cannot be used. */
export interface Fault {
  code: RejectCode;
  message: string;
}

/** `value` for an error message: short, printable, quoted; of an object only what it is. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = String(value);
  const cut = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return JSON.stringify(cut.toWellFormed());
}
