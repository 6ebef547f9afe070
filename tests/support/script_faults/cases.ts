/**
 * Kinds of fault in a script, with a message that shows each. `expected`: what the rules make of it, as the answers to
 * the messages ("fault": that one still fails); null: no correction is safe, and none may be proposed.
 */
import type { ScriptKind } from "../../../lib/scripts/script.ts";

export interface FaultCase {
  name: string;
  kind?: ScriptKind;
  source: string;
  topic?: string;
  /** Messages, the oldest first. */
  messages: readonly string[];
  /** Answer to each message after the correction. */
  expected: readonly unknown[] | null;
}

const HEAD = `export const topics = ["filter/+/pressure"];\n\n`;
const GOOD = '{"p":1013}';
const READING = [{ sensor: "pressure", value: 1013 }];

export const FAULT_CASES: readonly FaultCase[] = [
  {
    name: "a property of what is not there",
    source: HEAD + `export function decode({ text }) {
  const message = JSON.parse(text);
  return [{ sensor: "pressure", value: message.data.p }];
}
`,
    messages: ['{"data":{"p":1013}}', '{"status":"ok"}'],
    expected: [READING, []],
  },
  {
    name: "a property of what is not there, in a loop",
    source: HEAD + `export function decode({ text }) {
  const readings = [];
  for (const one of JSON.parse(text)) {
    readings.push({ sensor: one.name, value: one.state.value });
  }
  return readings;
}
`,
    messages: ['[{"name":"a","state":{"value":1}},{"name":"b"},{"name":"c","state":{"value":3}}]'],
    expected: [[{ sensor: "a", value: 1 }, { sensor: "c", value: 3 }]],
  },
  {
    name: "a property of what is not there, in a function of a list",
    source: HEAD + `export const decode = ({ text }) =>
  JSON.parse(text).map((one) => ({ sensor: one.name, value: one.state.value }));
`,
    messages: ['[{"name":"a","state":{"value":1}},{"name":"b"}]'],
    expected: [[{ sensor: "a", value: 1 }]],
  },
  {
    name: "no match of a pattern",
    source: HEAD + `export function decode({ text }) {
  const value = text.match(/p=(\\d+)/)[1];
  return [{ sensor: "pressure", value: Number(value) }];
}
`,
    messages: ["p=1013", "offline"],
    expected: [READING, []],
  },
  {
    name: "text that is no JSON",
    source: HEAD + `export function decode({ text }) {
  const message = JSON.parse(text);
  return [{ sensor: "pressure", value: message.p }];
}
`,
    messages: [GOOD, "offline", ""],
    expected: [READING, [], []],
  },
  {
    name: "text that is no JSON, read in the middle of an expression",
    source: HEAD +
      `export const decode = ({ text }) => [{ sensor: "pressure", value: JSON.parse(text).p }];
`,
    messages: [GOOD, "offline"],
    expected: [READING, []],
  },
  {
    name: "missing return of a list that was collected",
    source: HEAD + `export function decode({ text }) {
  const readings = [];
  readings.push({ sensor: "pressure", value: JSON.parse(text).p });
}
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "missing return of the last expression",
    source: HEAD + `export function decode({ text }) {
  const { p } = JSON.parse(text);
  [{ sensor: "pressure", value: p }];
}
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "a branch without an answer",
    source: HEAD + `export function decode({ text }) {
  const { p } = JSON.parse(text);
  if (p > 0) {
    return [{ sensor: "pressure", value: p }];
  }
}
`,
    messages: [GOOD, '{"p":-1}'],
    expected: [READING, []],
  },
  {
    name: "a line that ends behind return",
    source: HEAD + `export function decode({ text }) {
  const { p } = JSON.parse(text);
  return
    [{ sensor: "pressure", value: p }];
}
`,
    messages: [GOOD],
    expected: [READING],
  },
  ...([
    ["unclosed bracket", `  return [{ sensor: "pressure", value: p };`],
    ["unclosed brace", `  return [{ sensor: "pressure", value: p ];`],
    ["unclosed parenthesis", `  return [{ sensor: "pressure", value: Number(p }];`],
    ["surplus parenthesis", `  return [{ sensor: "pressure", value: Number(p)) }];`],
    ["unclosed text", `  return [{ sensor: "pressure, value: p }];`],
    ["text that is not opened", `  return [{ sensor: pressure", value: p }];`],
    ["missing comma", `  return [{ sensor: "pressure" value: p }];`],
    ["missing colon", `  return [{ sensor: "pressure", value p }];`],
    ["equals sign in an object", `  return [{ sensor: "pressure", value = p }];`],
    ["misspelt keyword", `  retrun [{ sensor: "pressure", value: p }];`],
    ["quotes of a word processor", `  return [{ sensor: “pressure”, value: p }];`],
  ] as const).map(([name, line]): FaultCase => ({
    name,
    source: HEAD + `export function decode({ text }) {
  const { p } = JSON.parse(text);
${line}
}
`,
    messages: [GOOD],
    expected: [READING],
  })),
  {
    name: "a block that is not closed",
    source: HEAD + `export function decode({ text }) {
  const { p } = JSON.parse(text);
  if (p < 0) {
    return [];
  return [{ sensor: "pressure", value: p }];
}
`,
    messages: [GOOD, '{"p":-1}'],
    expected: [READING, []],
  },
  {
    name: "a function that is not closed",
    source: HEAD + `function bar(p) {
  return p / 1000;

export function decode({ text }) {
  return [{ sensor: "pressure", value: bar(JSON.parse(text).p) }];
}
`,
    messages: [GOOD],
    expected: [[{ sensor: "pressure", value: 1.013 }]],
  },
  {
    name: "a call of several lines that is not closed",
    source: HEAD + `export function decode({ text }) {
  return Object.entries(JSON.parse(text)).map(([key, value]) => {
    return { sensor: key, value };
  };
}
`,
    messages: ['{"pressure":1013}'],
    expected: [READING],
  },
  {
    name: "misspelt export",
    source: HEAD + `export function decod({ text }) {
  return [{ sensor: "pressure", value: JSON.parse(text).p }];
}
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "missing export",
    source: HEAD + `function decode({ text }) {
  return [{ sensor: "pressure", value: JSON.parse(text).p }];
}
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "misspelt list of topics",
    source: `export const topic = "filter/+/pressure";

export default function decode({ text }) {
  return [{ sensor: "pressure", value: JSON.parse(text).p }];
}
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "module of Node.js",
    source: `const topics = ["filter/+/pressure"];
function decode({ text }) {
  return [{ sensor: "pressure", value: JSON.parse(text).p }];
}
module.exports = { topics, decode };
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "misspelt variable",
    source: HEAD + `export function decode({ text }) {
  const message = JSON.parse(text);
  return [{ sensor: "pressure", value: mesage.p }];
}
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "misspelt method",
    source: HEAD + `export function decode({ text }) {
  const message = JSON.prase(text);
  return [{ sensor: "pressure", value: Math.rond(message.p) }];
}
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "misspelt field of the message",
    source: HEAD + `export function decode({ text }) {
  const message = JSON.parse(text);
  return [{ sensor: "pressure", value: message.presure }];
}
`,
    messages: ['{"pressure":1013}'],
    expected: [READING],
  },
  {
    name: "input that is not taken",
    source: HEAD + `export function decode({ topic }) {
  return [{ sensor: topic.split("/").at(-1), value: JSON.parse(text).p }];
}
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "misspelt field of a reading",
    source: HEAD + `export function decode({ text }) {
  return [{ name: "pressure", valeu: JSON.parse(text).p }];
}
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "variable that is not declared",
    source: HEAD + `export function decode({ text }) {
  readings = [];
  for (entry of Object.entries(JSON.parse(text))) readings.push({ sensor: entry[0], value: entry[1] });
  return readings;
}
`,
    messages: ['{"pressure":1013}'],
    expected: [READING],
  },
  {
    name: "one reading instead of a list",
    source: HEAD + `export function decode({ text }) {
  return { sensor: "pressure", value: JSON.parse(text).p };
}
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "a bare value",
    source: HEAD + `export const decode = ({ text }) => Number(text);
`,
    messages: ["1013"],
    expected: [READING],
  },
  {
    name: "an object of values",
    source: HEAD + `export const decode = ({ text }) => JSON.parse(text);
`,
    messages: ['{"pressure":1013,"temperature":21.5}'],
    expected: [[...READING, { sensor: "temperature", value: 21.5 }]],
  },
  {
    name: "lists in a list",
    source: HEAD +
      `export const decode = ({ text }) => [[{ sensor: "pressure", value: JSON.parse(text).p }]];
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "a reading without a value",
    source: HEAD + `export function decode({ text }) {
  const { p, t } = JSON.parse(text);
  return [{ sensor: "pressure", value: p }, { sensor: "temperature", value: t }];
}
`,
    messages: ['{"p":1013,"t":21.5}', GOOD],
    expected: [[...READING, { sensor: "temperature", value: 21.5 }], READING],
  },
  {
    name: "a promise",
    source: HEAD + `export async function decode({ text }) {
  const message = await JSON.parse(text);
  return [{ sensor: "pressure", value: message.p }];
}
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "assignment to a constant",
    source: HEAD + `export function decode({ text }) {
  const value = JSON.parse(text).p;
  if (value < 100) value = value * 1000;
  return [{ sensor: "pressure", value }];
}
`,
    messages: [GOOD, '{"p":1.5}'],
    expected: [READING, [{ sensor: "pressure", value: 1500 }]],
  },
  {
    name: "one thing instead of a list of them",
    source: HEAD + `export function decode({ text }) {
  return JSON.parse(text).map((one) => ({ sensor: "pressure", value: one.p }));
}
`,
    messages: [`[${GOOD}]`, GOOD],
    expected: [READING, READING],
  },
  {
    name: "a method of texts on a number",
    source: HEAD + `export function decode({ text }) {
  const { p } = JSON.parse(text);
  return [{ sensor: "pressure", value: Number(p.replace(",", ".")) }];
}
`,
    messages: ['{"p":"1013"}', GOOD],
    expected: [READING, READING],
  },
  {
    name: "bytes that it did not ask for",
    source: HEAD + `export function decode({ bytes }) {
  return [{ sensor: "pressure", value: bytes[0] * 256 + bytes[1] }];
}
`,
    messages: ["\u0003\u0007"],
    expected: [[{ sensor: "pressure", value: 775 }]],
  },
  {
    name: "notes for a console",
    source: HEAD + `export function decode({ text }) {
  console.log("got", text);
  return [{ sensor: "pressure", value: JSON.parse(text).p }];
}
`,
    messages: [GOOD],
    expected: [READING],
  },
  {
    name: "two faults, one behind the other",
    source: HEAD + `export function decod({ text }) {
  const message = JSON.parse(text);
  return [{ sensor: "pressure", value: mesage.data.p ];
}
`,
    messages: ['{"data":{"p":1013}}', "{}"],
    expected: [READING, []],
  },
  {
    name: "a bracket, and an error on purpose that stays",
    source: HEAD + `export function decode({ text }) {
  const { p } = JSON.parse(text);
  if (p < 0) throw new Error("implausible pressure");
  return [{ sensor: "pressure", value: p };
}
`,
    messages: [GOOD, '{"p":-5}', GOOD],
    expected: [READING, "fault", READING],
  },
  {
    name: "a detector that answers its findings alone",
    kind: "detector",
    source: `export const sensors = ["#"];

export function step(state, { value }) {
  return value > 1000 ? [{ phase: "raised", severity: "warning", text: "too high" }] : [];
}
`,
    messages: ['{"kind":"reading","t_ms":1,"value":1,"sensor":{"path":"a/b","unit":null}}'],
    expected: [{ findings: [] }],
  },
  {
    name: "an endless loop",
    source: HEAD + `export function decode({ text }) {
  let i = 0;
  while (i < 10) text += " ";
  return [{ sensor: "pressure", value: i }];
}
`,
    messages: [GOOD],
    expected: null,
  },
  {
    name: "memory without end",
    source: HEAD + `export function decode({ text }) {
  const all = [];
  while (true) all.push(text.repeat(10000));
}
`,
    messages: [GOOD],
    expected: null,
  },
  {
    name: "an error on purpose",
    source: HEAD + `export function decode({ text }) {
  const { p } = JSON.parse(text);
  if (p > 1000) {
    throw new Error("implausible pressure");
  }
  return [{ sensor: "pressure", value: p }];
}
`,
    messages: [GOOD, '{"p":12}'],
    expected: null,
  },
  {
    name: "a function that calls itself for ever",
    source: HEAD + `const bar = (p) => bar(p / 1000);
export const decode = ({ text }) => [{ sensor: "pressure", value: bar(JSON.parse(text).p) }];
`,
    messages: [GOOD],
    expected: null,
  },
];
