/** What stands in the log files, as pure functions: which file an event belongs to, and its line. */
import type { LogEntry } from "../../base/log.ts";
import { messageOf } from "../../base/errors.ts";
import { SEVERITIES } from "../../words/severity.ts";
import { EVENT_TYPES, type LoggedEvent } from "../event.ts";

/** The files in `<data>/logs`, by the part of their name before `_events.log`. */
export const LOG_FILES = ["sensor", "error", "data"] as const;
export type LogFile = typeof LOG_FILES[number];

/** A line of one of the files, without its end. */
export interface Line {
  file: LogFile;
  text: string;
}

/** Types, up to their dot, that tell about machines and what is measured there; all others are about data. */
const SENSOR_TYPES = new Set(["sensor", "machine", "alarm", "prediction"]);
/** What programs report of themselves as going wrong. */
const ERROR_TYPES = new Set(["external.error", "external.warning"]);
/** What happens to alarms and tickets when something is over, or somebody cares for it: good news, whatever it was. */
const GOOD_NEWS = new Set(
  ["cleared", "resolved", "closed", "acknowledged", "shelved", "started", "commented"]
    .flatMap((step) => [`alarm.${step}`, `ticket.${step}`]),
);
/** Texts come from devices and from other programs too. */
const TEXT_CHARS_MOST = 1_000;
const NAME_CHARS_MOST = 100;

/** Which file an event of this type stands in. */
function fileOf(type: string): LogFile {
  if (ERROR_TYPES.has(type)) return "error";
  return SENSOR_TYPES.has(type.split(".")[0]) ? "sensor" : "data";
}

/** The line of an event of the event log. */
export function lineOfEvent(
  event: Pick<LoggedEvent, "type" | "severity" | "tMs" | "text" | "subject" | "body">,
): Line {
  const file = fileOf(event.type);
  const timestamp = new Date(event.tMs).toISOString();
  const event_type = name(event.type);
  const description = textOf(event.text);
  const severity = GOOD_NEWS.has(event.type) ? "info" : event.severity;
  const component = componentOf(event);
  if (file === "error") {
    const type = event.type.split(".")[1];
    const error = { timestamp, type, component, error_message: description, event_type, severity };
    return { file, text: json(error) };
  }
  if (file === "sensor") {
    return { file, text: json({ timestamp, type: file, event_type, description, severity }) };
  }
  const data = { timestamp, type: file, component, event_type, description, severity };
  return { file, text: json({ ...data, ...(isRestart(event) && alsoIn("error")) }) };
}

/** The supervisor has said it: each time, while the event comes once an hour. */
function isRestart({ type, subject, severity }: Parameters<typeof lineOfEvent>[0]): boolean {
  return type === "task.restarted" && subject.startsWith("task:") && severity === "warning";
}

/** The same fact stands in another file, where it is counted. */
const alsoIn = (file: LogFile) => ({ also_in: `${file}_events.log` });

/** The line of what Perch said of itself, at `warn` or `error`; `event` among its fields: it is that event too. */
export function lineOfEntry({ tsMs, level, part, message, fields }: LogEntry): Line {
  const { event, severity, ...others } = fields;
  const known = typeof event === "string" && Object.hasOwn(EVENT_TYPES, event);
  return {
    file: "error",
    text: json({
      timestamp: new Date(tsMs).toISOString(),
      type: level === "error" ? "error" : "warning",
      component: name(part || "perch"),
      error_message: textOf(
        message + Object.entries(known ? others : fields).map(fieldText).join(""),
      ),
      ...(known && {
        event_type: event,
        severity: SEVERITIES.find((one) => one === severity),
        ...alsoIn(fileOf(event)),
      }),
    }),
  };
}

function fieldText([key, value]: [string, unknown]): string {
  const { message } = (value ?? {}) as { message?: unknown };
  if (key === "error" && typeof message === "string") return `: ${message}`;
  return ` ${key}=${typeof value === "string" ? value : shortJson(value)}`;
}

function shortJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch (error) {
    return messageOf(error);
  }
}

/** Who it is about: what a program named, else the first part of the type. */
function componentOf(
  { type, subject, body }: Pick<LoggedEvent, "type" | "subject" | "body">,
): string {
  const { component } = (body ?? {}) as { component?: unknown };
  if (typeof component === "string" && component !== "") return name(component);
  const [, named] = /^component:(.+)$/s.exec(subject) ?? [];
  return name(named ?? type.split(".")[0]);
}

const name = (text: string) => text.slice(0, NAME_CHARS_MOST);

function textOf(text: string): string {
  const cut = text.length > TEXT_CHARS_MOST ? `${text.slice(0, TEXT_CHARS_MOST)}…` : text;
  return withoutSecrets(cut);
}

/** Beyond what JSON escapes: what a terminal or an editor takes for a command or the end of a line. */
const CONTROL = /[\u007f-\u009f\u2028\u2029]/g;
function json(fields: Record<string, unknown>): string {
  return JSON.stringify(fields).replace(
    CONTROL,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What looks like a secret, each with what stays of it. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // User and password in an address.
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s\/@]{1,200}@/gi, "$1***@"],
  [/\b(bearer|basic)\s+[A-Za-z0-9+\/=._~-]{8,}/gi, "$1 ***"],
  [/\bperch_[A-Za-z0-9_-]{8,}/g, "perch_***"],
  // Header, claims and signature of a token.
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, "***"],
  [
    /\b((?:api[_-]?key|auth[_-]?token|token|password|passwd|pwd|secret|authorization)["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&}]+)/gi,
    "$1***",
  ],
];

/** The text without what looks like a secret: whoever wrote it should have left that out. */
export function withoutSecrets(text: string): string {
  return SECRETS.reduce((rest, [secret, stays]) => rest.replace(secret, stays), text);
}
