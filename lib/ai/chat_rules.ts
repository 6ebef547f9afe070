/** Answers the questions that are asked most from the site's facts, without a model. Pure. */
import { label, lastLevel } from "../words/names.ts";
import { grouped } from "../words/numbers.ts";
import { severityRank } from "../words/severity.ts";
import { ago, clockTime, duration } from "../words/times.ts";
import type { MachineFact, SensorFact, SiteFacts } from "./facts.ts";
import { analyseByRules } from "./rules.ts";
import { count, listed, sensorSentence } from "./words.ts";

export interface RuleAnswer {
  text: string;
  used: readonly SensorFact[];
}

const LINES_MOST = 6;

/** Answers, or says what can be answered. */
export function answerByRules(question: string, facts: SiteFacts): RuleAnswer {
  const asked = question.toLowerCase();
  const named = sensorsNamed(question, facts);
  const machines = machinesNamed(question, facts);
  if (/\b(offline|silent|not report|no longer report|missing|disconnected)/.test(asked)) {
    return silentOnes(facts, machines);
  }
  if (/\b(changed|happened|news|today|since (this )?morning)\b/.test(asked)) return today(facts);
  if (named.length > 0) return ofSensors(named, facts);
  if (machines.length > 0) return ofMachines(machines, facts);
  if (/\b(how many|count)\b/.test(asked)) return counts(facts);
  if (/\b(predict|forecast|soon|will|next|fail|life)\b/.test(asked)) return ahead(facts);
  if (/\b(fault|error|perch|component|codec|script)s?\b/.test(asked)) return ofPerch(facts);
  if (
    /\b(wrong|problem|attention|issue|alarm|alert|status|state|ok|fine|going on|urgent|how are|how is|bad|trouble|summary)/
      .test(asked)
  ) return wrong(facts);
  return { text: whatCanBeAsked(facts), used: [] };
}

function wrong(facts: SiteFacts): RuleAnswer {
  const { summary, issues } = analyseByRules(facts);
  const lines = issues.filter(({ severity }) => severity !== "info").slice(0, 3)
    .map(({ evidence, cause }) => `${evidence} ${cause}`);
  return { text: [summary, ...lines].join("\n"), used: offOnes(facts.sensors) };
}

function silentOnes(facts: SiteFacts, machines: readonly MachineFact[]): RuleAnswer {
  const within = machines.length === 0
    ? facts.sensors
    : facts.sensors.filter((one) => machines.some(({ path }) => path === one.machine));
  const silent = within.filter(({ status }) => status === "offline");
  const where = machines.length === 0 ? "" : ` of ${listed(machines.map(({ title }) => title))}`;
  if (silent.length === 0) {
    return {
      text: within.length === 0
        ? "There is no sensor yet."
        : `None: all ${count(within.length, "sensor")}${where} report.`,
      used: [],
    };
  }
  const lines = silent.slice(0, LINES_MOST)
    .map((one) => `${one.machineTitle}: ${sensorSentence(one, facts)}.`);
  const more = silent.length - lines.length;
  return {
    text: [
      `${count(silent.length, "sensor")}${where} ${silent.length === 1 ? "is" : "are"} silent.`,
      ...lines,
      ...(more > 0 ? [`And ${more} more.`] : []),
    ].join("\n"),
    used: silent,
  };
}

function today(facts: SiteFacts): RuleAnswer {
  const { today: { fromMs, readings, alarms, events, latest }, nowMs, zone } = facts;
  const kinds = events.slice(0, LINES_MOST).map(({ about, n }) => `${about}: ${n}`);
  const last = latest.slice(0, 4)
    .map(({ tMs, text }) => `${clockTime(tMs, nowMs, zone)} ${text}`);
  const changed = facts.sensors.filter(({ status, sinceMs }) =>
    status !== "normal" && sinceMs >= fromMs
  );
  return {
    text: [
      `Today ${count(alarms, "alarm was", "alarms were")} raised and ${
        grouped(readings)
      } readings came in.`,
      ...(kinds.length > 0 ? [`By kind: ${kinds.join("; ")}.`] : ["Nothing else happened."]),
      ...(last.length > 0 ? ["The latest that are warnings or worse:", ...last] : []),
    ].join("\n"),
    used: changed,
  };
}

function ofSensors(named: readonly SensorFact[], facts: SiteFacts): RuleAnswer {
  const shown = named.slice(0, LINES_MOST);
  const lines = shown.map((sensor) => {
    const { machineTitle, tMs, status } = sensor;
    const at = tMs === null || status === "offline"
      ? ""
      : ` It came ${ago(Math.max(0, facts.nowMs - tMs))}.`;
    return `${machineTitle}: ${sensorSentence(sensor, facts)}.${at}`;
  });
  const more = named.length - shown.length;
  if (more > 0) lines.push(`${count(more, "more sensor")} fit; name the machine too.`);
  return { text: lines.join("\n"), used: shown };
}

