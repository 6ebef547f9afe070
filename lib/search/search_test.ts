import assert from "node:assert/strict";
import type { Identity } from "../access/identity.ts";
import { createSearch, inMemory, type SearchSource } from "./search.ts";

const things = (
  kind: SearchSource["kind"],
  names: string[],
  policy: "viewer" | "admin" = "viewer",
) =>
  inMemory(kind, () => names, (name) => name.split("|"), (name) => ({
    policy,
    hit: { title: name.split("|")[0], detail: null, url: `/${kind}/${name}` },
  }));
const VIEWER = { role: "viewer" } as Identity;
const ADMIN = { role: "admin" } as Identity;

const search = createSearch({
  sources: [
    things("machine", ["Press 3", "Press 30", "Mixer"]),
    things("sensor", ["Press 3 temperature", "Press 3 oil level", "Mixer speed"]),
    things("person", ["Ada Press", "Mia Temperton"], "admin"),
    things("guide", ["Cameras|a guide that speaks of a mixer, of presure and of all else"]),
  ],
  may: (policy, who) => policy === "viewer" || who?.role === "admin",
});
const titles = async (q: string, who: Identity | null, options = {}) =>
  (await search.find(q, who, options)).map(({ title }) => title);

Deno.test("search: the best first, of what the caller may open", async () => {
  assert.deepEqual(await titles("press 3", VIEWER), [
    ...["Press 3", "Press 3 temperature", "Press 3 oil level", "Press 30"],
  ]);
  assert.deepEqual(await titles("temper", VIEWER), ["Press 3 temperature"]);
  assert.deepEqual(await titles("temper", ADMIN), ["Mia Temperton", "Press 3 temperature"]);
  assert.deepEqual(await titles("press", ADMIN, { kinds: ["person"] }), ["Ada Press"]);
  assert.deepEqual(await titles("press", VIEWER, { each: 1 }), ["Press 3", "Press 3 temperature"]);
  assert.equal((await titles("press", ADMIN, { most: 3 })).length, 3);
  assert.deepEqual(await titles(" ", ADMIN), []);
});

Deno.test("search: a letter is forgiven where nothing but what guides say fits", async () => {
  assert.deepEqual(await titles("miyer", VIEWER), ["Mixer", "Mixer speed", "Cameras"]);
  assert.deepEqual(await titles("mixer", VIEWER), ["Mixer", "Mixer speed"]);
  assert.deepEqual(await titles("mixer", VIEWER, { texts: true }), [
    ...["Mixer", "Mixer speed", "Cameras"],
  ]);
  assert.deepEqual(await titles("cameras", VIEWER), ["Cameras"]);
  assert.deepEqual(await titles("presure", VIEWER), ["Cameras"]);
  // What one may not open is not found by a wrong letter either.
  assert.deepEqual(await titles("tempertan", VIEWER), []);
  assert.deepEqual(await titles("tempertan", ADMIN), ["Mia Temperton"]);
});

Deno.test("search: among ten thousands other work goes on in between", async () => {
  const names = Array.from({ length: 20_000 }, (_, i) => `hall ${i % 9} press ${i} temperature`);
  const large = createSearch({ sources: [things("sensor", names)], may: () => true });
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  try {
    assert.equal((await large.find("temperature press hall", VIEWER, { most: 5 })).length, 5);
    assert.ok(turns > 0, "nothing else ran meanwhile");
  } finally {
    clearInterval(timer);
  }
});
