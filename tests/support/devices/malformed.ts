/** What devices of each dialect might send by a fault, or to do harm: seeded, from what they do send. */
import type { HostileMessage, Random } from "../hostile.ts";
import type { Payload, Speaker, Spoken } from "./speakers.ts";

const encoder = new TextEncoder();
const bytesOf = (payload: Payload) =>
  typeof payload === "string" ? encoder.encode(payload) : payload.slice();
const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)];

const nested = (open: string, close: string, n: number) => open.repeat(n) + close.repeat(n);

/** Values that stand where others are expected. */
const VALUES: readonly string[] = [
  ...["null", "true", "[]", "{}", '""', "-1", "1e400", "-0", "9007199254740993", '"nan"', "NaN"],
  ...['"\\u0000"', '"\\ud800"', '"__proto__"', '{"__proto__":{"x":1}}', '{"constructor":1}'],
  ...[nested("[", "]", 100), nested('{"a":', "}", 40).replace(":}", ":1}"), "[[1,2],[3]]"],
  ...['"' + "x".repeat(5_000) + '"', '"+/#"', '"../.."', '"{{ value_json.a }}"', "1970", "0x1F"],
];

const TEMPLATES: readonly string[] = [
  ...["{{", "{{ }}", "{% if %}", "{{ value_json }}", "{{ 1 / 0 }}", "{{ value | nosuch }}"],
  ...["{% for i in range(1000000000) %}x{% endfor %}", "{{ 'a' * 1000000000 }}", "{{ now() }}"],
  ...[nested("{{ (", ") }}", 1), `{{ ${nested("(", ")", 1_000)} }}`, "{{ value_json.a.b.c.d[9] }}"],
  ...[
    `{{ ${"not ".repeat(2_000)}true }}`,
    "{{ value_json['__proto__'] }}",
    "{{ value.split('') }}",
  ],
  ...[`{{ ${"1 + ".repeat(3_000)}1 }}`, `{{ ${"value ~ ".repeat(500)}value }}`],
];

const TEXTS: readonly string[] = [
  ...[
    "",
    " ",
    "null",
    "{",
    "[",
    '"',
    "{}",
    "[]",
    "true",
    "\ufeff{}",
    "\u0000",
    "ON",
    "21,5",
    "nan",
  ],
  ...["{{ value }}", "1e999", "-", "x".repeat(70_000), nested("[", "]", 50_000)],
];

/** One malformed message of this speaker. */
export function malformed(random: Random, speaker: Speaker): HostileMessage {
  const said: Spoken = speaker.announce.length > 0 && random.below(2) === 0
    ? pick(random, speaker.announce)
    : speaker.say(random.below(1_000));
  const [what, make] = pick(random, MUTATIONS);
  const [topic, payload] = make(random, said);
  return { what: `${speaker.name}: ${what}`, topic, payload: bytesOf(payload) };
}

type Mutation = (random: Random, said: Spoken) => Spoken;

const MUTATIONS: readonly (readonly [string, Mutation])[] = [
  ["cut", (random, [topic, payload]) => {
    const bytes = bytesOf(payload);
    return [topic, bytes.subarray(0, random.below(bytes.length + 1))];
  }],
  ["flipped bits", (random, [topic, payload]) => {
    const bytes = bytesOf(payload);
    for (let i = 0; i <= random.below(4); i++) {
      if (bytes.length > 0) bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    }
    return [topic, bytes];
  }],
  ["random bytes", (random, [topic]) => [
    topic,
    Uint8Array.from({ length: random.below(300) }, () => random.below(256)),
  ]],
  ["another text", (random, [topic]) => [topic, pick(random, TEXTS)]],
  ["another value", (random, [topic, payload]) => {
    if (typeof payload !== "string") return [topic, bytesOf(payload).reverse()];
    // One of the values of the JSON text, or of the text itself.
    const values = [...payload.matchAll(/(?<=[:[,])(?:-?\d[\d.]*|"[^"]*"|true|false|null)/g)];
    if (values.length === 0) return [topic, pick(random, VALUES)];
    const { index, 0: old } = pick(random, values);
    return [
      topic,
      payload.slice(0, index) + pick(random, VALUES) + payload.slice(index + old.length),
    ];
  }],
  ["another template", (random, [topic, payload]) => [
    topic,
    String(payload).replace(/"\{\{[^"]*"/, () => JSON.stringify(pick(random, TEMPLATES))),
  ]],
  ["a key that is left out", (random, [topic, payload]) => {
    const keys = [...String(payload).matchAll(/"[^"]*":/g)];
    if (keys.length === 0) return [topic, ""];
    const { index, 0: key } = pick(random, keys);
    return [
      topic,
      String(payload).slice(0, index) + '"other":' + String(payload).slice(index + key.length),
    ];
  }],
  ["another topic", (random, [topic, payload]) => {
    const levels = topic.split("/");
    levels[random.below(levels.length)] = pick(random, [
      "",
      " ",
      "x".repeat(300),
      "böse",
      "..",
      "$x",
      "a b!",
    ]);
    const changed = random.below(5) === 0 ? levels.concat(levels).join("/") : levels.join("/");
    return [changed.startsWith("$") ? `x${changed}` : changed || "x", payload];
  }],
  ["twice", (_, [topic, payload]) => {
    const bytes = bytesOf(payload);
    const both = new Uint8Array(bytes.length * 2);
    both.set(bytes);
    both.set(bytes, bytes.length);
    return [topic, both];
  }],
  ["very large", (random, [topic, payload]) => {
    if (random.below(20) > 0) return [topic, "x".repeat(2_000)];
    const text = String(payload);
    return [topic, text.replace(/\}$/, `,"pad":"${"x".repeat(1_000_000)}"}`)];
  }],
];
