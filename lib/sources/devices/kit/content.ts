/** Payloads as dialects of devices read them. */
import type { Decoded, RejectCode } from "../../../readings/reading.ts";
import { contentOf } from "../../dialects/content.ts";
import { bad, isFault, shown } from "../../dialects/dialect.ts";

export type Json = Record<string, unknown>;

/** What a payload holds; `answer` where there is nothing more to do with it. */
export type Read<T> = { is: T; answer?: undefined } | { answer: Decoded };

/** Understood, nothing to keep. */
export function nothing(): Decoded {
  return { drafts: [], rejects: [] };
}

export function refused(code: RejectCode, message: string): Decoded {
  return bad(code, message);
}

/** A payload that is one JSON object. An empty one is how a kept message is cleared, and no fault. */
export function readObject(payload: Uint8Array): Read<Json> {
  const content = contentOf(payload);
  if (isFault(content)) return { answer: answerTo(content) };
  if (content.kind === "json" && isObject(content.json)) return { is: content.json };
  const what = content.kind === "json" ? shown(content.json) : shown(content.text);
  return { answer: bad("bad_payload", `a JSON object is needed here, not ${what}`) };
}

/** A payload that is a text. */
export function readText(payload: Uint8Array): Read<string> {
  const content = contentOf(payload);
  if (isFault(content)) return { answer: answerTo(content) };
  if (content.kind === "text") return { is: content.text };
  return { answer: bad("bad_payload", `a plain value is needed here, not ${shown(content.json)}`) };
}

function answerTo({ code, message }: { code: RejectCode; message: string }): Decoded {
  return code === "no_value" ? nothing() : bad(code, message);
}

export function isObject(json: unknown): json is Json {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** A text that is not empty, cut to what a name may be long; undefined for anything else. */
export function textIn(json: unknown): string | undefined {
  if (typeof json !== "string") return undefined;
  const text = json.trim().slice(0, 200).toWellFormed();
  return text === "" ? undefined : text;
}

/** What a table has under a key that came from outside: `constructor` and the like are no rows. */
export function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
