import assert from "node:assert/strict";
import fc from "fast-check";
import { nameFault } from "../../machines/names.ts";
import { EARLIEST_MS, LATEST_MS, REJECT_CODES } from "../../readings/reading.ts";
import { createDecode, DIALECTS, PAYLOAD_BYTES_MOST } from "./mod.ts";

const encoder = new TextEncoder();
const decode = createDecode();
const from = (topic: string, payload: string) => decode(topic, encoder.encode(payload));

/** What every answer must look like, whatever came in. */
function assertSound(decoded: ReturnType<typeof decode>): void {
  assert.ok(decoded.drafts.length + decoded.rejects.length > 0, "nothing came of a message");
  for (const draft of decoded.drafts) {
    assert.equal(nameFault(draft.sensor), null);
    assert.ok(["number", "boolean", "string"].includes(typeof draft.value));
    if (typeof draft.value === "number") assert.ok(Number.isFinite(draft.value));
    if (draft.tMs !== undefined) {
      assert.ok(Number.isInteger(draft.tMs) && draft.tMs >= EARLIEST_MS && draft.tMs < LATEST_MS);
    }
  }
  for (const reject of decoded.rejects) {
    assert.ok(REJECT_CODES.includes(reject.code));
    assert.ok(reject.message.length > 0 && reject.message.length < 400);
  }
}

// The contract suite: every dialect of the list runs through it.
for (const dialect of DIALECTS) {
  Deno.test(`${dialect.name} decodes its examples, alone among all dialects`, () => {
    assert.ok(dialect.examples.length > 0);
    for (const { topic, payload, drafts } of dialect.examples) {
      assert.deepEqual(from(topic, payload), { drafts, rejects: [] });
    }
  });

  Deno.test(`${dialect.name} answers every payload soundly or passes it on`, () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.double().map(String)), (text) => {
      for (const namesSensor of [true, false]) {
        const place = { path: namesSensor ? "hall/press" : "press", namesSensor };
        const contents = [{ kind: "text" as const, text: text.trim() }];
        for (const content of contents) {
          const decoded = dialect.decode(place, content);
          if (decoded !== null) assertSound(decoded);
        }
        const json = parsed(text);
        if (typeof json === "object" && json !== null) {
          const decoded = dialect.decode(place, { kind: "json", json });
          if (decoded !== null) assertSound(decoded);
        }
      }
    }));
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

Deno.test("decode never throws, whatever bytes come on whatever topic", () => {
  const topic = fc.oneof(
    fc.string(),
    fc.constantFrom("factory/a/b", "factory/a", "sensors/x/telemetry", "edge//x", "$SYS/x", "/"),
  );
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.json().map((text) => encoder.encode(text)),
    fc.string({ unit: "binary" }).map((text) => encoder.encode(text)),
  );
  fc.assert(fc.property(topic, payload, (t, p) => assertSound(decode(t, p))), { numRuns: 2000 });
});

const refused: [what: string, topic: string, payload: string, code: string][] = [
  ["an unknown topic", "other/a/b", "1", "bad_topic"],
  ["a $SYS topic", "$SYS/broker/uptime", "1", "bad_topic"],
  ["an empty level", "factory//press/temperature", "1", "bad_topic"],
  ["a root alone", "factory", "1", "bad_topic"],
  ["a single value on a machine's topic", "factory/press", "1", "bad_topic"],
  ["a telemetry topic with one level more", "sensors/a/b/telemetry", "1", "bad_topic"],
  ["a topic that was no UTF-8", "factory/a/\ufffd", "1", "bad_encoding"],
  ["a level of 129 characters", `factory/a/${"x".repeat(129)}`, "1", "bad_name"],
  ["a number beyond float64", "factory/a/b", "1e999", "bad_value"],
  ["a number beyond float64 in JSON", "factory/a/b", '{"value":-1e999}', "bad_value"],
  ["a decimal comma", "factory/a/b", "21,5", "bad_value"],
  ["broken JSON", "factory/a/b", '{"value":', "bad_payload"],
  ["an empty object", "factory/a/b", "{}", "bad_payload"],
  ["an empty batch", "factory/a/b", "[]", "bad_payload"],
];
for (const [what, topic, payload, code] of refused) {
  Deno.test(`decode refuses ${what} once, as ${code}`, () => {
    const { drafts, rejects } = from(topic, payload);
    assert.deepEqual({ drafts, codes: rejects.map((r) => r.code) }, { drafts: [], codes: [code] });
  });
}

