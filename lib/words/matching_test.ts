import assert from "node:assert/strict";
import { matching, piecesOf, wantedBy } from "./matching.ts";

const THINGS = [
  ["Temperature", "hall-2/press-3/temperature", "Press 3"],
  ["Oil level", "hall-2/press-3/oil_level", "Press 3"],
  ["Temperature", "hall-2/press-13/temperature", "Press 13"],
  ["Öldruck", "hydraulics/P7/oilPressure", "Hydraulics"],
] as const;
const found = (query: string) =>
  matching(THINGS, query, (texts) => texts).map(([, path]) => path.split("/").slice(1).join("/"));

Deno.test("matching: what the screen shows is found, however its words are joined", () => {
  assert.deepEqual(piecesOf("Öl-Druck P3 oilLevel 2.5"), [
    ...["ol", "druck", "p", "3", "oil", "level", "2.5"],
  ]);
  const press3 = ["press-3/temperature", "press-3/oil_level"];
  for (const query of ["Press 3", "press-3", "PRESS3", "3 press", "hall-2/press-3"]) {
    assert.deepEqual(found(query), press3, query);
  }
  assert.deepEqual(found("oil level"), ["press-3/oil_level"]);
  assert.deepEqual(found("press-3 temp"), ["press-3/temperature"]);
  assert.deepEqual(found("oldruck"), ["P7/oilPressure"]);
  assert.deepEqual(found("öldruck"), ["P7/oilPressure"]);
  assert.deepEqual(found("pressure"), ["P7/oilPressure"]);
  // A number is not within another, and signs alone are nothing to find.
  assert.deepEqual(found("press 1"), ["press-13/temperature"]);
  assert.deepEqual(found("hall 3"), press3);
  assert.deepEqual(found("level 13"), []);
  assert.deepEqual(found("%"), []);
  assert.equal(found("  ").length, THINGS.length);
});

Deno.test("matching: one letter is forgiven where nothing fits, two are not", () => {
  for (
    const query of ["temprature 3", "tempearture 3", "temperaturre 3", "temparature 3", "tempre 3"]
  ) {
    assert.deepEqual(found(query), ["press-3/temperature"], query);
  }
  assert.deepEqual(found("tamparature 3"), []);
  // Nor is a letter of a short word, or one in a number.
  assert.deepEqual(found("oib"), []);
  assert.deepEqual(found("press 14"), []);
});

Deno.test("matching: the better it fits, the smaller is its score", () => {
  const score = (query: string, ...texts: string[]) => wantedBy(query)!.score(texts)!;
  assert.ok(score("press 3", "Press 3") < score("press 3", "Press 3 temperature"));
  assert.ok(score("press 3", "Press 3 temperature") < score("press 3", "Press 30"));
  assert.ok(score("press 3", "Press 30") < score("press 3", "Temperature", "hall-2/press-3"));
  assert.equal(wantedBy(" "), null);
});
