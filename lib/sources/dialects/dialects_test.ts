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
  assert.ok(decoded.drafts.length + decoded.rejects.length > 0, "nothing said about a message");
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
  ["a control character in the topic", "factory/a/b\u0007", "1", "bad_name"],
  ["a number beyond float64", "factory/a/b", "1e999", "bad_value"],
  ["a number beyond float64 in JSON", "factory/a/b", '{"value":-1e999}', "bad_value"],
  ["NaN", "factory/a/b", "NaN", "bad_value"],
  ["a decimal comma", "factory/a/b", "21,5", "bad_value"],
  ["a value of null", "factory/a/b", '{"value":null}', "bad_value"],
  ["a text of 65 characters", "factory/a/b", "x".repeat(65), "bad_value"],
  ["broken JSON", "factory/a/b", '{"value":', "bad_payload"],
  ["an empty payload", "factory/a/b", "", "bad_payload"],
  ["an empty object", "factory/a/b", "{}", "bad_payload"],
  ["an empty batch", "factory/a/b", "[]", "bad_payload"],
  ["a key with a control character", "factory/a/b", '{"a\\u0000":1}', "bad_name"],
  ["a key with a slash", "factory/a/b", '{"a/b":1}', "bad_name"],
  ["a key that is half a character", "factory/a/b", '{"\\ud800":1}', "bad_name"],
  ["a text that is half a character", "factory/a/b", '{"value":"\\ud800"}', "bad_encoding"],
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
  assert.deepEqual(rejects.map((r) => r.index), [1, 2]);
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
