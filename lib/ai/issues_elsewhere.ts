/** What needs attention beside the machines: Perch itself, its host, and programs that report. Pure. */
import { duration } from "../words/times.ts";
import type { Issue } from "./analysis.ts";
import type { SiteFacts } from "./facts.ts";

export function issuesElsewhere(facts: SiteFacts): Issue[] {
  return [
    ...alarmsElsewhere(facts),
    ...facts.faults.map(faultIssue),
    ...facts.parts.map(partIssue),
    ...hostIssues(facts),
  ];
}

/** Alarms of Perch itself and of machines that are gone. */
function alarmsElsewhere({ alarms, machines, nowMs }: SiteFacts): Issue[] {
  const known = new Set(machines.map(({ path }) => path));
  const others = alarms.filter(({ machine, severity }) =>
    severity !== "info" && (machine === null || !known.has(machine))
  );
  return others.map(({ title, severity, sinceMs, machineTitle }) => ({
    title,
    severity,
    machine: machineTitle,
    evidence: `The alarm is open for ${duration(nowMs - sinceMs)}.`,
    cause: "It is about Perch or what it is connected to, not about a machine.",
    recommendation: "Open the alarm: it says what to do.",
  }));
}

function faultIssue(
  { severity, component, message, place, n }: SiteFacts["faults"][number],
): Issue {
  return {
    title: `A fault in ${component}`,
    severity: severity === "critical" || severity === "high"
      ? "critical"
      : severity === "medium"
      ? "warning"
      : "info",
    machine: null,
    evidence: `${message.replace(/\.$/, "")}${place === null ? "" : ` (${place})`}${
      n > 1 ? `; seen ${n} times` : ""
    }.`,
    cause: /^(codec|detector|fault_detector):/.test(component)
      ? "A script of this site does not do what its messages ask for."
      : "A part of Perch does not work as it should.",
    recommendation:
      "Open the fault on the page Faults; where a correction is safe, one is proposed there.",
  };
}

function partIssue({ name, health, detail, reported }: SiteFacts["parts"][number]): Issue {
  return {
    title: reported ? `${name} reports trouble` : `${name} of Perch is not well`,
    severity: health === "error" && !reported ? "critical" : "warning",
    machine: null,
    evidence: detail === "" ? "It gave no details." : detail,
    cause: reported
      ? "A program that reports to Perch says so itself, or has fallen silent."
      : "See its own words; what is stored already is safe.",
    recommendation: reported
      ? "Look at that program where it runs."
      : "See the page Faults, and the log files of the last hour.",
  };
}

function hostIssues({ host }: SiteFacts): Issue[] {
  return (host?.problems ?? []).map(({ severity, text }) => ({
    title: `This host: ${text.replace(/\.$/, "")}`.slice(0, 160),
    severity,
    machine: null,
    evidence: text,
    cause: "The computer that Perch runs on is near a limit of its own.",
    recommendation: "See the page This host, which shows what grew and since when.",
  }));
}
