import assert from "node:assert/strict";
import {
  groupOf,
  type OpenEngine,
  openEngine,
  type TestReading,
  withDatabase,
} from "../../tests/support/storage.ts";
import { beginHistory } from "./onward_store.ts";

const START_MS = Date.UTC(2026, 0, 1);
const EVERY_MS = 10_000;
const SEALED = 200;
const MOST = 700;
const LIMITS = { sealReadings: SEALED, gathering: { mostReadings: MOST } };
/** Readings of six hours: those are not settled. */
const SIX_HOURS = 6 * 360;
const ALL = { sensor: 1, fromMs: START_MS - 1, toMs: START_MS + 100 * 86_400_000 };

const readingsOf = (from: number, n: number): TestReading[] =>
  Array.from({ length: n }, (_, i) => ({
    sensor: 1,
    tMs: START_MS + (from + i) * EVERY_MS,
    value: ((from + i) * 7919 % 1000) / 100,
    seq: from + i,
  }));

async function fill(engine: OpenEngine, from: number, n: number): Promise<void> {
  for (let i = 0; i < n; i += 50) {
    await engine.store.append(groupOf(readingsOf(from + i, Math.min(50, n - i))), []);
  }
}

interface Row {
  id: number;
  n: number;
  firstMs: number;
  lastMs: number;
}

async function rowsOf({ connection }: OpenEngine): Promise<Row[]> {
  const { rows } = await connection.query({
    sql: "SELECT id, n, first_ms, last_ms FROM chunks WHERE sensor = 1 ORDER BY first_ms",
  });
  return rows.map((row) => {
    const [id, n, firstMs, lastMs] = row.map(Number);
    return { id, n, firstMs, lastMs };
  });
}

async function answers({ store }: OpenEngine) {
  const { damaged: _, ...buckets } = await store.buckets({ ...ALL, bucketMs: 7 * 60_000 });
  return { raw: await store.raw({ ...ALL, limit: 200_000, withSeq: true }), buckets };
}

type Answers = Awaited<ReturnType<typeof answers>>;

function assertSame(actual: Answers, expected: Answers): void {
  const { mean, ...buckets } = actual.buckets;
  const { mean: means, ...others } = expected.buckets;
  assert.deepEqual({ raw: actual.raw, buckets }, { raw: expected.raw, buckets: others });
  // What is added up in another order is rounded otherwise.
  mean.forEach((x, i) => assert.ok(Math.abs(x - means[i]) < 1e-12, `${x} for ${means[i]}`));
}

async function gatherAll({ store }: OpenEngine): Promise<void> {
  for (let steps = 0; await store.gather(); steps++) assert.ok(steps < 1_000, "it never ends");
}

async function withEngine(work: (engine: OpenEngine, url: string) => Promise<void>): Promise<void> {
  await withDatabase(async (url) => {
    const engine = await openEngine({ url, limits: LIMITS });
    await work(engine, url);
    await engine.close();
  });
}

Deno.test("gather makes large chunks of settled small ones, once, and no answer changes", () =>
  withEngine(async (engine, url) => {
    await fill(engine, 0, 6_000);
    const [before, small] = [await answers(engine), await rowsOf(engine)];
    assert.deepEqual(new Set(small.map(({ n }) => n)), new Set([SEALED]));
    await gatherAll(engine);
    const large = await rowsOf(engine);
    const settled = large.filter(({ n }) => n > SEALED);
    assert.deepEqual(new Set(settled.map(({ n }) => n)), new Set([3 * SEALED]));
    const gathered = settled.length * 3 * SEALED;
    const inTime = 6_000 - SIX_HOURS;
    assert.ok(gathered > inTime - 5 * SEALED && gathered < inTime, `${gathered} of ${inTime}`);
    assertSame(await answers(engine), before);

    const { rows } = await engine.connection.query({
      sql: "SELECT chunks, bytes, (SELECT sum(bytes) FROM chunks) FROM series WHERE sensor = 1",
    });
    const [chunks, bytes, sum] = rows[0].map(Number);
    assert.deepEqual([chunks, bytes], [large.length, sum]);
    assert.equal((await engine.store.stats()).chunks, large.length);
    await engine.close();

    // A restart looks through everything again, and leaves what is large as it is.
    const again = await openEngine({ url, limits: LIMITS });
    await gatherAll(again);
    assert.deepEqual(await rowsOf(again), large);
    assertSame(await answers(again), before);
    await fill(again, 6_000, 1_000);
    await gatherAll(again);
    const later = new Set((await rowsOf(again)).map(({ id }) => id));
    assert.ok(settled.every(({ id }) => later.has(id)));
    assert.ok(later.size < large.length + 5);
    await again.close();
  }));

