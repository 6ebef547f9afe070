import assert from "node:assert/strict";
import { placeOf } from "./places.ts";

const MACHINES = [
  { path: "hall-1/press-3", name: "Press 3" },
  { path: "hall-1/press-4", name: null },
  { path: "hall-2/press-4", name: "The old one" },
  { path: "boiler", name: null },
];

Deno.test("placeOf: a path, the end of one, an area, or what people call it", () => {
  const cases: [string, string][] = [
    ["hall-1/press-3", "hall-1/press-3"],
    ["press-3", "hall-1/press-3"],
    ["Press 3", "hall-1/press-3"],
    [" press_3 ", "hall-1/press-3"],
    ["the OLD one", "hall-2/press-4"],
    ["hall-1", "hall-1"],
    ["Hall 2", "hall-2"],
    ["/hall-1/press-3/", "hall-1/press-3"],
    ["Boiler", "boiler"],
  ];
  for (const [text, path] of cases) assert.equal(placeOf(text, MACHINES).path, path, text);
});

Deno.test("placeOf: what fits none or several says what there is", () => {
  assert.match(
    placeOf("press-4", MACHINES).fault!,
    /fits several: hall-1\/press-4, hall-2\/press-4; give the whole path/,
  );
  assert.match(placeOf("press", MACHINES).fault!, /no machine or area “press”; do you mean/);
  assert.match(placeOf("Lathe", MACHINES).fault!, /there are hall-1, hall-2/);
  assert.match(placeOf("hall", []).fault!, /there is no machine yet/);
});
