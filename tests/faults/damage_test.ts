import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { DamagedRange, ReadingsStore } from "../../lib/readings/store.ts";
import {
  damageOne,
  type Kind,
  KINDS,
  RETYPED,
  retypeOne,
  SENSORS,
  SMALL,
  START_MS,
  writeDamageable,
} from "../support/damage.ts";
import { sabotaged } from "../support/sabotage.ts";
import { groupOf, openEngine, type TestReading } from "../support/storage.ts";

/**
 * T16 on what is stored: a changed bit, a zeroed or random range, a cut and a swap in every kind of bytes. `DAMAGE_N`
 * sets how many of each kind. Its control: SABOTAGE=damage signs the damage, and the test must be red.
 */
const MUTANTS = Number(Deno.env.get("DAMAGE_N") ?? 20);
const END_MS = START_MS + 30 * 86_400_000;

/** What is wrong with the answers of a store. */
interface Judged {
  /** Readings and buckets that were never so. */
  wrong: number;
  /** Readings that are missing outside of what is marked as damaged. */
  untold: number;
  missing: number;
}

const inside = (ranges: readonly DamagedRange[], tMs: number) =>
  ranges.some(({ fromMs, toMs }) => tMs >= fromMs && tMs < toMs);

async function judge(store: ReadingsStore, ledger: readonly TestReading[]): Promise<Judged> {
  const judged = { wrong: 0, untold: 0, missing: 0 };
  for (const sensor of SENSORS) {
    const own = ledger.filter((r) => r.sensor === sensor);
    const range = { sensor, fromMs: START_MS - 5, toMs: END_MS };
    const raw = await store.raw({ ...range, limit: 200_000 });
    const left = new Map<string, number>();
    for (const { tMs, value } of own) {
      left.set(`${tMs} ${value}`, (left.get(`${tMs} ${value}`) ?? 0) + 1);
    }
    raw.tMs.forEach((tMs, i) => {
      const key = `${tMs} ${raw.value[i]}`;
      const n = left.get(key) ?? 0;
      if (n === 0) judged.wrong++;
      left.set(key, n - 1);
    });
    for (const [key, n] of left) {
      if (n <= 0) continue;
      judged.missing += n;
      if (!inside(raw.damaged, Number(key.split(" ")[0]))) judged.untold += n;
    }
    await judgeBuckets(store, range, own, judged);
  }
  const last = await store.lastValues();
  for (const { sensor, tMs, value } of last) {
    if (!ledger.some((r) => r.sensor === sensor && r.tMs === tMs && r.value === value)) {
      judged.wrong++;
    }
  }
  return judged;
}

async function judgeBuckets(
  store: ReadingsStore,
  range: { sensor: number; fromMs: number; toMs: number },
  own: readonly TestReading[],
  judged: Judged,
): Promise<void> {
  const { bucketMs, tMs, n, min, max, damaged } = await store.buckets({ ...range, points: 500 });
  const truth = new Map<number, number[]>();
  for (const reading of own) {
    const start = Math.floor(reading.tMs / bucketMs) * bucketMs;
    truth.set(start, [...truth.get(start) ?? [], reading.value]);
  }
  tMs.forEach((start, i) => {
    const values = truth.get(start);
    truth.delete(start);
    if (!values?.includes(min[i]) || !values.includes(max[i]) || n[i] > values.length) {
      judged.wrong++;
    } else if (n[i] < values.length) judged.untold += untoldIn(damaged, start, bucketMs);
  });
  for (const start of truth.keys()) judged.untold += untoldIn(damaged, start, bucketMs);
}

function untoldIn(damaged: readonly DamagedRange[], startMs: number, bucketMs: number): number {
  return damaged.some(({ fromMs, toMs }) => fromMs < startMs + bucketMs && toMs > startMs) ? 0 : 1;
}

async function checkAll(store: ReadingsStore): Promise<void> {
  for (const pass of ["quick", "full"] as const) {
    while (!(await store.check(pass)).finished);
  }
}

/** Every chunk that is listed as damaged, byte for byte. */
function damagedChunks(path: string): string {
  const db = new DatabaseSync(path);
  const rows = db.prepare(
    "SELECT hex(data) || hex(minutes) AS b, id FROM chunks " +
      "WHERE id IN (SELECT ref FROM damage WHERE kind = 'chunk') ORDER BY id",
  ).all();
  db.close();
  return JSON.stringify(rows);
}

