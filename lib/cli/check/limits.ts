import type { HostReport } from "../../health/history/report.ts";
import type { Check, Finding } from "./check.ts";

type Found = Omit<Finding, "name">;

/** By what the problem is about. */
const ADVICE: readonly [RegExp, string][] = [
  [/°C|^temperature/i, "Give it air: a heat sink, a fan, a place out of the sun."],
  [
    /^disk|the disk (is|was) (\d|full)/i,
    "Free some space: du -xh / | sort -h names what takes it; RETENTION_DAYS and MAX_DATABASE_MB bound the readings.",
  ],
  [
    /^memory|the memory|want of memory/i,
    "End what is not needed, or use compressed swap (apt install zram-tools).",
  ],
  [
    /^CPU|the processor/,
    "top names what takes it; perch optimise says which settings of Perch do.",
  ],
  [/read-only/, "Copy the data directory away, then check the disk (fsck) or replace it."],
  [/twice the usual/, "iotop names what writes; perch optimise says which settings of Perch do."],
];
const OTHER = "The page This host shows it over time, with its limits.";

/** What of the host is beyond its limits: those that people set where Perch runs, else those it begins with. */
export function limitsCheck(report: () => Promise<HostReport>): Check {
  return { name: "limits", run: async () => judgeLimits(await report()) };
}

/** A finding for each problem of a report, the worst first. */
export function judgeLimits(
  { status, problems }: Pick<HostReport, "status" | "problems">,
): Found[] {
  if (status === "unknown") return [{ state: "unknown", detail: "this host is not measured" }];
  if (problems.length === 0) {
    return [{ state: "ok", detail: "nothing of this host is beyond its limits" }];
  }
  return problems.map(({ severity, text }) => {
    // It has not lasted as long as its limit asks.
    if (severity === "info") return { state: "ok", detail: `${text} at the moment` };
    return {
      state: severity === "critical" ? "problem" : "warn",
      detail: severity === "critical" ? `critical: ${text}` : text,
      advice: ADVICE.find(([about]) => about.test(text))?.[1] ?? OTHER,
    };
  });
}
