export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = typeof LOG_LEVELS[number];

/** Structured log: one line per entry, fields as JSON. `child` names the part that speaks. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  child(part: string): Log;
}

export interface LogEntry {
  tsMs: number;
  level: LogLevel;
  part: string;
  message: string;
  fields: Record<string, unknown>;
}

/**
 * Creates a log that hands entries at or above `level` to `sink`.
 * Errors in fields become `{message, code}`: stacks go to debug only.
 */
export function createLog(
  options: { level: LogLevel; now: () => number; sink: (entry: LogEntry) => void },
): Log {
  const least = LOG_LEVELS.indexOf(options.level);
  const make = (part: string): Log => {
    const at = (level: LogLevel) => (message: string, fields: Record<string, unknown> = {}) => {
      if (LOG_LEVELS.indexOf(level) < least) return;
      options.sink({
        tsMs: options.now(),
        level,
        part,
        message: short(message),
        fields: plain(fields),
      });
    };
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: (name) => make(part === "" ? name : `${part}.${name}`),
    };
  };
  return make("");
}

/** A log that says nothing (tests that do not look at it). */
export function silentLog(): Log {
  return createLog({ level: "error", now: () => 0, sink: () => {} });
}

/** The same log; what it is given at `warn` and `error` also goes to `also`, whatever its level. */
export function alsoTo(log: Log, now: () => number, also: (entry: LogEntry) => void): Log {
  const copy = createLog({ level: "warn", now, sink: also });
  const both = (one: Log, other: Log): Log => ({
    debug: one.debug,
    info: one.info,
    warn(message, fields) {
      one.warn(message, fields);
      other.warn(message, fields);
    },
    error(message, fields) {
      one.error(message, fields);
      other.error(message, fields);
    },
    child: (part) => both(one.child(part), other.child(part)),
  });
  return both(log, copy);
}

/** One JSON object per line, for machines and journald. */
export function jsonLine(entry: LogEntry): string {
  const { tsMs, level, part, message, fields } = entry;
  return JSON.stringify({ ts: new Date(tsMs).toISOString(), level, part, message, ...fields });
}

const COLOUR: Record<LogLevel, string> = { debug: "90", info: "36", warn: "33", error: "31" };

/** One line for a person at a terminal. */
export function consoleLine(entry: LogEntry, colour: boolean): string {
  const time = new Date(entry.tsMs).toISOString().slice(11, 23);
  const level = entry.level.toUpperCase().padEnd(5);
  const fields = Object.entries(entry.fields)
    .map(([key, value]) => ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
  const head = colour ? `\x1b[${COLOUR[entry.level]}m${level}\x1b[0m` : level;
  return `${time} ${head} ` +
    oneLine(`${entry.part ? entry.part + ": " : ""}${entry.message}${fields}`);
}

// Text from devices may carry line breaks or escape sequences; a log line stays one line.
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
/** Text without what would begin a new line or speak to the terminal. */
export function oneLine(text: string): string {
  return text.replace(CONTROL, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Longest text of an entry: what a device or a client sent must not fill the log. */
const TEXT_CHARS_MOST = 4_096;

function short(text: string): string {
  return text.length <= TEXT_CHARS_MOST
    ? text
    : `${text.slice(0, TEXT_CHARS_MOST)}… (${text.length})`;
}

function plain(fields: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    out[key] = value instanceof Error
      ? { message: short(value.message), code: (value as { code?: unknown }).code }
      : typeof value === "string"
      ? short(value)
      : value;
  }
  return out;
}