const noTimes: [payload: string, written: string][] = [
  ['{"value":1,"ts":1000000000000000}', "1000000000000000"],
  ['{"value":1,"ts":"+033658-01-01"}', "+033658-01-01"],
  ['{"value":1,"ts":"1999-12-31T23:59:59Z"}', "1999-12-31T23:59:59Z"],
  ['{"value":1,"ts":"2026-02-30"}', "2026-02-30"],
  ['{"value":1,"ts":true}', "true"],
  ['{"value":1,"ts":0}', "0"],
  ['{"value":1,"timestamp":null}', "null"],
  ['{"value":1,"time":"09:33"}', "09:33"],
  ['{"value":1,"time":""}', ""],
  ['{"x":{"value":1},"ts":{"s":1}}', '{"s":1}'],
];
for (const [payload, written] of noTimes) {
  Deno.test(`decode keeps the value of ${payload} and says what stands for the time`, () => {
    const { drafts, rejects } = from("factory/a/b", payload);
    assert.deepEqual(rejects, []);
    assert.deepEqual(drafts.map((d) => [d.value, d.tMs, d.noTime]), [[1, undefined, written]]);
  });
}

Deno.test("decode takes the first of several time fields that is a time", () => {
  const [draft] = from("factory/a/b", '{"value":1,"ts":0,"time":"2026-01-01T00:00:00Z"}').drafts;
  assert.deepEqual(draft, { sensor: "a/b", value: 1, tMs: Date.UTC(2026, 0, 1) });
});

Deno.test("decode leaves a seq out that cannot be one", () => {
  for (const seq of ["1.5", '"x"', "-1", "{}", "1e300"]) {
    const { drafts } = from("factory/a/b", `{"value":1,"seq":${seq}}`);
    assert.deepEqual(drafts, [{ sensor: "a/b", value: 1 }]);
  }
});

Deno.test("decode passes over when a bridge last heard of the device", () => {
  for (const seen of ['"2026-11-28T01:10:17+01:00"', "1795827521000", '""', "null"]) {
    const { drafts, rejects } = from("factory/a/b", `{"battery":97,"last_seen":${seen}}`);
    assert.deepEqual({ drafts, rejects }, {
      drafts: [{ sensor: "a/b/battery", value: 97 }],
      rejects: [],
    });
  }
});

for (const nothing of ["", "NaN", "-nan", "inf", "unavailable", "null", "n/a", "--"]) {
  Deno.test(`decode takes ${JSON.stringify(nothing)} for no value, and not for a fault`, () => {
    const codes = (payload: string) => from("factory/a/b", payload).rejects.map((r) => r.code);
    assert.deepEqual(codes(nothing), ["no_value"]);
    assert.deepEqual(codes(JSON.stringify({ value: nothing })), ["no_value"]);
    assert.deepEqual(codes(JSON.stringify({ x: nothing, y: null })), ["no_value"]);
    const { drafts, rejects } = from("factory/a/b", JSON.stringify({ x: nothing, y: 1 }));
    assert.deepEqual({ drafts, rejects }, { drafts: [{ sensor: "a/b/y", value: 1 }], rejects: [] });
  });
}

Deno.test("decode takes texts that begin like numbers for texts", () => {
  const texts = [
    "12:30",
    "1.2.3",
    "192.0.2.5",
    "2-speed",
    "0Y",
    "2026-11-28",
    "2026-11-28T01:10:17",
    "v1",
    "1.5.0-rc1",
    "5A",
    "00158d0001a2b3c4",
    "0x00158d0001a2b3c4",
    "+49 170 1234567",
    "3 of 5",
    "10:20:30:40:50:60",
    "1/2",
  ];
  for (const text of texts) {
    assert.deepEqual(from("factory/a/b", text).drafts, [{ sensor: "a/b", value: text }], text);
    const json = from("factory/a", JSON.stringify({ b: text }));
    assert.deepEqual(json.drafts, [{ sensor: "a/b", value: text }], text);
  }
  for (
    const text of ["21,5", "1.234,5", "45%", "45 %", "21.5 °C", "21.5°C", "5 A", "1.5V", "0x1F"]
  ) {
    assert.deepEqual(from("factory/a/b", text).rejects.map((r) => r.code), ["bad_value"], text);
  }
});

Deno.test("decode cuts long texts, and blanks what cannot be shown", () => {
  const [long] = from("factory/a/b", "x".repeat(3_000)).drafts;
  assert.equal(long.value, `${"x".repeat(254)}…`);
  assert.equal(from("factory/a/b", "x".repeat(255)).drafts[0].value, "x".repeat(255));
  assert.equal(from("factory/a/b", '{"value":"a\\nb\\u0007c"}').drafts[0].value, "a b c");
  assert.equal(from("factory/a/b", '{"value":"\ud800x"}').drafts[0].value, "\ufffdx");
});

