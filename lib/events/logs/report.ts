/** What a stretch of the log files says, counted line by line in bounded memory. Pure. */
import { z } from "zod";
import { msField } from "../../base/wire.ts";
import { templateOf } from "./patterns.ts";

/** How bad a line is: what Perch and other programs say of themselves adds `error` to the severities of events. */
export const LINE_SEVERITIES = ["info", "warning", "error", "critical"] as const;
export type LineSeverity = typeof LINE_SEVERITIES[number];

export const lineSeverityField = z.enum(LINE_SEVERITIES).meta({ id: "LogSeverity" });

export const logReportShape = z.object({
  from_ms: msField,
  to_ms: msField,
  lines: z.number(),
  unreadable: z.number().describe("lines of no log file"),
  lost: z.number().nullable().describe("lines not written since the start"),
  by_severity: z.object({
    info: z.number(),
    warning: z.number(),
    error: z.number(),
    critical: z.number(),
  }),
  by_component: z.array(z.object({ component: z.string(), count: z.number() })),
  patterns: z.array(z.object({
    severity: lineSeverityField,
    component: z.string(),
    template: z.string().describe("with what varies masked"),
    count: z.number(),
    first_ms: msField,
    last_ms: msField,
    example: z.string().describe("the latest"),
  })).describe("worst first, then most frequent"),
  other: z.number().describe("lines of other patterns"),
}).meta({ id: "LogReport" });
export type LogReport = z.output<typeof logReportShape>;

export interface LogQuery {
  fromMs: number;
  toMs: number;
  /** Lines that are less severe are left out. */
  least: LineSeverity;
}

/** Counts lines; `report` may be asked at any time. */
export interface LogCount {
  /** Takes a line without its end. */
  take(line: string): void;
  /** Takes a line that was too long to be read. */
  unreadable(): void;
  report(): Omit<LogReport, "lost">;
}

/** Templates that are told apart; what else there is goes together. */
const PATTERNS_MOST = 2_000;
const COMPONENTS_MOST = 500;
const LISTED_MOST = 100;
const EXAMPLE_CHARS_MOST = 300;
const NAME_CHARS_MOST = 100;

type Pattern = LogReport["patterns"][number];

export function createLogCount({ fromMs, toMs, least }: LogQuery): LogCount {
  const leastRank = rank(least);
  const patterns = new Map<string, Pattern>();
  const components = new Map<string, number>();
  const bySeverity = Object.fromEntries(LINE_SEVERITIES.map((one) => [one, 0])) as Record<
    LineSeverity,
    number
  >;
  const earliest = new Date(fromMs).toISOString();
  let lines = 0;
  let unreadable = 0;
  let other = 0;

  function count({ atMs, severity, component, message }: ParsedLine): void {
    lines++;
    bySeverity[severity]++;
    if (components.has(component) || components.size < COMPONENTS_MOST) {
      components.set(component, (components.get(component) ?? 0) + 1);
    }
    const template = templateOf(message);
    const key = `${severity} ${component} ${template}`;
    const known = patterns.get(key);
    const example = message.slice(0, EXAMPLE_CHARS_MOST);
    if (known !== undefined) {
      known.count++;
      if (atMs >= known.last_ms) Object.assign(known, { last_ms: atMs, example });
      known.first_ms = Math.min(known.first_ms, atMs);
    } else if (patterns.size < PATTERNS_MOST) {
      const times = { first_ms: atMs, last_ms: atMs };
      patterns.set(key, { severity, component, template, count: 1, ...times, example });
    } else other++;
  }

  return {
    take(line) {
      // Most lines of a large file are older: their time is read without the rest.
      const isWhole = line.startsWith(HEAD) && line.endsWith("}");
      if (isWhole && line.slice(HEAD.length, HEAD.length + 24) < earliest) return;
      const parsed = parseLine(line);
      if (parsed === null) unreadable++;
      else if (parsed.isCopy) return;
      else if (parsed.atMs >= fromMs && parsed.atMs <= toMs && rank(parsed.severity) >= leastRank) {
        count(parsed);
      }
    },
    unreadable: () => void unreadable++,
    report() {
      const sorted = [...patterns.values()].sort((a, b) =>
        rank(b.severity) - rank(a.severity) || b.count - a.count || b.last_ms - a.last_ms
      );
      const left = sorted.slice(LISTED_MOST).reduce((sum, one) => sum + one.count, 0);
      return {
        from_ms: fromMs,
        to_ms: toMs,
        lines,
        unreadable,
        by_severity: { ...bySeverity },
        by_component: [...components].sort((a, b) => b[1] - a[1]).slice(0, LISTED_MOST)
          .map(([component, count]) => ({ component, count })),
        patterns: sorted.slice(0, LISTED_MOST).map((one) => ({ ...one })),
        other: other + left,
      };
    },
  };
}

const rank = (severity: LineSeverity) => LINE_SEVERITIES.indexOf(severity);

interface ParsedLine {
  atMs: number;
  severity: LineSeverity;
  component: string;
  message: string;
  /** Another file has the same fact. */
  isCopy: boolean;
}

const HEAD = '{"timestamp":"';

/** A line of any of the files; null: it is none. */
export function parseLine(line: string): ParsedLine | null {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof fields !== "object" || fields === null) return null;
  const { timestamp, type, component, event_type, severity, description, error_message, also_in } =
    fields;
  const atMs = typeof timestamp === "string" ? Date.parse(timestamp) : NaN;
  const message = error_message ?? description;
  if (Number.isNaN(atMs) || typeof message !== "string") return null;
  const named = typeof component === "string"
    ? component
    : String(event_type ?? type).split(".")[0];
  return {
    atMs,
    severity: LINE_SEVERITIES.findLast((one) => one === severity || one === type) ?? "info",
    component: named.slice(0, NAME_CHARS_MOST),
    message,
    isCopy: also_in !== undefined,
  };
}
