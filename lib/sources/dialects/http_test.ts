import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeItems, decodeNdjson, decodeOne, itemLines, ITEMS_MOST, itemsOf } from "./http.ts";

Deno.test("decodeOne takes machine and sensor, and tag", () => {
  assert.deepEqual(
    decodeOne({ machine: "hall1/press3", sensor: "t", value: 1.5, ts: 1700000000, unit: "K" }),
    {
      drafts: [{ sensor: "hall1/press3/t", value: 1.5, tMs: 1700000000000, unit: "K" }],
      rejects: [],
    },
  );
  assert.equal(decodeOne({ tag: "room", value: 1 }).drafts[0].sensor, "default/room");
  assert.deepEqual(
    decodeOne({ tag: "press3/t", value: "open", timestamp: "2026-01-01T00:00:00Z" }).drafts,
    [{ sensor: "press3/t", value: true, word: "open", tMs: Date.UTC(2026, 0, 1) }],
  );
});

Deno.test("decodeOne forgives slashes at the ends and characters that a name may not hold", () => {
  const name = (json: object) => decodeOne({ ...json, value: 1 }).drafts[0].sensor;
  assert.equal(name({ tag: "/press3/t/" }), "press3/t");
  assert.equal(name({ machine: "/hall/press/", sensor: "/t" }), "hall/press/t");
  assert.equal(name({ machine: "l14", sensor: "C++ #1" }), "l14/C__ _1");
  assert.equal(name({ tag: "/room" }), "default/room");
});

Deno.test("decodeOne takes whole numbers for names", () => {
  const name = (json: object) => decodeOne({ ...json, value: 1 }).drafts[0].sensor;
  assert.equal(name({ machine: 5, sensor: 0 }), "5/0");
  assert.equal(name({ tag: 12 }), "default/12");
});

Deno.test("decodeOne names what is wrong", () => {
  const code = (json: unknown) => decodeOne(json).rejects[0]?.code;
  assert.equal(code(7), "bad_payload");
  assert.equal(code({ value: 1 }), "bad_name");
  assert.equal(code({ machine: 1.5, sensor: "t", value: 1 }), "bad_name");
  assert.equal(code({ machine: "m", sensor: true, value: 1 }), "bad_name");
  assert.match(decodeOne({ value: 1 }).rejects[0].message, /is missing/);
  assert.equal(code({ machine: "m", sensor: "//", value: 1 }), "bad_name");
  assert.equal(code({ machine: "m", sensor: "t" }), "bad_value");
  assert.equal(code({ machine: "m", sensor: "t", value: {} }), "bad_value");
});

Deno.test("decodeItems keeps 999 of 1000 and gives the index of the bad one", () => {
  const items = Array.from({ length: 1000 }, (_, i) => ({ tag: `m/s${i % 7}`, value: i }));
  (items[500] as { value: unknown }).value = "1e999";
  for (const json of [items, { readings: items }]) {
    const decoded = decodeItems(itemsOf(json)!);
    assert.equal(decoded.drafts.length, 999);
    assert.deepEqual(decoded.drafts.map((d) => d.index), items.map((_, i) => i).toSpliced(500, 1));
    assert.deepEqual(decoded.rejects.map((r) => [r.index, r.code]), [[500, "bad_value"]]);
  }
  assert.equal(itemsOf({ machine: "m" }), null);
});

Deno.test("decodeNdjson reads a reading per line and gives the index of a bad one", () => {
  const decoded = decodeNdjson(
    itemLines('{"tag":"a","value":1}\r\n\nnonsense\n{"tag":"b","value":2}'),
  );
  assert.deepEqual(decoded.drafts.map((d) => [d.sensor, d.index]), [
    ["default/a", 0],
    ["default/b", 2],
  ]);
  assert.deepEqual(decoded.rejects.map((r) => [r.index, r.code]), [[1, "bad_payload"]]);
});

Deno.test("itemLines makes at most one line more than a request may have", () => {
  assert.equal(itemLines("0\n".repeat(200_000)).length, ITEMS_MOST + 1);
  assert.deepEqual(itemLines("\n \na\n\nb"), ["a", "b"]);
});

Deno.test("decodeItems and decodeNdjson never throw", () => {
  fc.assert(fc.property(fc.jsonValue(), (json) => {
    decodeItems(itemsOf(json) ?? []);
    decodeItems([json, { tag: json, value: json, ts: json, machine: json }]);
  }));
  fc.assert(fc.property(fc.string(), (text) => void decodeNdjson(itemLines(text))));
});
