import assert from "node:assert/strict";
import fc from "fast-check";
import { type FieldValue, type Line, parseLines } from "./line_parser.ts";
import { decodeLines, LineNames } from "./line_protocol.ts";

function parse(text: string): Line[] {
  const lines: Line[] = [];
  parseLines(text, (line) => void lines.push(line));
  return lines;
}

Deno.test("decodeLines maps what Telegraf sends", () => {
  const text = "cpu,cpu=cpu-total,host=pi usage_idle=98.2,usage_user=1.5 1700000000123456789\n" +
    "disk,device=sda1,host=pi,path=/boot used=42i 1700000000000000000\n" +
    "# a comment\n\n" +
    'system,host=pi uptime_format="1 day",users=3u 1700000000000000000\r\n';
  const { drafts, rejects, lines } = decodeLines(text);
  assert.equal(lines.size, 3);
  assert.deepEqual({ drafts, rejects }, {
    drafts: [
      { sensor: "pi/cpu.cpu-total.usage_idle", value: 98.2, tMs: 1700000000123, index: 0 },
      { sensor: "pi/cpu.cpu-total.usage_user", value: 1.5, tMs: 1700000000123, index: 0 },
      { sensor: "pi/disk.sda1._boot.used", value: 42, tMs: 1700000000000, index: 1 },
      { sensor: "pi/system.uptime_format", value: "1 day", tMs: 1700000000000, index: 4 },
      { sensor: "pi/system.users", value: 3, tMs: 1700000000000, index: 4 },
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
  assert.deepEqual(rejects.map((r) => [r.index, r.code]), [[1, "bad_value"], [3, "bad_value"]]);
});

Deno.test("decodeLines keeps the other fields of a line when one cannot be read", () => {
  for (const bad of ["", "abc", "1x", "-1u", "NaNa"]) {
    const { drafts, rejects } = decodeLines(`m a=1,b=${bad},c=3 1700000000000000000`);
    assert.deepEqual(drafts.map((d) => d.sensor), ["default/m.a", "default/m.c"], bad);
    assert.deepEqual(rejects.map((r) => r.code), ["bad_value"], bad);
  }
});

Deno.test("decodeLines takes NaN and infinity for no value, as JSON does", () => {
  for (const nothing of ["NaN", "nan", "-inf", "+Inf", "Infinity"]) {
    const { drafts, rejects } = decodeLines(`m a=1,b=${nothing},c=3 1700000000000000000`);
    assert.deepEqual(drafts.map((d) => d.sensor), ["default/m.a", "default/m.c"], nothing);
    assert.deepEqual(rejects, [], nothing);
  }
});

Deno.test("decodeLines loses one line to a quote that never closes", () => {
  const open = 'ev,host=l6 n=1,msg="oops 1795827517058';
  for (
    const after of [
      "ev,host=l6 n=2 1795827517059\nev,host=l6 n=3 1795827517060",
      'ev,host=l6 n=2,s="a, b=1 2" 1795827517059\nev,host=l6 s="y" 1795827517060',
      'ev,host=l6 s="x" 1795827517059\r\nev,host=l6 n=2,s=" 1" 1795827517060\r\n',
      'ev,host=l6 n=2 1795827517059\nev,host=l6 msg="also open 1',
    ]
  ) {
    const { drafts, rejects } = decodeLines(`${open}\n${after}`, "ms");
    assert.equal(rejects[0].index, 0);
    assert.match(rejects[0].message, /closing quote/);
    assert.ok(drafts.some((d) => d.index === 1), after);
    assert.equal(new Set([...drafts, ...rejects].map((d) => d.index)).size, 3, after);
  }
});

Deno.test("decodeLines counts lines as an editor does", () => {
  const text = "# made by an export\nCREATE DATABASE water\n# data\n\n" +
    'h2o level=8.12 1795827517\nnote s="x\ny" 1795827517\nh2o level=\n';
  const { drafts, rejects } = decodeLines(text, "s");
  assert.deepEqual(rejects.map((r) => [r.index, r.code]), [[1, "bad_payload"], [7, "bad_value"]]);
  assert.deepEqual(drafts.map((d) => [d.index, d.value]), [[4, 8.12], [5, "x y"]]);
});

Deno.test("decodeLines puts a harmless sign where a name may hold none", () => {
  const { drafts, rejects } = decodeLines(
    "m,host=l14,lang=C++,queue=#1,p=/b a+b=1 1795827517058",
    "ms",
  );
  assert.deepEqual(rejects, []);
  assert.equal(drafts[0].sensor, "l14/m.C__._b._1.a_b");
  assert.equal(decodeLines("m,machine=h#1/p+2 v=1").drafts[0].sensor, "h_1/p_2/m.v");
});

Deno.test("decodeLines tells apart two tags that would get one name, in one request and over many", () => {
  const names = new LineNames();
  const code = (text: string) => {
    const { drafts, rejects } = decodeLines(text, "ns", names);
    return [drafts.map((d) => d.index), rejects.map((r) => [r.index, r.code])];
  };
  assert.deepEqual(code("m,l=C++ a=1\nm,l=C## a=1\nm,l=C++ a=2"), [[0, 2], [[1, "bad_name"]]]);
  assert.deepEqual(code("m,l=C## a=1"), [[], [[0, "bad_name"]]]);
  assert.deepEqual(code("m,l=C__ a=1"), [[], [[0, "bad_name"]]]);
  assert.deepEqual(code("m,l=C++ a=1"), [[0], []]);
  assert.deepEqual(code("m a+=1,a#=2"), [[0], [[0, "bad_name"]]]);
  assert.match(decodeLines("m,l=C## a=1", "ns", names).rejects[0].message, /C##.*C\+\+/);
});

Deno.test("decodeLines names a fault of a series once, not for each field", () => {
  const fields = Array.from({ length: 500 }, (_, i) => `f${i}=1`).join(",");
  assert.equal(decodeLines(`m,host=${"x".repeat(200)} ${fields}`).rejects.length, 1);
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
      no: 0,
      start: 0,
      end: 47,
    }],
  );
});

Deno.test("decodeLines gives each line as it was written, also over a line break", () => {
  const { lines, rejects } = decodeLines('a s="x\ny"\n# note\nb v=\nc v=1 \n');
  assert.deepEqual([0, 1, 3, 4, 9].map((no) => lines.at(no)), [
    'a s="x\ny"',
    "",
    "b v=",
    "c v=1 ",
    "",
  ]);
  assert.deepEqual(rejects.map((r) => r.index), [3]);
});

Deno.test("parseLines says what is wrong with a line", () => {
  for (
    const text of [
      "m",
      "m,",
      "m,a v=1",
      "m,a= v=1",
      "m v",
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
  if (typeof value === "object" && "fault" in value) throw new Error("not written");
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
