/** The same storage on a libSQL server over HTTP: `DATABASE_URL=http://…`. */
import assert from "node:assert/strict";
import { openStorage } from "../../lib/app/storage.ts";
import { silentLog } from "../../lib/base/log.ts";
import { findSqld, startSqld } from "../support/sqld.ts";
import { groupOf, openEngine, type TestReading } from "../support/storage.ts";

const binary = await findSqld();
const START_MS = Date.UTC(2026, 0, 1);
const SMALL = {
  sealReadings: 300,
  journal: { turnMs: 0, leastBytes: 3000, mostBytes: 6000 },
};

function readingsOf(from: number, n: number): TestReading[] {
  return Array.from({ length: n }, (_, i) => ({
    sensor: 1 + (from + i) % 3,
    tMs: START_MS + (from + i) * 250,
    value: (from + i) / 10,
  }));
}

Deno.test({
  name: "openStorage works on a libSQL server: schema, readings, duplicates, queries, restart",
  ignore: binary === null,
  fn: async () => {
    await using sqld = await startSqld(binary!);
    let storage = await openStorage({ url: sqld.url, log: silentLog() });
    assert.equal(storage.applied[0], "0001_readings.sql");
    await storage.db.write([{
      sql: "insert into sensors(num, id, name, machine, sensor, kind, review, created_ms) " +
        "values (?,?,?,?,?,?,?,?)",
      args: [1, "abc", "hall/press/temp", "hall/press", "temp", "number", "new", 0],
    }]);
    const group = groupOf(readingsOf(0, 200), [{ session: "s", packetId: 1, hash: 2 }]);
    assert.equal((await storage.readings.append(group, [])).duplicate, null);
    await storage.close();

    storage = await openStorage({ url: sqld.url, log: silentLog() });
    assert.deepEqual(storage.applied, []);
    const { duplicate } = await storage.readings.append({ ...group, packets: [] }, []);
    assert.equal(duplicate?.every((d) => d === 1), true);
    assert.equal((await storage.readings.recentPackets()).length, 1);
    assert.equal((await storage.readings.stats()).readings, 200);
    const { rows } = await storage.db.query({ sql: "select name from sensors where num = 1" });
    assert.equal(rows[0][0], "hall/press/temp");
    await assert.rejects(
      storage.db.write([{ sql: "insert into sensors(num) values (1)" }]),
      { code: "conflict" },
    );
    await storage.close();
  },
});

Deno.test({
  name: "createReadingsEngine seals, frees and answers on a libSQL server as on a file",
  ignore: binary === null,
  fn: async () => {
    await using sqld = await startSqld(binary!);
    let engine = await openEngine({ url: sqld.url, limits: SMALL });
    for (let from = 0; from < 6000; from += 100) {
      await engine.store.append(groupOf(readingsOf(from, 100)), []);
    }
    const late = { sensor: 1, tMs: START_MS + 10, value: -7.5 };
    await engine.store.append(groupOf([late]), []);
    await engine.close();
    engine = await openEngine({ url: sqld.url, limits: SMALL });
    const stats = await engine.store.stats();
    assert.equal(stats.readings, 6001);
    assert.ok(stats.chunks >= 15, `${stats.chunks} chunks`);
    const toMs = START_MS + 6000 * 250;
    const raw = await engine.store.raw({ sensor: 1, fromMs: START_MS, toMs, limit: 10_000 });
    assert.equal(raw.tMs.length, 2001);
    assert.deepEqual([raw.tMs[1], raw.value[1]], [late.tMs, late.value]);
    const buckets = await engine.store.buckets({ sensor: 1, fromMs: START_MS, toMs, points: 10 });
    assert.equal(buckets.n.reduce((a, b) => a + b, 0), 2001);
    assert.equal(buckets.min[0], -7.5);
    await engine.close();
  },
});

Deno.test({
  name:
    "append on a libSQL server that was killed says so, and stores exactly once when it is back",
  ignore: binary === null,
  fn: async () => {
    await using sqld = await startSqld(binary!);
    const storage = await openStorage({ url: sqld.url, log: silentLog() });
    const first = groupOf(readingsOf(0, 50));
    const second = groupOf(readingsOf(50, 50));
    await storage.readings.append(first, []);
    await sqld.kill();
    await assert.rejects(storage.readings.append(second, []), { code: "storage_failed" });
    await sqld.restart();
    await storage.readings.append(second, []);
    const { duplicate } = await storage.readings.append(second, []);
    assert.equal(duplicate?.every((d) => d === 1), true);
    assert.equal((await storage.readings.stats()).readings, 100);
    await storage.close();
  },
});
