import { logsFolder } from "../../app/log_files.ts";
import { oneLine } from "../../base/log.ts";
import { LINE_SEVERITIES, type LineSeverity, type LogReport } from "../../events/logs/report.ts";
import { HOUR_MS } from "../../words/times.ts";
import { columns } from "../columns.ts";
import { progressLines } from "../progress.ts";
import { type Command, type Flags, UsageError } from "../command.ts";

const HOURS_LEAST = 0.01;
const HOURS_MOST = 24 * 366;
const LISTED = 25;
const TEXT_CHARS = 110;
/** Longer work says how far it is. */
const PATIENCE_MS = 1_000;

/** Reads the files themselves: also while Perch is stopped, and when its database cannot be opened. */
export const logs: Command = {
  name: "logs",
  summary: "say what the log files hold: counts, patterns, first and last seen",
  options: {
    "recent-errors": { type: "boolean", help: "warnings and what is worse" },
    hours: { type: "string", value: "N", help: "of the last N hours; default 24" },
    severity: {
      type: "string",
      value: "S",
      help: `${LINE_SEVERITIES.join(", ")}; and what is worse`,
    },
  },
  async run({ terminal, flags, json, config }) {
    const hours = flags.number("hours", HOURS_LEAST, HOURS_MOST) ?? 24;
    const least = severityOf(flags);
    const folder = logsFolder(config().dataDir);
    const { readLogs } = await import("../../events/logs/read_logs.ts");
    const toMs = Date.now();
    const say = progressLines(terminal);
    const query = { fromMs: toMs - hours * HOUR_MS, toMs, least };
    const report = await readLogs(folder, query, (share) => {
      if (Date.now() - toMs > PATIENCE_MS) say({ stage: `reading ${folder}`, share });
    });
    if (json) terminal.out(JSON.stringify({ ...report, lost: null }));
    else for (const line of described(report, hours, folder)) terminal.out(line);
    return 0;
  },
};

function severityOf(flags: Flags): LineSeverity {
  const given = flags.text("severity");
  if (given === undefined) return flags.has("recent-errors") ? "warning" : "info";
  if (flags.has("recent-errors")) {
    throw new UsageError("--severity and --recent-errors say the same: give one of them");
  }
  const found = LINE_SEVERITIES.find((one) => one === given);
  if (found !== undefined) return found;
  throw new UsageError(`--severity is "${given}": give one of ${LINE_SEVERITIES.join(", ")}`);
}

function described(report: Omit<LogReport, "lost">, hours: number, folder: string): string[] {
  const { lines, unreadable, by_severity, by_component, patterns, other } = report;
  const span = `the last ${hours === 1 ? "hour" : `${hours} hours`}`;
  const torn = unreadable === 0
    ? []
    : [`${unreadable} ${unreadable === 1 ? "line" : "lines"} could not be read.`];
  if (lines === 0) return [`Nothing of ${span} stands in ${folder}.`, ...torn];
  const counts = [...LINE_SEVERITIES].reverse().filter((one) => by_severity[one] > 0)
    .map((one) => `${by_severity[one]} ${one}`).join(", ");
  const parts = by_component.slice(0, 8).map(({ component, count }) => `${component} ${count}`);
  const more = other + patterns.slice(LISTED).reduce((sum, { count }) => sum + count, 0);
  return [
    `${lines} ${lines === 1 ? "line" : "lines"} of ${span}: ${counts}.`,
    `By component: ${oneLine(parts.join(", "))}.`,
    ...torn,
    "",
    columns([
      ["COUNT", "SEVERITY", "COMPONENT", "FIRST (UTC)", "LAST (UTC)", "WHAT"],
      ...patterns.slice(0, LISTED).map(rowOf),
    ]),
    ...(more === 0 ? [] : [`${more} lines of other patterns; --json lists more of them.`]),
  ];
}

function rowOf(one: LogReport["patterns"][number]): string[] {
  // One that came once is shown as it was.
  const text = oneLine(one.count === 1 ? one.example : one.template);
  return [
    String(one.count),
    one.severity,
    oneLine(one.component),
    second(one.first_ms),
    second(one.last_ms),
    text.length > TEXT_CHARS ? `${text.slice(0, TEXT_CHARS)}…` : text,
  ];
}

const second = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
