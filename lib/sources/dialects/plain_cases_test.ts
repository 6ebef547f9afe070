/** Plain payloads as devices send them, on a broker below `plant/`. */
import assert from "node:assert/strict";
import type { Draft } from "../../readings/reading.ts";
import { createDecode } from "./mod.ts";

const decode = createDecode(["plant/#"]);
const encoder = new TextEncoder();
const sent = (topic: string, payload: string | Uint8Array) =>
  decode(topic, typeof payload === "string" ? encoder.encode(payload) : payload);
const TEMPERATURE = "plant/line1/m3/temperature";
const SENSOR = "line1/m3/temperature";

const taken: [what: string, topic: string, payload: string, drafts: Draft[]][] = [
  ["P1 a number", TEMPERATURE, "21.5", [{ sensor: SENSOR, value: 21.5 }]],
  ["P1 a number with blanks and an exponent", TEMPERATURE, " +2.15e1\r\n", [
    { sensor: SENSOR, value: 21.5 },
  ]],
  [
    "P2 a value with its unit and time",
    TEMPERATURE,
    JSON.stringify({
      ...{ value: 21.5, unit: "°C", timestamp: "2026-03-01T09:00:00Z" },
    }),
    [{ sensor: SENSOR, value: 21.5, unit: "°C", tMs: Date.UTC(2026, 2, 1, 9) }],
  ],
  [
    "P2 a value with an offset in its time",
    TEMPERATURE,
    JSON.stringify({
      ...{ value: "21.5", unit: "C", time: "2026-03-01T10:00:00.25+01:00" },
    }),
    [{ sensor: SENSOR, value: 21.5, unit: "C", tMs: Date.UTC(2026, 2, 1, 9, 0, 0, 250) }],
  ],
  [
    "P3 seconds and milliseconds in one batch",
    "plant/line1/m3",
    JSON.stringify([
      { ts: 1767225600, t: 1 },
      { ts: 1767225600500, t: 2 },
    ]),
    [
      { sensor: "line1/m3/t", value: 1, tMs: 1767225600000, index: 0 },
      { sensor: "line1/m3/t", value: 2, tMs: 1767225600500, index: 1 },
    ],
  ],
  [
    "P4 values inside of values",
    "plant/m3",
    JSON.stringify({
      ...{ data: { a: 1, b: { c: true } }, id: "x" },
    }),
    [
      { sensor: "m3/data.a", value: 1 },
      { sensor: "m3/data.b.c", value: true },
      { sensor: "m3/id", value: "x" },
    ],
  ],
  ["P7 on", "plant/m3/motor", "ON", [{ sensor: "m3/motor", value: true, word: "ON" }]],
  ["P7 Off", "plant/m3/motor", "Off", [{ sensor: "m3/motor", value: false, word: "Off" }]],
  ["P9 JSON behind a byte order mark", "plant/m3", '\ufeff{"t":1}', [
    { sensor: "m3/t", value: 1 },
  ]],
  ["P9 a number behind a byte order mark", TEMPERATURE, "\ufeff21.5", [
    { sensor: SENSOR, value: 21.5 },
  ]],
  ["P10 the numbers beside one that is none", "plant/m3", '{"t":NaN,"h":55}', [
    { sensor: "m3/h", value: 55 },
  ]],
];
for (const [what, topic, payload, drafts] of taken) {
  Deno.test(`plain payloads: ${what}`, () => {
    assert.deepEqual(sent(topic, payload), { drafts, rejects: [] });
  });
}

const refused: [what: string, topic: string, payload: string, code: string, why: RegExp][] = [
  ["P5 a decimal comma", TEMPERATURE, "21,5", "bad_value", /decimal comma/],
  ["P5 a decimal comma with thousands", TEMPERATURE, "1.021,5", "bad_value", /decimal comma/],
  ["P5 a decimal comma in JSON", "plant/m3", '{"t":"21,5"}', "bad_value", /decimal comma/],
  ["P6 a unit behind the number", TEMPERATURE, "21.5 °C", "bad_value", /unit/],
  ["P6 a unit at the number", TEMPERATURE, "21.5%", "bad_value", /unit/],
  ["P8 an empty payload, which clears what was kept", TEMPERATURE, "", "no_value", /empty/],
  ["P10 a number beyond all numbers", "plant/m3", '{"t":1e400}', "bad_value", /float64/],
  ["P10 no number at all", "plant/m3", '{"t":NaN}', "no_value", /no value/],
  ["P10 no number at all, alone", TEMPERATURE, "NaN", "no_value", /no value/],
  ["P14 300 levels", `plant/${"x/".repeat(300)}t`, "21.5", "bad_name", /levels/],
  ["P14 200 kB of text", TEMPERATURE, "x".repeat(200_000), "too_large", /16384/],
  ["P14 200 kB of digits", TEMPERATURE, "7".repeat(200_000), "too_large", /16384/],
  ["P14 200 kB of text in JSON", TEMPERATURE, `"${"x".repeat(200_000)}"`, "too_large", /16384/],
  ["P14 200 kB of brackets", TEMPERATURE, "[".repeat(200_000), "bad_payload", /deeper/],
];
for (const [what, topic, payload, code, why] of refused) {
  Deno.test(`plain payloads: ${what} is refused once`, () => {
    const { drafts, rejects, more } = sent(topic, payload);
    assert.deepEqual([drafts, rejects.map((one) => one.code), more], [[], [code], undefined]);
    assert.match(rejects[0].message, why);
    assert.ok(rejects[0].message.length < 300);
  });
}
