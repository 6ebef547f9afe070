/** The analyst that needs no model: fills an analysis from the site's facts. Pure. */
import { severityRank } from "../words/severity.ts";
import { duration } from "../words/times.ts";
import type { AnalysisBody, Issue, Overall } from "./analysis.ts";
import { causeOf } from "./causes.ts";
import type { MachineFact, SensorFact, SiteFacts } from "./facts.ts";
import { insightsOf } from "./insights.ts";
import { issuesElsewhere } from "./issues_elsewhere.ts";
import { count, listed, sensorSentence } from "./words.ts";

const ISSUES_MOST = 20;
const SENSORS_NAMED = 4;
/** Machines that fall silent within this time have one cause. */
const TOGETHER_MS = 3 * 60_000;

export const RULES = "rules";

export function analyseByRules(facts: SiteFacts): AnalysisBody {
  const silent = silentTogether(facts);
  const issues = [
    ...(silent === null ? [] : [silent.issue]),
    ...facts.machines.filter(({ path }) => !silent?.machines.has(path))
      .flatMap((machine) => machineIssue(machine, facts) ?? []),
    ...facts.machines.flatMap((machine) => unusualMachine(machine, facts) ?? []),
    ...issuesElsewhere(facts),
  ].sort((a, b) => severityRank(b.severity) - severityRank(a.severity));
  return {
    overall: overallOf(issues, facts),
    summary: summaryOf(issues, facts),
    issues: issues.slice(0, ISSUES_MOST),
    recommendations: recommendationsOf(issues, facts),
    insights: insightsOf(facts),
  };
}

/** Several machines that fell silent at once: that is the network, not the machines. */
function silentTogether(
  { machines, sensors, nowMs }: SiteFacts,
): { issue: Issue; machines: ReadonlySet<string> } | null {
  const off = machines.filter(({ status }) => status === "offline")
    .sort((a, b) => a.sinceMs - b.sinceMs);
  if (off.length < 3) return null;
  const group = off.filter((one) => one.sinceMs - off[0].sinceMs <= TOGETHER_MS);
  if (group.length < 3) return null;
  const paths = new Set(group.map(({ path }) => path));
  const n =
    sensors.filter(({ machine, status }) => paths.has(machine) && status === "offline").length;
  return {
    machines: paths,
    issue: {
      title: `${group.length} machines fell silent together`,
      severity: "critical",
      machine: null,
      evidence:
        `${listed(group.map(({ title }) => title))} (${count(n, "sensor")}) have reported ` +
        `nothing for ${duration(nowMs - group[0].sinceMs)}.`,
      cause:
        "So many at once have something in common: the broker, a switch, a gateway, or the supply " +
        "of a part of the plant.",
      recommendation: "Check broker, network and supply before any of the machines.",
    },
  };
}

function machineIssue(machine: MachineFact, facts: SiteFacts): Issue | null {
  const { path, title, status, sinceMs } = machine;
  const all = facts.sensors.filter((one) => one.machine === path);
  const off = all.filter((one) => one.status !== "normal");
  const alarms = facts.alarms.filter((alarm) => alarm.machine === path);
  const worstAlarm =
    alarms.toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity))[0];
  if (status === "maintenance" || (off.length === 0 && worstAlarm === undefined)) return null;
  if (off.length === 0 && worstAlarm.severity === "info") return null;
  const severity =
    off.some((one) => one.status === "critical") || worstAlarm?.severity === "critical"
      ? "critical"
      : "warning";
  const worst = off.toSorted((a, b) => ORDER[b.status] - ORDER[a.status]);
  const sentences = worst.slice(0, SENSORS_NAMED).map((one) => `${sensorSentence(one, facts)}.`);
  const more = off.length - SENSORS_NAMED;
  if (more > 0) sentences.push(`${count(more, "more sensor")} ${more === 1 ? "is" : "are"} off.`);
  if (worstAlarm !== undefined) sentences.push(alarmSentence(alarms.length, worstAlarm, facts));
  const { cause, recommendation } = off.length > 0 ? causeOf(off, all) : {
    cause: "The values are back within their limits; the alarm has not been dealt with.",
    recommendation: "See why it was raised, then acknowledge or resolve it.",
  };
  const what = off.length === 0
    ? "an alarm is open"
    : off.every((one) => one.status === "offline")
    ? off.length === all.length ? "silent" : `${listed(off.map((one) => one.title), 2)} silent`
    : `${
      listed(worst.filter((one) => one.status !== "offline").map((one) => one.title), 2)
    } off limits`;
  return {
    title: `${title}: ${what}`,
    severity,
    machine: title,
    evidence: `${sentences.join(" ")}${
      status === "normal" ? "" : ` It has been so for ${duration(facts.nowMs - sinceMs)}.`
    }`,
    cause,
    recommendation,
  };
}

