/** The analyst that needs no model: fills an analysis from the site's facts. Pure. */
import { exact } from "../words/numbers.ts";
import { severityRank } from "../words/severity.ts";
import { duration } from "../words/times.ts";
import type { AnalysisBody, Issue, Overall } from "./analysis.ts";
import { causeOf } from "./causes.ts";
import type { MachineFact, OutlookFact, SensorFact, SiteFacts } from "./facts.ts";
import { count, listed, sensorSentence, valueWords, withUnit } from "./words.ts";

const ISSUES_MOST = 20;
const INSIGHTS_MOST = 10;
const SENSORS_NAMED = 4;
/** Machines that fall silent within this time have one cause. */
const TOGETHER_MS = 3 * 60_000;
/** Share of the way from the usual range to a limit from which on a value is near it. */
const NEAR = 0.7;

export const RULES = "rules";

export function analyseByRules(facts: SiteFacts): AnalysisBody {
  const silent = silentTogether(facts);
  const issues = [
    ...(silent === null ? [] : [silent.issue]),
    ...facts.machines.filter(({ path }) => !silent?.machines.has(path))
      .flatMap((machine) => machineIssue(machine, facts) ?? []),
    ...facts.machines.flatMap((machine) => unusualMachine(machine, facts) ?? []),
    ...alarmsElsewhere(facts),
    ...facts.faults.map(faultIssue),
    ...facts.parts.map(partIssue),
    ...hostIssues(facts),
  ].sort((a, b) => severityRank(b.severity) - severityRank(a.severity));
  return {
    overall: overallOf(issues, facts),
    summary: summaryOf(issues, facts),
    issues: issues.slice(0, ISSUES_MOST),
    recommendations: recommendationsOf(issues, facts),
    insights: insightsOf(facts).slice(0, INSIGHTS_MOST),
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
      : "See the page Status, and the log files of the last hour.",
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

function insightsOf(facts: SiteFacts): AnalysisBody["insights"] {
  return [
    ...facts.outlooks.flatMap(outlookInsights),
    ...facts.sensors.flatMap((sensor) => nearLimit(sensor) ?? []),
  ];
}

function outlookInsights(
  { machineTitle, class: kind, summary, action, life }: OutlookFact,
): AnalysisBody["insights"] {
  const out: string[] = [];
  if (kind !== "normal") out.push(`${summary.replace(/\.$/, "")}. ${action}`.trim());
  if (life !== null) {
    const { sensorTitle, unit, limit, remainingMs, lowMs, highMs } = life;
    const until = highMs === null ? "or much later" : `and ${duration(highMs)}`;
    out.push(
      `${sensorTitle} will probably reach its limit of ${withUnit(exact(limit), unit)} in ${
        duration(remainingMs)
      } (between ${duration(lowMs)} ${until}).`,
    );
  }
  return out.map((text) => ({ text: `${machineTitle}: ${text}`, machine: machineTitle }));
}

/** A value that has gone most of the way from what is usual to its next limit. */
function nearLimit(sensor: SensorFact): AnalysisBody["insights"][number] | null {
  const { value, usual, limits, status, unit, title, machineTitle } = sensor;
  if (status !== "normal" || typeof value !== "number" || usual === null) return null;
  const high = limits.warningHigh ?? limits.criticalHigh;
  const low = limits.warningLow ?? limits.criticalLow;
  const share = (from: number, to: number | null) =>
    to === null || to === from ? 0 : (value - from) / (to - from);
  const near = high !== null && high > usual.high && share(usual.high, high) >= NEAR
    ? high
    : low !== null && low < usual.low && share(usual.low, low) >= NEAR
    ? low
    : null;
  if (near === null) return null;
  return {
    text:
      `${machineTitle}: ${title} is ${
        valueWords(sensor)
      }, outside what is usual and close to its ` +
      `limit of ${withUnit(exact(near), unit)}.`,
    machine: machineTitle,
  };
}
