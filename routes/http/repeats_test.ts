import assert from "node:assert/strict";
import { createRepeats } from "./repeats.ts";

function counted() {
  let runs = 0;
  let nowMs = 0;
  const repeats = createRepeats(() => nowMs);
  return {
    send: (person: string, what: string) =>
      repeats.once(person, what, () => Promise.resolve(`/done/${++runs}`)),
    repeats,
    pass: (ms: number) => nowMs += ms,
  };
}

Deno.test("a form that is sent twice at once, or just after, is done once", async () => {
  const { send, pass } = counted();
  const both = await Promise.all([send("ada", "name=A"), send("ada", "name=A")]);
  assert.deepEqual(both, ["/done/1", "/done/1"]);
  pass(1_000);
  assert.equal(await send("ada", "name=A"), "/done/1");
  pass(2_000);
  assert.equal(await send("ada", "name=A"), "/done/2", "later it is meant");
});

Deno.test("others, other forms, and the same after another are done", async () => {
  const { send } = counted();
  assert.equal(await send("ada", "shelve"), "/done/1");
  assert.equal(await send("bob", "shelve"), "/done/2");
  assert.equal(await send("ada", "unshelve"), "/done/3");
  assert.equal(await send("ada", "shelve"), "/done/4");
});

Deno.test("what was refused, or is shown once, is tried again", async () => {
  const { repeats } = counted();
  const refused = () => Promise.reject(new Error("no"));
  await assert.rejects(repeats.once("ada", "a", refused));
  await assert.rejects(repeats.once("ada", "a", refused));
  assert.equal(await repeats.once("ada", "a", () => Promise.resolve("/")), "/");
  let pages = 0;
  for (const _ of "12") await repeats.once("ada", "page", () => Promise.resolve({ n: ++pages }));
  assert.equal(pages, 2);
});
