/** The kinds of value that an environment variable can have, each as a zod schema from text. */
import { isIP } from "node:net";
import { z } from "zod";
import { Secret } from "./secret.ts";

/** What people read about a variable. */
export interface VariableNotes {
  title: string;
  help: string;
  /** Ends the sentence "give …". */
  allowed: string;
  /** As it would be written in `.env`; null when unset means "off" or "decided at start". */
  default: string | null;
  /** Default under `perch sim`, where it differs. */
  simDefault?: string;
  secret?: boolean;
  /** A service manager or a terminal sets it for the process that it starts; nobody chooses it. */
  ofManager?: boolean;
  /** The name is reserved and checked, but nothing in this version reads it. */
  reserved?: boolean;
}

/** A variable that may be unset. */
export function optional<T extends z.ZodType>(schema: T, notes: Omit<VariableNotes, "default">) {
  return schema.optional().meta({ ...notes, default: null });
}

/** A variable with a default, written as it would be in `.env`. */
export function preset<T extends z.ZodType>(
  schema: T,
  value: string,
  notes: Omit<VariableNotes, "default">,
) {
  return schema.prefault(value as z.input<T>).meta({ ...notes, default: value });
}

/** Any text, not empty. */
export const text = z.string().min(1).max(4096);
/** A text that is never logged or shown. */
export const secret = text.transform((value) => new Secret(value));

/** A number from `least` to `most`. */
export function number(least: number, most: number) {
  return z.string().regex(/^[+-]?\d+(\.\d+)?$/).transform(Number).pipe(
    z.number().min(least).max(most),
  );
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number) {
  return z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(least).max(most));
}

/** One of a few words, in upper or lower case. */
export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.string().toLowerCase().pipe(z.enum(values));
}

export const onOff = oneOf(["on", "off"]).transform((value) => value === "on");

/** An address with one of these protocols. */
export function url(protocols: readonly string[]) {
  return text.refine((value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, hostname } = new URL(value);
    return protocols.includes(protocol) && (hostname !== "" || protocol === "file:");
  });
}
export const httpUrl = url(["http:", "https:"]);
/** The line by which a site knows its centre. */
export const upstreamLine = url(["http:", "https:", "mqtt:", "mqtts:"]).refine((value) => {
  const { username, password } = new URL(value);
  return username !== "" && password !== "";
}).transform((value) => new Secret(value));
/** How readings go to a broker of others. A group of Sparkplug has none of the characters that topics are made of. */
export const upstreamFormat = z.string().regex(/^(json|sparkplug(\/[^/+#\0]{1,64})?)$/)
  .transform((value): UpstreamFormat =>
    value === "json" ? null : { sparkplugGroup: value.split("/")[1] ?? "perch" }
  );
/** Null: plain JSON. */
export type UpstreamFormat = { sparkplugGroup: string } | null;
/** Where people open Perch: maybe below a path, of plain characters. */
export const publicUrl = httpUrl.refine((value) => {
  const { pathname, search, hash, username } = new URL(value);
  return /^[\w./~-]*$/.test(pathname) && !pathname.includes("//") &&
    search + hash + username === "";
});
/** Scheme, host and maybe port, as browsers write them. */
export const origin = httpUrl.refine((value) => new URL(value).origin === value);
export const mqttUrl = url(["mqtt:", "mqtts:", "ws:", "wss:"]);
export const email = z.email();
export const modelName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/);
export const ipAddress = text.refine((value) => isIP(value) !== 0);
/** A name or address to listen on or to announce. */
export const host = text.refine((value) =>
  isIP(value) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(value)
);

/** Items separated by commas. */
export function list<T extends z.ZodType<string, string>>(item: T) {
  return text.transform((value) => value.split(",").map((s) => s.trim()).filter((s) => s !== ""))
    .pipe(z.array(item).min(1).max(200));
}
/** MQTT 5 §4.7.1: `#` only as the last level, `+` only as a whole level. */
export const topicFilter = z.string().max(65_535).refine((filter) => {
  if (filter.includes("\0")) return false;
  const levels = filter.split("/");
  return levels.every((level, i) =>
    level === "+" || (level === "#" && i === levels.length - 1) || !/[+#]/.test(level)
  );
});
/** An address, or a network as address/bits. */
export const cidr = z.string().refine((value) => {
  const [address, bits, ...rest] = value.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined ||
    (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
});