function ofMachines(machines: readonly MachineFact[], facts: SiteFacts): RuleAnswer {
  const used: SensorFact[] = [];
  const lines = machines.slice(0, 3).map(({ path, title, status, sinceMs }) => {
    const sensors = facts.sensors.filter(({ machine }) => machine === path);
    const alarms = facts.alarms.filter(({ machine }) => machine === path);
    const outlook = facts.outlooks.find(({ machine }) => machine === path);
    const shown = [...sensors].sort((a, b) =>
      Number(a.status === "normal") - Number(b.status === "normal")
    ).slice(0, LINES_MOST);
    used.push(...shown);
    const unusual = outlook !== undefined && outlook.class !== "normal";
    const is = status === "normal"
      ? unusual ? "is within its limits, but not as usual" : "runs as usual"
      : status === "maintenance"
      ? "is in maintenance"
      : `has been ${status} for ${duration(facts.nowMs - sinceMs)}`;
    return [
      `${title} ${is}.`,
      ...shown.map((one) => `${sensorSentence(one, facts)}.`),
      ...alarms.slice(0, 2).map((alarm) => `Open alarm: ${alarm.title}.`),
      ...(unusual ? [`${outlook.summary}.`] : []),
    ].join(" ");
  });
  return { text: lines.join("\n"), used };
}

function counts({ machines, sensors, alarms, today }: SiteFacts): RuleAnswer {
  const off = sensors.filter(({ status }) => status !== "normal").length;
  return {
    text: `${count(machines.length, "machine")} with ${
      count(sensors.length, "sensor")
    }, ${off} of which ${off === 1 ? "is" : "are"} off limits or silent; ${
      count(alarms.length, "open alarm")
    }, ${today.alarms} raised today; ${grouped(today.readings)} readings today.`,
    used: [],
  };
}

function ahead(facts: SiteFacts): RuleAnswer {
  const { insights } = analyseByRules(facts);
  return insights.length === 0
    ? {
      text:
        "Nothing is predicted: no machine differs from its usual, and no value is near a limit.",
      used: [],
    }
    : { text: insights.map(({ text }) => text).join("\n"), used: offOnes(facts.sensors) };
}

function ofPerch({ faults, parts, host }: SiteFacts): RuleAnswer {
  const lines = [
    ...faults.slice(0, LINES_MOST).map(({ severity, component, message }) =>
      `${component} (${severity}): ${message}`
    ),
    ...parts.slice(0, LINES_MOST).map(({ name, detail }) => `${name}: ${detail}`),
    ...(host?.problems ?? []).map(({ text }) => text),
  ];
  return {
    text: lines.length === 0 ? "Perch and this host are well: no fault is open." : lines.join("\n"),
    used: [],
  };
}

function whatCanBeAsked({ machines, sensors }: SiteFacts): string {
  const machine = machines[0]?.title ?? "Press 3";
  const sensor = sensors.find((one) => one.machineTitle === machine);
  const value = sensor === undefined ? `${machine} temperature` : `${machine} ${sensor.title}`;
  return "Without a model these questions can be answered: “What is wrong?”, " +
    `“How is ${machine}?”, “What is the latest value of ${value}?”, “What changed today?”, ` +
    "“Which sensors are offline?”, “What will happen next?”, “Is Perch all right?”";
}

const offOnes = (sensors: readonly SensorFact[]) =>
  sensors.filter(({ status }) => status !== "normal")
    .sort((a, b) => rank(b) - rank(a));
const rank = ({ status }: SensorFact) =>
  status === "offline" ? 0 : severityRank(status === "critical" ? "critical" : "warning");

/** Machines whose name stands in the text: whole, or else without its number. */
export function machinesNamed(text: string, { machines }: SiteFacts): MachineFact[] {
  const words = wordsOf(text);
  const named = (most: (words: string[]) => string[]) =>
    machines.filter(({ path, title }) =>
      [title, lastLevel(path)].some((name) => holds(words, most(wordsOf(name))))
    );
  const whole = named((name) => name);
  return whole.length > 0
    ? whole
    : named((name) => name.filter((word) => /^\p{L}{4,}$/u.test(word)));
}

/** Sensors that the text means: by their name and, where it names one, by their machine. */
export function sensorsNamed(text: string, facts: SiteFacts): SensorFact[] {
  const words = wordsOf(text);
  const machines = new Set(machinesNamed(text, facts).map(({ path }) => path));
  const fits = facts.sensors.filter(({ name, title }) =>
    holds(words, wordsOf(title)) || holds(words, wordsOf(lastLevel(name))) ||
    text.includes(name)
  );
  if (machines.size === 0) return fits;
  const there = fits.filter(({ machine }) => machines.has(machine));
  if (there.length > 0) return there;
  // Beside its machine, one word of a sensor's name will do.
  const others = new Set(words);
  return facts.sensors.filter(({ machine, title }) =>
    machines.has(machine) && wordsOf(title).some((word) => word.length > 2 && others.has(word))
  );
}

function wordsOf(text: string): string[] {
  return label(text).toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The words of a name stand in the text one after the other. */
function holds(text: readonly string[], name: readonly string[]): boolean {
  if (name.length === 0) return false;
  return text.some((_, at) => name.every((word, i) => text[at + i] === word));
}