Deno.test(`damage: of ${MUTANTS} kinds of damage in each of ${KINDS.length} places, none is served as truth, replaced, or not told`, async () => {
  const dir = await Deno.makeTempDir({ prefix: "perch-damage-" });
  const [good, path] = [`${dir}/good.db`, `${dir}/perch.db`];
  try {
    const ledger = await writeDamageable(good);
    const found: Record<Kind, number> = { data: 0, minutes: 0, column: 0, series: 0, journal: 0 };
    for (const kind of KINDS) {
      for (let i = 0; i < MUTANTS; i++) {
        await Deno.copyFile(good, path);
        const what = damageOne(path, kind, i, sabotaged("damage"));
        const engine = await openEngine({ url: `file:${path}`, synchronous: "off", limits: SMALL });
        const first = await judge(engine.store, ledger);
        assert.equal(first.wrong, 0, `${what}: served as truth`);
        await checkAll(engine.store);
        const damage = await engine.store.damage();
        assert.ok(damage.length > 0, `${what}: not told`);
        const second = await judge(engine.store, ledger);
        assert.deepEqual(
          [second.wrong, second.untold],
          [0, 0],
          `${what}: ${JSON.stringify(damage)}`,
        );
        // A summary and what is known of a sensor are made from the readings: nothing is missing.
        const isDerived = kind === "minutes" || /^(min|max|sum) of/.test(what);
        if (isDerived) assert.equal(second.missing, 0, what);
        else if (kind === "data" || kind === "column") {
          assert.ok(second.missing > 0, `${what}: a damaged chunk was taken for good`);
        }
        await assertKept(path, engine, what);
        found[kind]++;
      }
    }
    console.log(`  ${JSON.stringify(found)}: 0 wrong, 0 replaced, each told`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** New readings, merging and a size limit of nothing leave damaged chunks where they are. */
async function assertKept(
  path: string,
  engine: Awaited<ReturnType<typeof openEngine>>,
  what: string,
): Promise<void> {
  await engine.connection.query({ sql: "PRAGMA wal_checkpoint(TRUNCATE)" });
  const before = damagedChunks(path);
  for (const sensor of SENSORS) {
    const readings = Array.from({ length: 500 }, (_, i) => ({
      sensor,
      tMs: START_MS + i * 1_999 + 3,
      value: 5,
    }));
    await engine.store.append(groupOf(readings), []);
  }
  await engine.store.append(groupOf([{ sensor: 9, tMs: START_MS, value: 1 }]), []);
  while (await engine.store.compact());
  while ((await engine.store.retain({ nowMs: Date.now(), maxBytes: 1 })).more);
  await engine.close();
  assert.equal(damagedChunks(path), before, `${what}: replaced or deleted`);
}

Deno.test("damage: a chunk that is intact again is told no longer, and a restart knows what was found", async () => {
  const dir = await Deno.makeTempDir({ prefix: "perch-damage-" });
  const path = `${dir}/perch.db`;
  try {
    const ledger = await writeDamageable(path);
    await Deno.copyFile(path, `${path}.good`);
    damageOne(path, "data", 1, false);
    let engine = await openEngine({ url: `file:${path}` });
    await judge(engine.store, ledger);
    const damage = await engine.store.damage();
    assert.deepEqual(damage.map(({ kind }) => kind), ["chunk"]);
    await engine.close();
    engine = await openEngine({ url: `file:${path}` });
    assert.deepEqual(await engine.store.damage(), damage);
    const db = new DatabaseSync(`${path}.good`);
    const { data } = db.prepare("SELECT data FROM chunks WHERE id = ?").get(damage[0].ref)!;
    db.close();
    await engine.connection.write([{
      sql: "UPDATE chunks SET data = ? WHERE id = ?",
      args: [data as Uint8Array, damage[0].ref],
    }]);
    await checkAll(engine.store);
    assert.deepEqual(await engine.store.damage(), []);
    assert.deepEqual(await judge(engine.store, ledger), { wrong: 0, untold: 0, missing: 0 });
    await engine.close();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test(`damage: a column of a chunk that is of another type (${RETYPED.length} ways) is told, and what it hides is marked`, async () => {
  const dir = await Deno.makeTempDir({ prefix: "perch-damage-" });
  const [good, path] = [`${dir}/good.db`, `${dir}/perch.db`];
  try {
    const ledger = await writeDamageable(good);
    for (const { column, value } of RETYPED) {
      await Deno.copyFile(good, path);
      const what = retypeOne(path, column, value);
      const engine = await openEngine({ url: `file:${path}`, synchronous: "off", limits: SMALL });
      assert.equal((await judge(engine.store, ledger)).wrong, 0, `${what}: served as truth`);
      await checkAll(engine.store);
      const damage = await engine.store.damage();
      // Nothing that is said or merged depends on `late`.
      assert.ok(damage.length > 0 || column === "late", `${what}: not told`);
      const { wrong, untold } = await judge(engine.store, ledger);
      assert.deepEqual([wrong, untold], [0, 0], `${what}: ${JSON.stringify(damage)}`);
      await assertKept(path, engine, what);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

// A flipped bit in the head of a record makes a text of a blob; one that is no UTF-8 ends the process in the driver.
Deno.test("damage: bytes that their record calls a text neither end the process nor change a value", async () => {
  const dir = await Deno.makeTempDir({ prefix: "perch-damage-" });
  const path = `${dir}/perch.db`;
  try {
    const ledger = await writeDamageable(path);
    const db = new DatabaseSync(path);
    db.exec("UPDATE chunks SET data = cast(data AS TEXT), minutes = cast(minutes AS TEXT)");
    db.exec("UPDATE chunks SET rank = cast(x'ff' AS TEXT) WHERE id = 2");
    db.exec("UPDATE series SET newest_value = cast(x'ff' AS TEXT) WHERE sensor = 2");
    for (const table of ["journal_a", "journal_b"]) {
      db.exec(`UPDATE ${table} SET b = cast(b AS TEXT)`);
    }
    db.close();
    const engine = await openEngine({ url: `file:${path}`, limits: SMALL });
    await engine.store.journalAfter({ afterGroup: 0, maxBytes: 1e9 });
    await checkAll(engine.store);
    const { wrong, untold } = await judge(engine.store, ledger);
    assert.deepEqual([wrong, untold], [0, 0]);
    assert.deepEqual(
      (await engine.store.damage()).map(({ kind, ref }) => `${kind} ${ref}`).sort(),
      ["chunk 2", "series 2"],
    );
    await engine.store.compact();
    await engine.store.retain({ nowMs: Date.now(), maxBytes: 1 });
    await engine.close();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
