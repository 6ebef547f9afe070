import assert from "node:assert/strict";
import { openTestDatabase } from "../../tests/support/database.ts";
import { createFindingStore, type NamedFinding } from "./findings_store.ts";

const found = (sensor: number, groupId: number, detector = "streaming"): NamedFinding => ({
  sensor,
  groupId,
  item: 0,
  finding: {
    detector,
    tMs: 1000 * groupId,
    phase: "point",
    severity: "warning",
    score: 0.75,
    reason: { text: "far away", value: groupId, expectedLow: 1, expectedHigh: 2 },
  },
});

async function withStore(
  work: (db: Awaited<ReturnType<typeof openTestDatabase>>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-findings-" });
  const db = await openTestDatabase(folder);
  try {
    await work(db);
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("createFindingStore stores a finding once and gives only what was new", () =>
  withStore(async (db) => {
    const store = createFindingStore(db);
    assert.equal((await store.add([found(1, 1), found(2, 1)])).length, 2);
    const again = await store.add([found(1, 1), found(1, 2), found(1, 1, "zscore")]);
    assert.deepEqual(again.map((f) => [f.detector, f.tMs]), [["streaming", 2000], [
      "zscore",
      1000,
    ]]);
    const all = await store.list({ limit: 10 });
    assert.equal(all.length, 4);
    assert.deepEqual(all[0], { ...again[1], verdict: null }, "newest first, as it was found");
    await assert.rejects(db.write([{ sql: "UPDATE findings SET score = 0" }]), /append-only/);
  }));

Deno.test("createFindingStore lists by sensor, detector, phase, time and cursor", () =>
  withStore(async (db) => {
    const store = createFindingStore(db);
    for (let i = 1; i <= 6; i++) await store.add([found(i % 2, i, i % 3 ? "zscore" : "streaming")]);
    const times = async (query: object) =>
      (await store.list({ limit: 10, ...query })).map((f) => f.tMs / 1000);
    assert.deepEqual(await times({ sensors: [1] }), [5, 3, 1]);
    assert.deepEqual(await times({ sensors: [] }), []);
    assert.deepEqual(await times({ detector: "streaming" }), [6, 3]);
    assert.deepEqual(await times({ fromMs: 2000, toMs: 5000 }), [4, 3, 2]);
    assert.deepEqual(await times({ phases: ["raised"] }), []);
    const [first] = await store.list({ limit: 1 });
    assert.deepEqual(await times({ beforeId: first.id, limit: 2 }), [5, 4]);
  }));

Deno.test("createFindingStore gives the latest word on each finding of a sensor, while the finding is kept", () =>
  withStore(async (db) => {
    const store = createFindingStore(db, 2);
    const [a, b] = await store.add([found(7, 1), found(7, 2)]);
    const by = { name: "engineer@example.org", atMs: 5 };
    await store.judge(a, "false_alarm", by, []);
    await store.judge(b, "false_alarm", by, []);
    const said = async (sensor?: number) =>
      [...await store.judged(sensor)].map(([num, own]) => [num, ...own.map(({ real }) => real)]);
    assert.deepEqual(await said(), [[7, false, false]]);
    await store.judge(a, "real", by, []);
    assert.deepEqual(await said(7), [[7, false, true]]);
    assert.deepEqual(await said(8), []);
    assert.equal((await store.find(a.id))?.verdict, "real");
    assert.equal(await store.find(99), null);
    await store.add([found(7, 3)]);
    await store.trim();
    assert.deepEqual(await said(), [[7, false]], "what is gone counts no more");
  }));

Deno.test("createFindingStore keeps the newest of each detector", () =>
  withStore(async (db) => {
    const store = createFindingStore(db, 3);
    await store.add([1, 2, 3, 4, 5].map((i) => found(1, i)));
    await store.add([found(1, 1, "zscore")]);
    await store.trim();
    const left = await store.list({ limit: 10 });
    assert.deepEqual(left.map((f) => f.tMs), [1000, 5000, 4000, 3000]);
  }));
