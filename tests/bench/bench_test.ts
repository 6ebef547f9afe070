import assert from "node:assert/strict";
import { doing } from "../support/bench.ts";

Deno.test("every benchmark says what it is doing", () => {
  const silent: string[] = [];
  let count = 0;
  for (const { name, isFile } of Deno.readDirSync(import.meta.dirname!)) {
    if (!isFile || !name.endsWith(".ts")) continue;
    const text = Deno.readTextFileSync(`${import.meta.dirname}/${name}`);
    if (!/^export async function run\(/m.test(text)) continue;
    count++;
    if (!/^ +doing\(/m.test(text)) silent.push(name);
  }
  assert.ok(count > 10, "they were read");
  assert.deepEqual(silent, []);
});

Deno.test("doing says the part, the round and the seconds so far, on standard error", () => {
  const said: string[] = [];
  const before = console.error;
  console.error = (line: string) => void said.push(line);
  try {
    doing("filling 30 days");
    doing("queries of a fresh process", 2, 5);
  } finally {
    console.error = before;
  }
  assert.match(said[0], /^\[ *\d+ s\] filling 30 days$/);
  assert.match(said[1], /^\[ *\d+ s\] queries of a fresh process, round 2 of 5$/);
});
