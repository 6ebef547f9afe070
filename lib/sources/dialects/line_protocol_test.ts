import assert from "node:assert/strict";
import fc from "fast-check";
import { type FieldValue, type Line, parseLines } from "./line_parser.ts";
import { decodeLines } from "./line_protocol.ts";

function parse(text: string): Line[] {
  const lines: Line[] = [];
  parseLines(text, (line) => lines.push(line));
  return lines;
}

Deno.test("decodeLines maps what Telegraf sends", () => {
  const text = "cpu,cpu=cpu-total,host=pi usage_idle=98.2,usage_user=1.5 1700000000123456789\n" +
    "disk,device=sda1,host=pi,path=/boot used=42i 1700000000000000000\n" +
    "# a comment\n\n" +
    'system,host=pi uptime_format="1 day",users=3u 1700000000000000000\r\n';
  const { drafts, rejects, lines } = decodeLines(text);
  assert.equal(lines.length, 3);
  assert.deepEqual({ drafts, rejects }, {
    drafts: [
      { sensor: "pi/cpu.cpu-total.usage_idle", value: 98.2, tMs: 1700000000123, index: 0 },
      { sensor: "pi/cpu.cpu-total.usage_user", value: 1.5, tMs: 1700000000123, index: 0 },
      { sensor: "pi/disk.sda1._boot.used", value: 42, tMs: 1700000000000, index: 1 },
      { sensor: "pi/system.uptime_format", value: "1 day", tMs: 1700000000000, index: 2 },
      { sensor: "pi/system.users", value: 3, tMs: 1700000000000, index: 2 },
    ],
    rejects: [],
  });
});

Deno.test("decodeLines takes machine, area and sensor from tags of these names", () => {
  assert.equal(
    decodeLines("r,machine=hall1/press3,sensor=temperature value=21.5").drafts[0].sensor,
    "hall1/press3/temperature",
  );
  assert.equal(
    decodeLines("motor,machine=press3,area=hall1 rpm=900").drafts[0].sensor,
    "hall1/press3/motor.rpm",
  );
  assert.equal(decodeLines("room value=1").drafts[0].sensor, "default/room");
});

Deno.test("decodeLines reads a timestamp in every precision", () => {
  for (
    const [precision, time] of [
      ["s", "1700000000"],
      ["ms", "1700000000000"],
      ["us", "1700000000000999"],
      ["ns", "1700000000000999999"],
    ] as const
  ) {
    assert.equal(decodeLines(`m v=1 ${time}`, precision).drafts[0].tMs, 1700000000000);
  }
  assert.equal(decodeLines("m v=1 1700000000", "ns").rejects[0].code, "bad_time");
  assert.equal(decodeLines("m v=1 -1", "s").drafts[0].noTime, "-1");
  assert.equal(decodeLines("m v=1 3000000000").drafts[0].noTime, "3000000000");
  assert.equal(decodeLines("m v=1").drafts[0].tMs, undefined);
});

Deno.test("decodeLines keeps good lines around a bad one and gives its index", () => {
  const { drafts, rejects } = decodeLines("a v=1\nb v=\nc v=3\nd v=1e999\ne v=5");
  assert.deepEqual(drafts.map((d) => [d.sensor, d.index]), [
    ["default/a.v", 0],
    ["default/c.v", 2],
    ["default/e.v", 4],
  ]);
  assert.deepEqual(rejects.map((r) => [r.index, r.code]), [[1, "bad_payload"], [3, "bad_value"]]);
});

Deno.test("parseLines undoes every escape", () => {
  assert.deepEqual(
    parse(String.raw`a\,b\ c,k\=1=v\ \,2 f\ 1="x \"y\" \\ , = z",g=t`),
    [{
      point: {
        head: String.raw`a\,b\ c,k\=1=v\ \,2`,
        measurement: "a,b c",
        tags: [["k=1", "v ,2"]],
        fields: [["f 1", { text: 'x "y" \\ , = z' }], ["g", true]],
        time: null,
      },
      text: String.raw`a\,b\ c,k\=1=v\ \,2 f\ 1="x \"y\" \\ , = z",g=t`,
    }],
  );
});

Deno.test("decodeLines gives each line as it was written, also over a line break", () => {
  const { lines, rejects } = decodeLines('a s="x\ny"\n# note\nb v=\nc v=1 \n');
  assert.deepEqual(lines, ['a s="x\ny"', "b v=", "c v=1 "]);
  assert.deepEqual(rejects.map((r) => r.index), [0, 1]);
});

Deno.test("parseLines says what is wrong with a line", () => {
  for (
    const text of [
      "m",
      "m,",
      "m,a v=1",
      "m,a= v=1",
      "m v",
      "m v=",
      "m v=abc",
      "m v=1x",
      "m v=-1u",
      "m v=1 2 3",
      "m v=1 now",
      'm v="open',
      ",a=b v=1",
      "m =1",
    ]
  ) {
    const lines = parse(text);
    assert.equal(lines.length, 1, text);
    assert.ok("error" in lines[0], text);
  }
});

const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 })
  .filter((text) => !/[\\\n\r\t"#]/.test(text) && text.trim() === text);
const fieldValue: fc.Arbitrary<FieldValue> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.string({ unit: "grapheme" }).map((text) => ({ text })),
);
const escaped = (text: string) => text.replace(/[,= ]/g, "\\$&");

function written(value: FieldValue): string {
  if (typeof value !== "object") return Object.is(value, -0) ? "-0" : String(value);
  return `"${value.text.replace(/["\\]/g, "\\$&")}"`;
}

Deno.test("parseLines reads back whatever was written", () => {
  const point = fc.record({
    measurement: word,
    tags: fc.array(fc.tuple(word, word), { maxLength: 3 }),
    fields: fc.array(fc.tuple(word, fieldValue), { minLength: 1, maxLength: 4 }),
    time: fc.option(fc.bigInt({ min: 0n, max: 4102444800000000000n }).map(String)),
  }, { noNullPrototype: true });
  fc.assert(fc.property(fc.array(point, { minLength: 1, maxLength: 5 }), (points) => {
    const text = points.map((p) =>
      p.measurement.replace(/[, ]/g, "\\$&") +
      p.tags.map(([k, v]) => `,${escaped(k)}=${escaped(v)}`).join("") + " " +
      p.fields.map(([k, v]) => `${escaped(k)}=${written(v)}`).join(",") +
      (p.time === null ? "" : ` ${p.time}`)
    ).join("\n");
    const read = parse(text).map((line) => {
      assert.ok("point" in line, JSON.stringify(line));
      const { head: _, ...rest } = line.point;
      return rest;
    });
    assert.deepEqual(read, points);
  }));
});

Deno.test("decodeLines never throws", () => {
  const piece = fc.constantFrom("m", ",", "=", " ", "\\", '"', "\n", "1", "i", "t", "#", "é", "\0");
  const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));
  fc.assert(fc.property(text, (t) => void decodeLines(t, "s")), { numRuns: 2000 });
});
