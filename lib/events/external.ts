/** What other programs report: attendance readers, gateways, cameras of their own. */
import { z } from "zod";
import { momentOfText } from "../base/epoch.ts";
import { SEVERITIES, type Severity } from "../words/severity.ts";
import { DAY_MS, MINUTE_MS } from "../words/times.ts";
import type { EventDraft, ExternalType } from "./event.ts";

export const EXTERNAL_TYPES = ["scan", "sync", "photo", "sms", "error", "warning"] as const;
/** Events of one request. */
export const MOST_AT_ONCE = 100;
export const MESSAGE_CHARS = 2_000;
export const DETAILS_BYTES = 4_096;
const DETAILS_DEPTH = 5;
/** A reader that was offline may report late; what is older belongs into an import. */
export const OLDEST_MS = 31 * DAY_MS;
/** How far the clock of the other program may be ahead. */
export const AHEAD_MS = 5 * MINUTE_MS;

/** What is wrong with a name that a part of Perch has: nobody poses as it. */
export function ownName(name: string): string {
  return `"${name}" is a part of Perch itself; give your program another name`;
}

/** Who reports: a key or a person. */
export interface Reporter {
  kind: string;
  id: string;
  name: string;
}

const shown = (value: unknown) => {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
  return `"${text.length <= 60 ? text : `${text.slice(0, 60).toWellFormed()}…`}"`;
};

/** A field whose refusal names the value and what is allowed. */
const refused = (allowed: string) => ({
  error: ({ input }: { input?: unknown }) =>
    input === undefined ? `is missing: give ${allowed}` : `is ${shown(input)}: give ${allowed}`,
});

const typeField = z.string(refused("a text")).max(40, refused("at most 40 characters"))
  .regex(
    /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/,
    refused(
      `${EXTERNAL_TYPES.join(", ")}, or a type of your own: lower-case words of letters and ` +
        "digits with _ between them, such as door_opened",
    ),
  ).describe(`${EXTERNAL_TYPES.join(", ")}, or lower-case words of your own`);

/** Name of a program that reports: part of an address, so without spaces and slashes. */
export const componentField = z.string(refused("a text")).max(60, refused("at most 60 characters"))
  .regex(
    /^[a-z0-9]+([._-][a-z0-9]+)*$/,
    refused("lower-case letters and digits, with . _ - between them, such as door-reader"),
  );

const timeField = z.union([z.number(), z.string().max(60)], refused("epoch ms or ISO 8601"))
  .describe("when: epoch ms or s, ISO 8601, now or -5m; default now");

const severityField = z.enum(SEVERITIES, refused(SEVERITIES.join(", ")));

// Control characters and what turns text around, but for line breaks and tabs.
const UNSEEN =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A text that people read, of 1 to `most` characters; what cannot be seen becomes `�`. */
export function saidField(most: number) {
  const allowed = `a text of 1 to ${most} characters`;
  return z.string(refused(allowed)).trim().min(1, refused(allowed)).max(most, {
    error: ({ input }) => `has ${String(input).length} characters: give at most ${most}`,
  }).transform((text) => text.toWellFormed().replaceAll("\r\n", "\n").replaceAll(UNSEEN, "\ufffd"))
    .meta({ type: "string", minLength: 1, maxLength: most });
}

const detailsField = z.record(z.string(), z.unknown(), refused("an object")).refine(
  (details) => isShallow(details, DETAILS_DEPTH) && bytesOf(details) <= DETAILS_BYTES,
  `is too large: give an object of at most ${DETAILS_BYTES} bytes as JSON, ${DETAILS_DEPTH} levels deep`,
);

export const externalEventShape = z.strictObject({
  type: typeField,
  message: saidField(MESSAGE_CHARS),
  severity: severityField.optional().describe("default warning for error and warning, else info"),
  component: componentField.optional().describe("as in /api/components/{name}"),
  details: detailsField.optional().describe(`at most ${DETAILS_BYTES} bytes as JSON`),
  ts: timeField.optional(),
}).meta({ id: "ExternalEvent" });
export type ExternalEvent = z.output<typeof externalEventShape>;

/** Several at once. */
export const externalEventsShape = z.array(externalEventShape)
  .min(1, "is empty: give at least one event")
  .max(MOST_AT_ONCE, {
    error: ({ input }) =>
      `has ${(input as unknown[]).length} events: give at most ${MOST_AT_ONCE} in one request`,
  });

/** Why a time is not taken, in words; else the time, epoch ms. */
export function timeOf(ts: ExternalEvent["ts"], nowMs: number): number | string {
  if (ts === undefined) return nowMs;
  const tMs = momentOfText(typeof ts === "number" ? `${Math.trunc(ts)}` : ts)?.(nowMs) ?? null;
  const least = nowMs - OLDEST_MS, most = nowMs + AHEAD_MS;
  if (tMs !== null && tMs >= least && tMs <= most) return tMs;
  const iso = (ms: number) => new Date(ms).toISOString().slice(0, 19) + "Z";
  return `is ${shown(ts)}: give epoch ms or ISO 8601, from ${iso(least)} to ${iso(most)}`;
}

/** The event as it is written. */
export function externalDraft(
  { type, message, severity, component, details }: ExternalEvent,
  tMs: number,
  by: Reporter,
  route: (type: ExternalType, severity: Severity) => boolean,
): EventDraft {
  const usual = type === "error" || type === "warning" ? "warning" : "info";
  const full: ExternalType = `external.${type}`;
  return {
    type: full,
    subject: component === undefined ? `${by.kind}:${by.id}` : `component:${component}`,
    severity: severity ?? usual,
    tMs,
    text: message,
    actor: by.name,
    body: { component: component ?? null, details: details ?? null },
    route: route(full, severity ?? usual),
  };
}

/** Without recursion into what is too deep. */
function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((one) => isShallow(one, levels - 1));
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
