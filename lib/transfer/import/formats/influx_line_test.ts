import assert from "node:assert/strict";
import fc from "fast-check";
import type { Segment } from "../format.ts";
import { influxLine, readLines } from "./influx_line.ts";

const T = 1_769_904_000_000;
const never = new AbortController().signal;

async function withFile<R>(
  text: string | Uint8Array,
  use: (path: string) => Promise<R>,
): Promise<R> {
  const path = await Deno.makeTempFile({ prefix: "perch-line-" });
  try {
    await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

async function segmentsOf(
  text: string,
  cursor: string | null = null,
  precision: "ns" | "s" = "ns",
  most?: number,
): Promise<Segment[]> {
  return await withFile(text, (path) => {
    const source = { path, name: "x.lp", bytes: text.length };
    return Array.fromAsync(readLines(source, { precision }, cursor, never, most));
  });
}

/** Readings by series, and lines that were rejected. */
function readOf(segments: readonly Segment[]) {
  const all: Record<string, [number, number | string][]> = {};
  for (const { series, tMs, value, texts } of segments.flatMap(({ parts }) => parts)) {
    const rows = Array.from(tMs, (t, i): [number, number | string] => [
      t,
      texts === undefined ? value[i] : texts[value[i]],
    ]);
    (all[`${series.kind} ${series.key}`] ??= []).push(...rows);
  }
  const rejected = segments.flatMap((one) => one.rejected.map(({ line }) => line));
  return { all, rejected };
}

const DUMP = `# INFLUXDB EXPORT: 1677-09-21T00:12:43Z - 2262-04-11T23:47:16Z
# DDL
CREATE DATABASE plant WITH NAME autogen
# DML
# CONTEXT-DATABASE:plant
# CONTEXT-RETENTION-POLICY:autogen
# writing tsm data
press,machine=p1 temperature=41.5 1769904000123456789
press,machine=p1 note="a \\"b\\", c" 1769904000123456789
# writing wal data
press,machine=p1 count=7i 1769904001000000000
press,machine=p1 temperature=41.5 1769904000123456789
# CONTEXT-DATABASE: other
press,machine=p1 temperature=40 1769904000000000000
`;

Deno.test("line protocol: a dump with its head, repeated lines and a second database", async () => {
  const [segment] = await segmentsOf(DUMP);
  assert.deepEqual(readOf([segment]), {
    all: {
      "number press,machine=p1 temperature": [[T + 123, 41.5], [T + 123, 41.5]],
      "text press,machine=p1 note": [[T + 123, 'a "b", c']],
      "number press,machine=p1 count": [[T + 1000, 7]],
      "number other: press,machine=p1 temperature": [[T, 40]],
    },
    rejected: [],
  });
  assert.equal(segment.read, 5);
  assert.deepEqual(segment.parts.map(({ series }) => series.suggested), [
    "press/p1/temperature",
    "press/p1/note",
    "press/p1/count",
    "other/press/p1/temperature",
  ]);
  const source = { path: "", name: "", bytes: 0 };
  assert.equal(influxLine.detect(new TextEncoder().encode(DUMP), source), 1);
});

Deno.test("line protocol: every kind of value, escapes, several fields, line ends of Windows", async () => {
  const text = [
    "m\\ x\\,y,b=2,a=1\\=1 i=12i,u=3u,f=-1.5e3,t=t,T=True,n=FALSE,long=0.12345678901234567 1769904000000000000",
    'm s="two\r\nlines, = \\\\" 1769904000000000000  ',
    "",
    "  ",
    "m\\ x\\,y,a=1\\=1,b=2 i=-13i 1769904001000000000",
  ].join("\r\n");
  const { all, rejected } = readOf(await segmentsOf(text));
  assert.deepEqual(rejected, []);
  assert.deepEqual(all, {
    "number m x,y,a=1=1,b=2 i": [[T, 12], [T + 1000, -13]],
    "number m x,y,a=1=1,b=2 u": [[T, 3]],
    "number m x,y,a=1=1,b=2 f": [[T, -1500]],
    "binary m x,y,a=1=1,b=2 t": [[T, 1]],
    "binary m x,y,a=1=1,b=2 T": [[T, 1]],
    "binary m x,y,a=1=1,b=2 n": [[T, 0]],
    "number m x,y,a=1=1,b=2 long": [[T, 0.12345678901234567]],
    "text m s": [[T, "two\r\nlines, = \\"]],
  });
});

Deno.test("line protocol: what is wrong is left out with its line and its reason, and nothing else", async () => {
  const bad: [line: string, reason: RegExp][] = [
    ["m f=1", /no time/],
    ["m f=1 12", /2000/],
    ["m f=1 4102444800000000000", /2000/],
    ["m f=1 -1769904000000000000", /2000/],
    ["m f=1 1769904000", /looks like seconds/],
    ["m f=1 1769904000x", /whole number/],
    ["m 1769904000000000000", /no value/],
    ["m", /no fields/],
    [",t=1 f=1 1769904000000000000", /no measurement/],
    ["m,t f=1 1769904000000000000", /no tag/],
    ["m f= 1769904000000000000", /no value/],
    ["m =1 1769904000000000000", /no name/],
    ["m f=NaN 1769904000000000000", /"NaN" is no value/],
    ["m f=1.5i 1769904000000000000", /"1.5i" is no value/],
    ["m f=-1u 1769904000000000000", /no value/],
    ["m f=1e999 1769904000000000000", /no value/],
    ['m f="a"b 1769904000000000000', /follows/],
    ["m good=1,f=x 1769904000000000000", /"x" is no value/],
    ['m f="never closed 1769904000000000000', /never closed/],
  ];
  const good = `m good=1 ${T}000000`;
  const text = bad.map(([line]) => `${good}\n${line}\n`).join("") + `${good}\n`;
  const segments = await segmentsOf(text);
  const rejected = segments.flatMap((one) => one.rejected);
  assert.deepEqual(rejected.map(({ line }) => line), bad.map((_, i) => 2 * i + 2));
  rejected.forEach(({ reason }, i) => assert.match(reason, bad[i][1], bad[i][0]));
  assert.equal(readOf(segments).all["number m good"].length, bad.length + 1);
});

Deno.test("line protocol: other precisions are guessed and asked for", async () => {
  const text = `# DML\n# CONTEXT-DATABASE: plant\nm f=1 ${T / 1000}\nm f=2 ${T / 1000 + 10}\n`;
  await withFile(text, async (path) => {
    const source = { path, name: "x.lp", bytes: text.length };
    const asked = await influxLine.inspect(source, {});
    assert.equal(asked.options.precision, "s");
    assert.match(asked.questions[0].message, /seconds/);
    assert.deepEqual(asked.rows.map(({ tMs, value }) => [tMs, value]), [[T, 1], [T + 10_000, 2]]);
    assert.deepEqual((await influxLine.inspect(source, { precision: "s" })).questions, []);
  });
});

Deno.test("line protocol: reading goes on from any segment as if it had not been interrupted", async () => {
  const lines = Array.from(
    { length: 60_000 },
    (_, i) => `m,t=${i % 7} f=${i % 13},g="${i % 3}" ${T + i}000000`,
  );
  const text = `${DUMP}${lines.join("\n")}`;
  const whole = await segmentsOf(text, null, "ns", 20_000);
  assert.ok(whole.length > 2);
  for (let s = 1; s < whole.length; s++) {
    assert.deepEqual(await segmentsOf(text, whole[s - 1].next, "ns", 20_000), whole.slice(s));
  }
});

/** The same in the most obvious way. */
function naive(text: string) {
  const all: Record<string, [number, number | string][]> = {};
  const rejected: number[] = [];
  const name = String.raw`(?:\\[^\n]|[^\\,= \n])+`;
  const value = String.raw`"(?:\\[^]|[^"\\])*"|[^, \n\r"]+`;
  const record = new RegExp(
    String
      .raw`((?:\\[^\n]|[^\\ \n])+) +(${name}=(?:${value})(?:,${name}=(?:${value}))*) +(\d+)[ \r]*(?:\n|$)`,
    "y",
  );
  let line = 1;
  for (let at = 0; at < text.length;) {
    const end = text.indexOf("\n", at) < 0 ? text.length : text.indexOf("\n", at);
    const bare = text.slice(at, end);
    if (/^\s*(#.*)?$/.test(bare)) {
      [at, line] = [end + 1, line + 1];
      continue;
    }
    record.lastIndex = at;
    const found = record.exec(text);
    const rows = found === null ? null : rowsOf(found, new RegExp(`(${name})=(${value})`, "g"));
    if (rows === null) {
      rejected.push(line++);
      at = end + 1;
      continue;
    }
    for (const { key, tMs, value } of rows) (all[key] ??= []).push([tMs, value]);
    line += found![0].split("\n").length - 1;
    at = record.lastIndex;
  }
  return { all, rejected };
}

function rowsOf([, head, fields, time]: RegExpExecArray, field: RegExp) {
  const tMs = Math.floor(Number(BigInt(time) / 1_000_000n));
  if (tMs < Date.UTC(2000, 0, 1) || tMs >= Date.UTC(2100, 0, 1)) return null;
  const [measurement, ...tags] = head.split(/(?<!\\),/);
  if (measurement === "" || tags.some((tag) => !/^[^=]+=./.test(tag))) return null;
  const plain = (text: string) => text.replace(/\\([ ,=])/g, "$1");
  const series = [measurement, ...tags.sort()].map(plain).join(",");
  const rows: { key: string; tMs: number; value: number | string }[] = [];
  for (const [, name, value] of fields.matchAll(field)) {
    const key = `${series} ${plain(name)}`;
    if (value[0] === '"') {
      const text = value.slice(1, -1).replace(/\\(["\\])/g, "$1");
      rows.push({ key: `text ${key}`, tMs, value: text });
    } else if (/^(t|T|true|True|TRUE|f|F|false|False|FALSE)$/.test(value)) {
      rows.push({ key: `binary ${key}`, tMs, value: /^t/i.test(value) ? 1 : 0 });
    } else if (/^-?\d+i$|^\d+u$/.test(value)) {
      rows.push({ key: `number ${key}`, tMs, value: Number(value.slice(0, -1)) });
    } else if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) {
      rows.push({ key: `number ${key}`, tMs, value: Number(value) });
    } else return null;
  }
  return rows;
}

const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer({ min: -9999, max: 9999 }).map((x) => (x / 100).toFixed(2)),
  fc.integer().map((x) => `${x}i`),
  fc.constantFrom(
    "t",
    "FALSE",
    "3u",
    '"a b,c=d"',
    '"x \\" y"',
    '"two\nlines"',
    '""',
    "+1",
    ".5",
    "7.",
  ),
);
const line = fc.record({
  head: fc.constantFrom("m", "m,a=1", "m,a=1,b=x\\ y", "m,b=x\\ y,a=1", "m\\,2,a=\\=", 'q"q,a=1'),
  fields: fc.array(fc.tuple(fc.constantFrom("f", "g", "h\\ i"), value), {
    minLength: 1,
    maxLength: 3,
  }),
  time: fc.integer({ min: 0, max: 1e6 }).map((x) => `${T + x}${x % 10}00000`),
  end: fc.constantFrom("\n", "\n", "\n", "\r\n"),
}).map(({ head, fields, time, end }) =>
  `${head} ${fields.map((field) => field.join("=")).join(",")} ${time}${end}`
);
const garbage = fc.tuple(line, fc.nat(), fc.constantFrom("", '"', " ", ",", "=", "x", "\n")).map(
  ([text, at, by]) => text.slice(0, at % text.length) + by + text.slice(at % text.length + 1),
);
const file = fc.array(
  fc.oneof({ weight: 6, arbitrary: line }, { weight: 1, arbitrary: garbage }, {
    weight: 1,
    arbitrary: fc.constantFrom("\n", "# a comment\n", " \n"),
  }),
  { minLength: 1, maxLength: 30 },
);

Deno.test("line protocol: any lines are read as the most obvious reader reads them", async () => {
  await fc.assert(
    fc.asyncProperty(file, async (lines) => {
      const text = lines.join("");
      assert.deepEqual(readOf(await segmentsOf(text)), naive(text));
    }),
    { numRuns: 150 },
  );
});
