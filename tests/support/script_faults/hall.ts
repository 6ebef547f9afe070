/** A codec as somebody writes it, and a message of each kind that it gets: to be broken in every place. */
export const HALL = `// Filters of hall 2: state, pressures and counters.
export const topics = ["filter/+/state", "filter/+/pressures", "filter/+/counters"];

const UNITS = { inlet: "bar", outlet: "bar", drop: "mbar" };

/** 0 to 4: what the device calls its mode. */
const MODES = ["off", "idle", "filter", "rinse", "fault"];

function modeOf(code) {
  if (code < 0 || code >= MODES.length) {
    return null;
  }
  return MODES[code];
}

function pressures(body) {
  const readings = [];
  for (const [name, value] of Object.entries(body)) {
    if (!(name in UNITS)) continue;
    readings.push({ sensor: name, value: Number(value), unit: UNITS[name] });
  }
  return readings;
}

function counters(body, receivedMs) {
  return body.map((one) => ({
    sensor: "counter-" + one.id,
    value: one.count,
    ts_ms: one.at ?? receivedMs,
  }));
}

export function decode({ topic, text, received_ms }) {
  const kind = topic.split("/")[2];
  const body = JSON.parse(text);
  switch (kind) {
    case "state": {
      const mode = modeOf(body.mode);
      return mode === null ? [] : [{ sensor: "mode", value: mode }];
    }
    case "pressures":
      return pressures(body);
    case "counters":
      return counters(body, received_ms);
    default:
      return [];
  }
}
`;
export const HALL_MESSAGES: readonly [topic: string, text: string][] = [
  ["filter/1/state", '{"mode":2}'],
  ["filter/1/pressures", '{"inlet":2.1,"outlet":"1.9","x":3}'],
  ["filter/2/counters", '[{"id":1,"count":7},{"id":2,"count":9,"at":1790000000000}]'],
  ["filter/2/state", '{"mode":9}'],
];

/** One sign is missing, or two letters are the other way round. */
export interface Slip {
  name: string;
  source: string;
}

/** Every text that differs from it by one slip outside of comments. */
export function slipsOf(source: string): Slip[] {
  const slips: Slip[] = [];
  const put = (at: number, from: string, to: string) => {
    const line = source.slice(source.lastIndexOf("\n", at) + 1, at);
    if (/\/\/|\/\*/.test(line)) return;
    const number = source.slice(0, at).split("\n").length;
    slips.push({
      name: `line ${number}: ${from} → ${to || "nothing"}`,
      source: source.slice(0, at) + to + source.slice(at + from.length),
    });
  };
  for (const { 0: sign, index } of source.matchAll(/[()[\]{},"':]/g)) put(index, sign, "");
  for (const { 0: word, index } of source.matchAll(/\b[A-Za-z_]{4,}\b/g)) {
    const slipped = word[0] + word[2] + word[1] + word.slice(3);
    if (slipped !== word) put(index, word, slipped);
  }
  return slips;
}
