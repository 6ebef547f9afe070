import type { ScriptKind } from "./script.ts";

/** What a new script begins with, and an input on which it works. */
export interface Template {
  source: string;
  topic: string;
  payload: string;
}

export const TEMPLATES: Readonly<Record<ScriptKind, Template>> = {
  codec: {
    source: `// Topics that this codec decodes; + stands for one level, # for the rest.
export const topics = ["pumps/+/telemetry"];

// Called for each message. "sensor" is its name below the topic's machine.
export function decode({ topic, text, received_ms }) {
  const message = JSON.parse(text);
  return [
    { sensor: "temperature", value: message.t / 10, unit: "°C" },
    { sensor: "pressure", value: message.p, unit: "bar" },
  ];
}
`,
    topic: "pumps/p1/telemetry",
    payload: '{"t": 215, "p": 3.2}',
  },
  detector: {
    source:
      `// Sensors that this detector watches: "+" is one level, "#" all that follow; "*" alone: every sensor.
export const sensors = ["hall-1/+/temperature"];

// Called for each reading, and every ten seconds with kind "tick". "state" is what it answered for this sensor last.
export function step(state, { kind, value }) {
  const next = state ?? { high: 0, raised: false };
  if (kind !== "reading") return { state: next, findings: [] };
  next.high = value > 80 ? next.high + 1 : 0;
  const findings = [];
  if (next.high >= 3 && !next.raised) {
    next.raised = true;
    findings.push({ phase: "raised", severity: "warning", text: "Above 80 three times in a row" });
  } else if (next.high === 0 && next.raised) {
    next.raised = false;
    findings.push({ phase: "cleared", text: "Below 80 again" });
  }
  return { state: next, findings };
}
`,
    topic: "hall-1/press-3/temperature",
    payload: "79 81 82 83 84 70",
  },
  fault_detector: {
    source: `// Called every five seconds with what Perch knows of itself.
export function check(facts) {
  const found = [];
  if (facts.host.disk > 95) {
    found.push({ severity: "medium", component: "storage", message: "The disk is nearly full" });
  }
  return found;
}
`,
    topic: "",
    payload: '{"host": {"disk": 97}}',
  },
  driver: {
    source: `export const title = "Power supply";
const folder = "/sys/class/power_supply/BAT0";

// Called each time that a sensor of it is due: first without files; it answers which to read, and is called with them.
export function read(state, { files, t_ms }) {
  if (!files) return { state, read: [folder + "/capacity", folder + "/voltage_now"] };
  const number = (name) => Number(files[folder + "/" + name]);
  if (files[folder + "/capacity"] === null) return { state, values: [] };
  return {
    state,
    values: [
      { name: "charge", title: "Charge", value: number("capacity"), unit: "%" },
      { name: "voltage", title: "Voltage", value: number("voltage_now") / 1e6, unit: "V" },
    ],
  };
}
`,
    topic: "",
    payload: '{"/sys/class/power_supply/BAT0/capacity": "87", ' +
      '"/sys/class/power_supply/BAT0/voltage_now": "12084000"}',
  },
};
