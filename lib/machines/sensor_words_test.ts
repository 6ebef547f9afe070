import assert from "node:assert/strict";
import { sensorByWords } from "./sensor_words.ts";

const sensor = (machine: string, sensor: string, display_name: string | null = null) => ({
  ...{ name: `${machine}/${sensor}`, machine, sensor },
  settings: { display_name },
});
const ALL = [
  sensor("hall-1/press-3", "temperature"),
  sensor("hall-1/press-3", "oil_level", "Oil"),
  sensor("hall-1/press-4", "temperature"),
  sensor("hall-2/mixer", "rpm"),
];
const CALLED: Record<string, string> = { "hall-1/press-4": "Big Bertha" };
const found = (text: string) =>
  sensorByWords(text, ALL, (path) => ({ path, name: CALLED[path] ?? null }))?.name;

Deno.test("sensorByWords: all words of machine and sensor, as people call them, in any order", () => {
  assert.equal(found("Press 3 temperature"), "hall-1/press-3/temperature");
  assert.equal(found("temperature press-3"), "hall-1/press-3/temperature");
  assert.equal(found("Big Bertha temperature"), "hall-1/press-4/temperature");
  assert.equal(found("press 3 oil"), "hall-1/press-3/oil_level");
  assert.equal(found("Press 3 oil level"), "hall-1/press-3/oil_level");
  assert.equal(found("RPM"), "hall-2/mixer/rpm");
});

Deno.test("sensorByWords: several, some of the words, or none are no sensor", () => {
  for (const text of ["temperature", "press 3", "Press 9 temperature", "", "?"]) {
    assert.equal(found(text), undefined, text);
  }
});