Deno.test("decode makes characters of a key harmless, and gives its spelling", () => {
  const keys = ["C++ #1", "/boot", "a\u0000b", "x/y", "\ud800"];
  const { drafts, rejects } = from(
    "factory/m",
    JSON.stringify(Object.fromEntries(keys.map((k) => [k, 1]))),
  );
  assert.deepEqual(rejects, []);
  assert.deepEqual(drafts.map((d) => d.sensor), ["m/C__ _1", "m/_boot", "m/a_b", "m/x_y", "m/_"]);
  assert.deepEqual(drafts.map((d) => d.spelled), keys.map((key) => `m/${key}`));
});

Deno.test("decode forgives slashes at the ends of a topic, and none in the middle", () => {
  const any = createDecode(["#"]);
  const one = encoder.encode("1");
  assert.equal(any("/SmartHome/bal/blub", one).drafts[0].sensor, "SmartHome/bal/blub");
  assert.equal(decode("factory/m12/x/t/", one).drafts[0].sensor, "m12/x/t");
  assert.equal(decode("/factory/m12/t", one).drafts[0].sensor, "m12/t");
  assert.equal(decode("/sensors/boiler/telemetry/", one).drafts[0].sensor, "default/boiler");
  assert.equal(any("a//b", one).rejects[0].code, "bad_topic");
});

Deno.test("decode takes ThingsBoard's envelope off, alone, in arrays and from a gateway", () => {
  const t = 1795827521000;
  const item = { ts: t, values: { temperature: 21.5, humidity: 40 } };
  const expected = [["dev/temperature", 21.5, t], ["dev/humidity", 40, t]];
  const of = (json: unknown, topic = "factory/dev") =>
    from(topic, JSON.stringify(json)).drafts.map((d) => [d.sensor, d.value, d.tMs]);
  assert.deepEqual(of(item), expected);
  assert.deepEqual(of([item]), expected);
  assert.deepEqual(of({ values: { a: 1 } }), [["dev/a", 1, undefined]]);
  assert.deepEqual(
    of({ "Device A": [item], "B": [{ ts: t, values: { x: true } }] }, "factory/gw"),
    [["gw/Device A/temperature", 21.5, t], ["gw/Device A/humidity", 40, t], ["gw/B/x", true, t]],
  );
  // Other values beside it: nothing is taken off.
  assert.deepEqual(of({ values: { a: 1 }, b: 2 }), [["dev/values.a", 1, undefined], [
    "dev/b",
    2,
    undefined,
  ]]);
});

Deno.test("decode forgives JSON its words for no number, outside of texts", () => {
  const of = (payload: string) => {
    const { drafts, rejects } = from("factory/dev", payload);
    return [drafts.map((d) => [d.sensor, d.value]), rejects.map((r) => r.code)];
  };
  assert.deepEqual(of('{"t": NaN, "h": 55}'), [[["dev/h", 55]], []]);
  assert.deepEqual(of('{"DHT11":{"Temperature":nan,"Humidity":-Infinity},"x":+inf,"h":1}'), [
    [["dev/h", 1]],
    [],
  ]);
  assert.deepEqual(of('[{"t":nan},{"t":2}]'), [[["dev/t", 2]], []]);
  assert.deepEqual(of('{"name":"say \\"NaN\\", nan","h":nan,"i":3}'), [
    [["dev/name", 'say "NaN", nan'], ["dev/i", 3]],
    [],
  ]);
  assert.deepEqual(of('{"t":NaN}'), [[], ["no_value"]]);
  for (const none of ['{"t":nano}', '{"t":NaN', '{"t":inf.5}', "{nan:1}"]) {
    assert.deepEqual(of(none), [[], ["bad_payload"]], none);
  }
});

Deno.test("decode leaves zero bytes out that end a message", () => {
  assert.deepEqual(from("factory/a/b", "21.5\u0000").drafts, [{ sensor: "a/b", value: 21.5 }]);
  assert.deepEqual(from("factory/a/b", "on\u0000\u0000").drafts.map((d) => d.value), [true]);
  assert.deepEqual(from("factory/a", '{"t":1}\n\u0000').drafts, [{ sensor: "a/t", value: 1 }]);
  assert.deepEqual(from("factory/a/b", "\u0000").rejects.map((r) => r.code), ["no_value"]);
});

Deno.test("decode of a machine's message takes a value beside other values as one of them", () => {
  assert.deepEqual(from("factory/meter", '{"value":9,"rate":1}').drafts, [
    { sensor: "meter/value", value: 9 },
    { sensor: "meter/rate", value: 1 },
  ]);
  assert.deepEqual(
    from("factory/meter", '{"value":9,"ts":1700000000}').rejects.map((r) => r.code),
    [
      "bad_topic",
    ],
  );
});

