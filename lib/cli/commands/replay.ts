import type { Command } from "../command.ts";
import { deadLetterFiles, linesOf, quarantinedFiles } from "../dead_letters.ts";
import { ensureDataDir } from "../lock.ts";
import { replayLetters, type ReplayReport } from "../replay_letters.ts";
import { openReplayMarks } from "../replay_marks.ts";
import { parseSince } from "../time_flag.ts";
import { withControl } from "../with_control.ts";

export const replay: Command = {
  name: "replay",
  summary: "offer again what was refused (rejected.jsonl)",
  options: {
    since: { type: "string", value: "T", help: "only from this time on: ISO 8601, or like 2h, 3d" },
    source: { type: "string", value: "S", help: "only of this source: mqtt, broker, http" },
    quarantined: { type: "boolean", help: "also what was set aside because it ended Perch" },
    "dry-run": { type: "boolean", help: "count what would be offered and change nothing" },
  },
  async run({ terminal, flags, json, config }) {
    const sinceMs = parseSince(flags.text("since"), Date.now());
    const source = flags.text("source");
    const parsed = config();
    ensureDataDir(parsed.dataDir);
    const marks = await openReplayMarks(parsed.dataDir);
    const aside = flags.has("quarantined") ? await quarantinedFiles(parsed.dataDir) : [];
    const lines = linesOf([...await deadLetterFiles(parsed.dataDir), ...aside]);
    const common = { lines, marks, sinceMs, source };
    let report: ReplayReport;
    if (flags.has("dry-run")) report = await replayLetters({ ...common, control: null });
    else {
      const { openOffline } = await import("../offline.ts");
      report = await withControl(
        parsed,
        "replay",
        openOffline,
        (control) => replayLetters({ ...common, control }),
      );
    }
    terminal.out(json ? JSON.stringify(report) : describe(report, flags.has("dry-run")));
    return Object.keys(report.rejected).length > 0 || report.unreadable > 0 ? 1 : 0;
  },
};

function describe(report: ReplayReport, dryRun: boolean): string {
  const rows = [
    `${report.letters} in the file: ${report.done} replayed earlier, ${report.filtered} not chosen.`,
  ];
  if (dryRun) rows.push(`${report.pending} would be offered again. Nothing was changed.`);
  else {
    rows.push(`Stored ${report.stored}, known already ${report.duplicate}.`);
    for (const [code, n] of Object.entries(report.rejected)) {
      rows.push(`Refused again: ${n} ${code}.`);
    }
  }
  if (report.unreadable > 0) rows.push(`${report.unreadable} lines are no dead letters.`);
  return rows.join("\n");
}
