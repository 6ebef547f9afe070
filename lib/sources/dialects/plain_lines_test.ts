import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeLineBytes, decodeLines, LineNames, type Precision } from "./line_protocol.ts";

function fromBytes(text: string, precision: Precision, names: LineNames) {
  const bytes = new TextEncoder().encode(text);
  let asked = false;
  const { columns, lines, ...rest } = decodeLineBytes(
    bytes,
    () => {
      asked = true;
      return text;
    },
    precision,
    names,
  );
  assert.deepEqual(rest.drafts, []);
  return { ...rest, drafts: columns.drafts(), lines, asked };
}

/** Both ways must give the same. */
function assertSame(text: string, precision: Precision, names: LineNames, others: LineNames): void {
  const got = fromBytes(text, precision, names);
  const expected = decodeLines(text, precision, others);
  assert.deepEqual(got.drafts, expected.drafts, text);
  assert.deepEqual(got.rejects, expected.rejects, text);
  assert.equal(got.lines.size, expected.lines.size, text);
  const places = [...expected.drafts, ...expected.rejects].map(({ index }) => index!);
  for (const no of places) assert.equal(got.lines.at(no), expected.lines.at(no), text);
}

Deno.test("lines of series that came before are read without a text", () => {
  const names = new LineNames();
  const text =
    "cpu,host=pi idle=98.25,user=-1i 1700000000123\n\nm,machine=a/b t=1e3\nm,machine=a/b t=5";
  assert.equal(fromBytes(text, "ms", names).asked, true);
  const again = fromBytes(text, "ms", names);
  assert.equal(again.asked, false);
  assert.deepEqual(again.drafts, [
    { sensor: "pi/cpu.idle", value: 98.25, index: 0, tMs: 1700000000123 },
    { sensor: "pi/cpu.user", value: -1, index: 0, tMs: 1700000000123 },
    { sensor: "a/b/m.t", value: 1000, index: 2 },
    { sensor: "a/b/m.t", value: 5, index: 3 },
  ]);
});

const NUMBERS =
  "1 0 -0 007 1.5 -12.25 5. .5 +3 1e3 -2E-2 1e 1e999 12i -3i -0i 4u -4u 1.5i 9007199254740993 " +
  "0.1234567890123456789 0.12345678901234567 123456789012345 1234567890123456 1234567890123456i 0.30000000000000004 t F NaN inf abc - . i";
const TIMES = " 1700000000 1700000000123 1700000000123456 1700000000123456789 -1 0 5 x 1.5 " +
  "17000000001234567890123";
const HEADS =
  'm m,machine=a/b m,host=pi,cpu=c0 m,l=C++ m,l=C## m,l=C__ m\\,x m,host=ü m,host= ,x m#1 #m "q" m,a=\\ b';
const KEYS = "value v idle a+b a#b a_b v\\=w =";

const word = (texts: string) => fc.constantFrom(...texts.split(" "));
const field = fc.tuple(
  word(KEYS),
  fc.oneof(word(NUMBERS), fc.constantFrom('"a"', '"a\nb"', '"open')),
)
  .map(([key, value]) => `${key}=${value}`);
const usual = fc.tuple(
  word("m m,machine=a/b m,host=pi,cpu=c0 m,l=C__"),
  fc.array(
    fc.oneof(
      fc.constantFrom("v=1", "idle=2.5", "value=-3i", "a_b=0.5", "v=1e2"),
      word(NUMBERS).map((number) => `v=${number}`),
    ),
    { minLength: 1, maxLength: 3 },
  ),
).map(([head, fields]) => `${head} ${fields.join(",")} 1700000000123`);
const odd = fc.tuple(
  word(HEADS),
  fc.constantFrom(" ", "  ", "\t", ""),
  fc.array(field, { minLength: 1, maxLength: 3 }).map((fields) => fields.join(",")),
  fc.constantFrom(" ", " ", "  ", ""),
  word(TIMES),
  fc.constantFrom("", "", " ", "\r"),
).map((parts) => parts.join(""));
const lines = fc.array(
  fc.oneof({ weight: 3, arbitrary: usual }, odd, fc.constantFrom("", " ", "# v=1")),
  {
    maxLength: 12,
  },
).map((all) => all.join("\n"));

Deno.test("plain lines give what every line gives, request after request", () => {
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 5 }), word("s ms us ns"), (requests, precision) => {
      const names = new LineNames(), others = new LineNames();
      for (const text of [...requests, ...requests]) {
        // What is not ASCII does not come this way.
        const ascii = new TextEncoder().encode(text).length === text.length;
        if (ascii) assertSame(text, precision as Precision, names, others);
        else for (const each of [names, others]) decodeLines(text, precision as Precision, each);
      }
    }),
    { numRuns: 400 },
  );
});

Deno.test("a plain name that another has taken meanwhile is refused", () => {
  const names = new LineNames(), others = new LineNames();
  const [plain, taking] = ["m,l=C__ a=1", "m,l=C++ a=1"];
  for (const text of [plain, plain, taking, plain, `${plain}\n${taking}`, `${taking}\n${plain}`]) {
    assertSame(text, "ns", names, others);
  }
});

Deno.test("plain lines are counted against what a request may hold", () => {
  const names = new LineNames();
  fromBytes("m v=1", "ns", names);
  const { tooMuch } = fromBytes("m v=1\n".repeat(100_001), "ns", names);
  assert.match(tooMuch!, /at most 100000 fields/);
  assert.equal(fromBytes("m v=1\n".repeat(100_000), "ns", names).tooMuch, null);
});
