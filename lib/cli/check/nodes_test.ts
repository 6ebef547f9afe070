import assert from "node:assert/strict";
import { judgeNodes, type NodesFound } from "./nodes.ts";

const OWN = { url: "http://10.0.0.2:8080", leaseMs: 12_000 };
const KEEPER = { url: "http://10.0.0.1:8080", keys: "k", host: "one", isGone: false };
const seen = (n: number, silentMs: number, isKeeper = false) => ({
  ...{ url: `http://10.0.0.${n}:8080`, host: `h${n}`, silentMs, isKeeper },
});
const states = (found: Partial<NodesFound>) =>
  judgeNodes({ node: OWN, dataDir: "/data" }, {
    keeper: KEEPER,
    seen: [seen(1, 0, true), seen(2, 100)],
    ownKeys: "k",
    ...found,
  }).map(({ state, detail }) => `${state}: ${detail}`);

Deno.test("perch check says who keeps the site, and what would keep another from taking over", () => {
  assert.deepEqual(states({}), [
    "ok: http://10.0.0.1:8080 keeps the site",
    "ok: http://10.0.0.2:8080 would take over",
  ]);
  assert.deepEqual(states({ seen: [seen(1, 0, true), seen(2, 60_000)] }), [
    "ok: http://10.0.0.1:8080 keeps the site",
    "warn: no other node would take over",
  ]);
  assert.deepEqual(states({ ownKeys: "" }), [
    "problem: this node has other keys than http://10.0.0.1:8080, which keeps the site",
  ]);
  for (const keeper of [null, { ...KEEPER, isGone: true }]) {
    assert.deepEqual(states({ keeper }), ["warn: no node keeps the site at the moment"]);
  }
  assert.match(
    states({ keeper: { ...KEEPER, url: null } })[0],
    /^warn: Perch on one has the database/,
  );
});
