import assert from "node:assert/strict";
import fc from "fast-check";
import { numberOfCell, tableOf, textOfFile } from "./table.ts";

const bytes = (...parts: (string | number[])[]) =>
  new Uint8Array(
    parts.flatMap((part) => typeof part === "string" ? [...new TextEncoder().encode(part)] : part),
  );
const utf16 = (text: string, big: boolean) => {
  const out = new DataView(new ArrayBuffer(2 + 2 * text.length));
  out.setUint16(0, 0xfeff, !big);
  for (let i = 0; i < text.length; i++) out.setUint16(2 + 2 * i, text.charCodeAt(i), !big);
  return new Uint8Array(out.buffer);
};

Deno.test("textOfFile: UTF-8 with and without a mark, UTF-16 as spreadsheets save it", () => {
  const text = "path,unit\r\nr3/Öfen,°C\r\n";
  assert.equal(textOfFile(bytes(text)), text);
  assert.equal(textOfFile(bytes([0xef, 0xbb, 0xbf], text)), text);
  for (const big of [false, true]) assert.equal(textOfFile(utf16(text, big)), text);
});

Deno.test("textOfFile: any other code page is refused with what to do; nothing becomes a replacement character", () => {
  for (
    const file of [
      // Windows-1252, Mac Roman, Windows-1251, Shift JIS, UTF-16 without its mark, saved once already.
      bytes("r3/", [0xd6], "fen,", [0xb0], "C"),
      bytes("r3/", [0x85], "fen,", [0xa1], "C"),
      bytes([0xcf, 0xe5, 0xf7, 0xfc]),
      bytes([0x83, 0x49, 0x81, 0x5b, 0x83, 0x75, 0x83, 0x93]),
      bytes("p", [0], "a", [0]),
      bytes("r3/\ufffdfen"),
    ]
  ) assert.throws(() => textOfFile(file), /not UTF-8.*CSV UTF-8/);
});

Deno.test("tableOf: separators, line ends and spare cells of the spreadsheets", () => {
  const want = [{ type: "sensor", path: "a/b", unit: "°C, 1" }, {
    type: "machine",
    path: "c",
    unit: "",
  }];
  for (
    const text of [
      'type,path,unit\nsensor,a/b,"°C, 1"\nmachine,c,\n',
      "type;path;unit\r\nsensor;a/b;°C, 1\r\nmachine;c;\r\n;;\r\n",
      'type\tpath\tunit\rsensor\ta/b\t"°C, 1"\rmachine\tc\r',
      'sep=;\r\ntype;path;unit\r\nsensor;a/b;"°C, 1"\r\nmachine;c\r\n',
      '\ufeff"type","path","unit",,\r\n"sensor","a/b","°C, 1",,\r\n\r\n"machine","c","",,',
    ]
  ) assert.deepEqual(tableOf(text).rows.map(({ cells }) => cells), want, JSON.stringify(text));
});

Deno.test("tableOf: lines are counted as an editor does", () => {
  const { rows } = tableOf('sep=,\na,b\n1,"two\nlines"\n\n3,4\n');
  assert.deepEqual(rows.map(({ line }) => line), [4, 6]);
  assert.throws(() => tableOf("a,b\n1,2\n1,2,3\n"), /line 3: "3" stands beyond the last column/);
  assert.throws(() => tableOf('a,b\n1,"2\n'), /not a CSV table/);
  assert.throws(() => tableOf("a,a\n"), /line 1: the column "a" is there twice/);
  assert.throws(() => tableOf("\n\n"), /empty/);
});

Deno.test("numberOfCell: a decimal comma where the table has them, never separated thousands", () => {
  const cases: [string, number | null, number | null][] = [
    ["250.5", 250.5, 250.5],
    ["250,5", null, 250.5],
    ["\u22125,25", null, -5.25],
    ["-0,5", null, -0.5],
    ["1,5E+10", null, 1.5e10],
    ["+7", 7, 7],
    ["1.013,5", null, null],
    ["1,013.5", null, null],
    ["1 013", null, null],
    ["1.013", 1.013, null],
    ["0.125", 0.125, 0.125],
    ["1.25", 1.25, 1.25],
    ["", null, null],
    ["NaN", null, null],
    ["0x10", null, null],
    ["1e999", null, null],
  ];
  for (const [cell, point, comma] of cases) {
    assert.deepEqual([numberOfCell(cell, false), numberOfCell(cell, true)], [point, comma], cell);
  }
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
    // What is written of −0 is 0.
    const written = Number(String(x));
    assert.equal(numberOfCell(String(x), false), written);
    assert.equal(numberOfCell(String(x).replace(".", ","), true), written);
  }));
});

Deno.test("tableOf: numbers have a decimal comma where one does and it does not separate cells", () => {
  assert.equal(tableOf("a;b\n1,5;2\n").decimalComma, true);
  assert.equal(tableOf("a;b\n1.125;2\n").decimalComma, false);
  assert.equal(tableOf('a,b\n"1,5",2\n').decimalComma, false);
});
