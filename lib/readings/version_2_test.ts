import assert from "node:assert/strict";
import { FormatError } from "./bytes.ts";
import { checkSummary, decodeRow, encodeRow } from "./chunk_row.ts";
import { readMinutes } from "./minutes.ts";
import type { Slice } from "./slice.ts";

const START_MS = Date.UTC(2026, 0, 1);

/** What version 2 made of `valuesOf2`, in the row of sensor 7 with rank 1 000. */
const VERSION_2 = {
  data:
    "ArDw5DjIAQOAoNXt7mbQDwAAAgTOIQABAZ0BKLUv/QBIpQQAggwkEoAOuQNQKu6vQ54sztJFvOZmAZUuE+n7RIuWswqQrxL6E9OYFq2oQwF6" +
    "hIqx7t3zOwfPvsvsNRr8aoKaclrAcAtZ63CkAOz+1GSU0xLuJkjSF1K4L4shs08aePIaci3lINgvP9eI3C1MN+Ra8svQMBajnsIU0zl8KZaQ" +
    "6OgN0iEF39adB8NngLtuIRzZzAFLAAAAAAA=",
  minutes: "AjnkgyYvAAAACskSzQIEwNuFDgAAASgoKCgAAbQhACJAYAE+GRAZAATcvgUnTAEACVMBAE1aAQAAAAAA",
};

function valuesOf2(n: number): Float64Array {
  let state = 7;
  const next = () => state = (state * 1103515245 + 12345) % 2147483648;
  return Float64Array.from(
    { length: n },
    (_, i) => (2150 + Math.floor(i / 2) + next() % 23 - next() % 19) / 100,
  );
}

Deno.test("decodeRow and checkSummary still read version 2, with its mean of eight and its minutes in bytes", () => {
  const n = 200;
  const slice: Slice = {
    n,
    tMs: Float64Array.from({ length: n }, (_, i) => START_MS + i * 1000),
    value: valuesOf2(n),
    flags: new Uint8Array(n),
    seq: null,
  };
  const [data, minutes] = [VERSION_2.data, VERSION_2.minutes].map((text) =>
    Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
  );
  const bytes = data.length + minutes.length;
  const row = { ...encodeRow(7, 1_000, slice), bytes, data, minutes };
  assert.deepStrictEqual(decodeRow(row, false), slice);
  checkSummary(row, false);
  const [read, expected] = [minutes, encodeRow(7, 1_000, slice).minutes].map((blob) => {
    const all: unknown[] = [];
    readMinutes(blob, 7, (columns) => all.push(columns));
    return all;
  });
  assert.deepStrictEqual(read, expected);
  for (const version of [1, 3]) {
    const other = { ...row, data: data.with(0, version) as Uint8Array<ArrayBuffer> };
    assert.throws(() => decodeRow(other, false), FormatError);
  }
});