const ORDER = { normal: 0, offline: 1, warning: 2, critical: 3 } as const;

function alarmSentence(
  n: number,
  { title, count: times, sinceMs, waits }: SiteFacts["alarms"][number],
  { nowMs }: SiteFacts,
): string {
  const often = times > 1 ? `, ${times} times` : "";
  return `${n === 1 ? "An alarm is" : `${n} alarms are`} open: "${title}", for ${
    duration(nowMs - sinceMs)
  }${often}, ${waits ? "not acknowledged" : "acknowledged"}.`;
}

/** Within all limits, and yet not as it usually is. */
function unusualMachine({ path, title, status }: MachineFact, facts: SiteFacts): Issue | null {
  const outlook = facts.outlooks.find(({ machine }) => machine === path);
  if (status !== "normal" || outlook === undefined || outlook.class === "normal") return null;
  const all = facts.sensors.filter(({ machine }) => machine === path);
  const off = all.filter(isUnusual);
  const sentences = off.slice(0, SENSORS_NAMED).map((one) => `${sensorSentence(one, facts)}.`);
  return {
    title: off.length === 0
      ? `${title} is not as usual`
      : `${title}: ${listed(off.map((one) => one.title), 2)} unusual`,
    severity: outlook.class === "critical" ? "warning" : "info",
    machine: title,
    evidence: sentences.length === 0 ? `${outlook.summary}.` : sentences.join(" "),
    ...(off.length === 0
      ? {
        cause: "That was up to a minute ago; by now no single value is outside what is usual.",
        recommendation: outlook.action,
      }
      : causeOf(off, all)),
  };
}

/** Outside what is usual. */
export function isUnusual({ value, usual }: SensorFact): boolean {
  return typeof value === "number" && usual !== null && (value < usual.low || value > usual.high);
}

function overallOf(issues: readonly Issue[], { sensors }: SiteFacts): Overall {
  const of = (severity: Issue["severity"]) =>
    issues.filter((one) => one.severity === severity).length;
  const silent = sensors.filter(({ status }) => status === "offline").length;
  if (of("critical") > 0) return "Critical";
  if (of("warning") >= 3 || (sensors.length > 0 && silent / sensors.length > 0.25)) return "Poor";
  return of("warning") > 0 ? "Fair" : "Good";
}

function summaryOf(issues: readonly Issue[], facts: SiteFacts): string {
  const { machines, sensors, alarms, today } = facts;
  if (machines.length === 0) {
    return "No machine reports yet, so there is nothing to judge but Perch itself.";
  }
  const normal = sensors.filter(({ status }) => status === "normal").length;
  const first = issues.filter(({ severity }) => severity !== "info");
  const state = first.length === 0
    ? `All ${count(machines.length, "machine")} run as usual.`
    : `${count(first.length, "thing")} ${first.length === 1 ? "needs" : "need"} attention: ${
      listed(first.map(({ title }) => title), 3)
    }.`;
  const waiting = alarms.filter(({ waits, severity }) => waits && severity !== "info").length;
  return `${state} ${normal} of ${count(sensors.length, "sensor")} ${
    normal === 1 ? "is" : "are"
  } within limits and reporting; ${
    waiting === 0
      ? "no alarm waits for anybody"
      : `${count(waiting, "alarm")} ${waiting === 1 ? "is" : "are"} not acknowledged`
  }. Today ${count(today.alarms, "alarm was", "alarms were")} raised.`;
}

function recommendationsOf(issues: readonly Issue[], { alarms, sensors }: SiteFacts): string[] {
  const out = [
    ...new Set(
      issues.filter(({ severity }) => severity !== "info").map((one) =>
        one.machine === null ? one.recommendation : `${one.machine}: ${one.recommendation}`
      ),
    ),
  ].slice(0, 5);
  const waiting = alarms.filter(({ waits, severity }) => waits && severity !== "info");
  if (waiting.length > 0) {
    out.push(
      `Acknowledge ${
        waiting.length === 1 ? "the alarm" : `the ${waiting.length} alarms`
      } that nobody has taken on, so that others see who does.`,
    );
  }
  const frequent = alarms.filter(({ count }) => count >= 10)
    .toSorted((a, b) => b.count - a.count)[0];
  if (frequent !== undefined) {
    out.push(
      `"${frequent.title}" came ${frequent.count} times: see whether its limit or delay fits.`,
    );
  }
  const unlimited =
    sensors.filter(({ limits, value }) =>
      typeof value === "number" && Object.values(limits).every((limit) => limit === null)
    ).length;
  if (out.length === 0 && unlimited > 0) {
    out.push(
      `${
        count(unlimited, "sensor has", "sensors have")
      } no limits: set some where a value can do harm.`,
    );
  }
  return out;
}
