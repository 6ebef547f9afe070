/** Options that several channels have, and requests that they make. */
import { z } from "zod";
import { httpAddress } from "../../base/create_outgoing.ts";
import { messageOf } from "../../base/errors.ts";
import type { OutgoingAnswer, OutgoingInit } from "../../base/outgoing.ts";
import type { SendContext } from "../channel.ts";
import type { Message } from "../message.ts";
import type { Look } from "../report.ts";

/** An http(s) address. */
export const httpUrl = z.string().trim().max(2000).superRefine((text, context) => {
  try {
    httpAddress(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: messageOf(error) });
  }
});

/** Text that goes into a header: no line breaks. */
export const headerText = z.string().trim().max(1000).regex(
  /^[\x20-\x7e]*$/,
  "only letters, digits and signs of ASCII",
);

/** A server's address without a trailing slash. */
export const server = httpUrl.transform((text) => text.replace(/\/+$/, ""));

/** POSTs JSON through the guard. */
export function postJson(
  { outgoing, signal }: Pick<SendContext, "outgoing" | "signal">,
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
  more: Pick<OutgoingInit, "trusted"> = {},
): Promise<OutgoingAnswer> {
  return outgoing.fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal,
    ...more,
  });
}

/** The answer's body as a JSON object; null when it is none. */
export function jsonOf({ text }: OutgoingAnswer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : null;
  } catch {
    return null;
  }
}

/** At most `most` characters, with an ellipsis where something was cut. */
export function cut(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : characters.slice(0, most - 1).join("") + "…";
}

export function lookOf({ kind, severity, report }: Message): Look {
  return report?.look ?? (kind === "resolved" ? "good" : severity);
}

/** The colours of the pages. */
export const COLOURS: Readonly<Record<Look, string>> = {
  critical: "#c62828",
  warning: "#9a6700",
  good: "#1a7f37",
  info: "#0b62c4",
};

/** Words before a title. */
export const LABELS: Readonly<Record<Look, string>> = {
  critical: "CRITICAL",
  warning: "WARNING",
  good: "RESOLVED",
  info: "INFO",
};

/** Facts as lines of `label: value`. */
export function factLines({ facts }: Message): string[] {
  return facts.map(({ label, value }) => `${label}: ${value}`);
}

/** What machines get: the event; for what is none, the words. The same bytes on each repeat. */
export function machineBody(message: Message): { type: string; timestamp: string; data: unknown } {
  const { event, kind, tMs, severity, title, lines, link } = message;
  const timestamp = new Date(tMs).toISOString();
  if (event === null) {
    return { type: kind, timestamp, data: { severity, text: title, lines, link } };
  }
  const { type, subject, text, actor, body } = event;
  const more = typeof body === "object" && body !== null ? body : {};
  return { type, timestamp, data: { subject, severity, text, actor, link, ...more } };
}