Deno.test("decode refuses bytes that are no UTF-8 as bad_encoding", () => {
  const { rejects } = decode("factory/a/b", new Uint8Array([0x31, 0xff]));
  assert.deepEqual(rejects.map((r) => r.code), ["bad_encoding"]);
});

Deno.test("decode refuses a payload over the limit as too_large without reading it", () => {
  const { rejects } = decode("factory/a/b", new Uint8Array(PAYLOAD_BYTES_MOST + 1));
  assert.deepEqual(rejects.map((r) => r.code), ["too_large"]);
});

Deno.test("decode refuses 10 001 values in one message as one too_large", () => {
  const object = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`k${i}`, i]));
  assert.deepEqual(from("factory/a", JSON.stringify(object)).rejects.map((r) => r.code), [
    "too_large",
  ]);
});

Deno.test("decode survives JSON nested 100 000 deep", () => {
  const deep = `{"a":`.repeat(100_000) + "1" + "}".repeat(100_000);
  assert.deepEqual(from("factory/a", deep).rejects.map((r) => r.code), ["bad_payload"]);
});

Deno.test("decode keeps the good values of a message and names the bad one", () => {
  const { drafts, rejects } = from("factory/press", '{"t": 1, "p": {"x": 1e999}, "n": null}');
  assert.deepEqual(drafts, [{ sensor: "press/t", value: 1 }]);
  assert.equal(rejects.length, 1);
  assert.match(rejects[0].message, /p\.x/);
});

Deno.test("decode keeps the good items of a batch and gives the index of the bad one", () => {
  const { drafts, rejects } = from("factory/a/b", '[{"value":1},{"value":"NaN"},7,{"value":2}]');
  assert.deepEqual(drafts.map((d) => [d.value, d.index]), [[1, 0], [2, 3]]);
  assert.deepEqual(rejects.map((r) => r.index), [2]);
});

Deno.test("decode takes every spelling of a time to the same millisecond", () => {
  const expected = 1_700_000_000_123;
  for (
    const ts of [
      "1700000000123",
      "1700000000.123",
      '"1700000000123"',
      '"2023-11-14T22:13:20.123Z"',
      '"2023-11-14T23:13:20.123+01:00"',
      '"2023-11-14 22:13:20,123"',
      '"2023-11-14T22:13:20.123999Z"',
    ]
  ) {
    for (const key of ["ts", "timestamp", "time"]) {
      const { drafts } = from("factory/a/b", `{"value":1,"${key}":${ts}}`);
      assert.equal(drafts[0]?.tMs, expected, `${key} ${ts}`);
    }
  }
});

Deno.test("decode reads a JSON text like a plain payload", () => {
  assert.equal(from("factory/a/b", '"21.5"').drafts[0].value, 21.5);
  assert.equal(from("factory/a/b", '"on"').drafts[0].value, true);
});

Deno.test("decode keeps numbers bit for bit", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
    const text = Object.is(value, -0) ? "-0" : String(value);
    assert.ok(Object.is(from("factory/a/b", text).drafts[0].value, value));
    assert.ok(Object.is(from("factory/a/b", `{"value":${text}}`).drafts[0].value, value));
  }));
});

Deno.test("createDecode reads the roots of the topics that are subscribed", () => {
  const own = createDecode(["plant/#", "sensors/+/telemetry"]);
  const one = encoder.encode("1");
  assert.equal(own("plant/press/t", one).drafts[0].sensor, "press/t");
  assert.equal(createDecode(["#"])("any/press/t", one).drafts[0].sensor, "any/press/t");
  assert.equal(decode("plant/press/t", one).rejects[0].code, "bad_topic");
});

Deno.test("no dialect takes a name with a level that leads elsewhere in an address", async () => {
  const { decodeOne } = await import("./http.ts");
  const decoded = [
    from("factory/a/../b", "1"),
    from("factory/a/./b/c", '{"value": 1}'),
    from("factory/a", '{"..": 1}'),
    from("factory/..", '{"t": 1}'),
    from("sensors/../telemetry", "1"),
    from("factory/a/..", "m,host=.. v=1"),
    decodeOne({ machine: "a", sensor: "..", value: 1 }),
    decodeOne({ machine: "a/..", sensor: "t", value: 1 }),
    decodeOne({ tag: "a/../b", value: 1 }),
  ];
  for (const [n, { drafts, rejects }] of decoded.entries()) {
    assert.deepEqual(drafts, [], `case ${n}`);
    assert.equal(rejects[0].code, "bad_name");
    assert.match(rejects[0].message, /is no name/);
  }
});