Deno.test("gather makes one of many tiny chunks that end at the end of what it looks at", () =>
  withDatabase(async (url) => {
    const tiny = { sealReadings: 4, gathering: { mostReadings: MOST } };
    const engine = await openEngine({ url, limits: tiny });
    for (let i = 0; i < 400; i += 4) {
      await engine.store.append(groupOf(readingsOf(i, 4)), []);
    }
    await engine.store.append(groupOf(readingsOf(400 + SIX_HOURS, 8)), []);
    await engine.store.append(groupOf(readingsOf(500 + SIX_HOURS, 8)), []);
    const before = await answers(engine);
    await gatherAll(engine);
    const [first] = await rowsOf(engine);
    assert.ok(first.n >= 64 * 4, `${first.n} readings in the first`);
    assertSame(await answers(engine), before);
    await engine.close();
  }));

Deno.test("gather leaves alone what late data reaches into until that is merged", () =>
  withEngine(async (engine) => {
    await fill(engine, 0, 4_000);
    const late = Array.from({ length: SEALED }, (_, i) => ({
      sensor: 1,
      tMs: START_MS + i * EVERY_MS * 5 + 1,
      value: 5,
    }));
    await engine.store.append(groupOf(late), []);
    await fill(engine, 4_000, 50);
    const before = await answers(engine);
    const lateEndMs = late[late.length - 1].tMs;
    await gatherAll(engine);
    const beside = (await rowsOf(engine)).filter(({ firstMs }) => firstMs <= lateEndMs);
    assert.ok(beside.every(({ n }) => n === SEALED), JSON.stringify(beside));
    while (await engine.store.compact());
    assertSame(await answers(engine), before);
  }));

Deno.test("gather leaves a damaged chunk as it is, and those beside it are answered as before", () =>
  withEngine(async (engine) => {
    await fill(engine, 0, 4_000);
    const damagedRow = (await rowsOf(engine))[1];
    const flip = "UPDATE chunks SET data = CAST(substr(data, 1, 40) || X'00FF00' || " +
      "substr(data, 44) AS BLOB) WHERE id = ?";
    await engine.connection.write([{ sql: flip, args: [damagedRow.id] }]);
    const dataOf = async () =>
      (await engine.connection.query({
        sql: "SELECT hex(data) FROM chunks WHERE id = ?",
        args: [damagedRow.id],
      })).rows;
    const data = await dataOf();
    // It is found in the first round, and passed by in the next.
    await gatherAll(engine);
    await gatherAll(engine);
    assert.deepEqual(await dataOf(), data);
    assert.deepEqual((await engine.store.damage()).map(({ ref }) => ref), [damagedRow.id]);
    const { raw } = await answers(engine);
    assert.equal(raw.tMs.length, 4_000 - SEALED);
    const behind = (await rowsOf(engine)).filter(({ firstMs }) => firstMs > damagedRow.lastMs);
    assert.ok(behind.some(({ n }) => n > SEALED));
  }));

Deno.test("gather lets what was sent to a history server stay sent, and waits for what was not", () =>
  withEngine(async (engine) => {
    const { connection } = engine;
    await connection.write(beginHistory("http://127.0.0.1:8428", START_MS));
    await fill(engine, 0, 4_000);
    const waiting = async () =>
      Number((await connection.query({ sql: "SELECT count(*) FROM history_queue" })).rows[0][0]);
    const small = await rowsOf(engine);
    assert.equal(await waiting(), small.length);
    await gatherAll(engine);
    assert.deepEqual(await rowsOf(engine), small);
    await connection.write([{ sql: "DELETE FROM history_queue" }]);
    await gatherAll(engine);
    assert.ok((await rowsOf(engine)).length < small.length);
    assert.equal(await waiting(), 0);
  }));
