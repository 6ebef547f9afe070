import assert from "node:assert/strict";
import { PerchError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import type { Connection } from "../db/connection.ts";
import { type FakeClock, fakeClock } from "../../tests/support/fake_clock.ts";
import {
  groupOf,
  type OpenEngine,
  openEngine,
  type TestReading,
  withDatabase,
} from "../../tests/support/storage.ts";
import { DAY_MS } from "../words/times.ts";
import { createReadingsEngine } from "./engine.ts";
import { createReadingsUpkeep } from "./upkeep.ts";

const START_MS = Date.UTC(2026, 0, 1);
const SMALL = {
  sealReadings: 200,
  journal: { turnMs: 0, leastBytes: 2000, mostBytes: 4000 },
};

/** `perDay` readings a day for `days` days, in groups of 100. */
async function fill(engine: OpenEngine, fromMs: number, days: number, perDay: number) {
  let group: TestReading[] = [];
  for (let i = 0; i < days * perDay; i++) {
    group.push({ sensor: 1, tMs: fromMs + Math.floor(i * DAY_MS / perDay), value: i % 50 });
    if (group.length === 100) {
      await engine.store.append(groupOf(group), []);
      group = [];
    }
  }
}

async function withEngine(work: (engine: OpenEngine, clock: FakeClock) => Promise<void>) {
  await withDatabase(async (url) => {
    const clock = fakeClock(START_MS + 100 * DAY_MS);
    const engine = await openEngine({ url, clock, limits: SMALL });
    await fill(engine, START_MS, 100, 100);
    await work(engine, clock);
    await engine.close();
  });
}

async function retainAll(
  engine: OpenEngine,
  options: { nowMs?: number; keepMs?: number; maxBytes?: number },
) {
  let readings = 0;
  for (let more = true; more;) {
    const step = await engine.store.retain({ nowMs: START_MS + 100 * DAY_MS, ...options });
    assert.ok(step.chunks <= 32);
    readings += step.readings;
    more = step.more;
  }
  return readings;
}

Deno.test("retain takes readings older than the limit to minutes and nothing else", async () => {
  await withEngine(async (engine) => {
    const before = (await engine.store.stats()).readings;
    const deleted = await retainAll(engine, { keepMs: 30 * DAY_MS });
    const stats = await engine.store.stats();
    assert.equal(stats.readings, before - deleted);
    assert.ok(deleted > 6500 && deleted <= 7000, `${deleted} deleted`);
    assert.ok(stats.tiers.raw.oldestMs! > START_MS + 67 * DAY_MS);
    assert.equal(stats.tiers.minute.readings, deleted);
    assert.equal(stats.oldestMs, START_MS);
    const { tMs } = await engine.store.raw({
      sensor: 1,
      fromMs: 0,
      toMs: START_MS + 1000 * DAY_MS,
      limit: 100_000,
    });
    assert.equal(tMs.length, stats.readings);
  });
});

Deno.test("retain counts from the given time and from the newest reading, whichever is less", async () => {
  await withEngine(async (engine) => {
    const farMs = START_MS + 3650 * DAY_MS;
    assert.equal(await retainAll(engine, { nowMs: farMs, keepMs: 100 * DAY_MS }), 0);
    // Readings stamped by a wrong clock arrive: they do not take the old ones with them.
    await engine.store.append(groupOf([{ sensor: 1, tMs: farMs, value: 1 }]), []);
    assert.equal(await retainAll(engine, { keepMs: 100 * DAY_MS }), 0);
    assert.ok(await retainAll(engine, { nowMs: farMs, keepMs: 100 * DAY_MS }) > 0);
  });
});

Deno.test("retain keeps the newest when the history is too large", async () => {
  await withEngine(async (engine) => {
    const before = await engine.store.stats();
    const { databaseBytes, chunks, chunkBytes } = before;
    const held = chunkBytes + chunks * 1024;
    assert.ok(held <= databaseBytes);
    await retainAll(engine, { maxBytes: held / 2 });
    const after = await engine.store.stats();
    assert.ok(after.chunkBytes + after.chunks * 1024 <= held / 2);
    const { raw, minute, hour } = after.tiers;
    assert.ok(after.databaseBytes < 1.1 * databaseBytes && raw.readings > before.readings / 4);
    assert.ok(minute.readings + hour.readings > raw.readings);
    assert.ok(hour.oldestMs! > START_MS, "the oldest hours are deleted");
    assert.ok(hour.oldestMs! < minute.oldestMs! && minute.oldestMs! < raw.oldestMs!);
    assert.equal((await engine.store.lastValues())[0].tMs, START_MS + 100 * DAY_MS - DAY_MS / 100);
  });
});

Deno.test("retain deletes no history for a journal that is larger than the limit", async () => {
  await withDatabase(async (url) => {
    const clock = fakeClock(START_MS + 100 * DAY_MS);
    const engine = await openEngine({ url, clock, limits: { ...SMALL, journal: undefined } });
    await fill(engine, START_MS, 100, 100);
    const { chunks, chunkBytes, journalBytes, databaseBytes } = await engine.store.stats();
    const maxBytes = chunkBytes + chunks * 1024;
    assert.ok(chunks > 0 && journalBytes > 0 && databaseBytes > maxBytes);
    assert.equal(await retainAll(engine, { maxBytes }), 0);
    await engine.close();
  });
});

Deno.test("forget deletes everything of one sensor once it is sealed, and a restart brings nothing back", async () => {
  await withDatabase(async (url) => {
    const clock = fakeClock(START_MS + 100 * DAY_MS);
    const engine = await openEngine({ url, clock, limits: SMALL });
    const pair = (i: number) => [
      { sensor: 1, tMs: START_MS + i * 1000, value: i },
      { sensor: 2, tMs: START_MS + i * 1000, value: -i },
    ];
    for (let i = 0; i < 5000; i += 50) {
      const readings = Array.from({ length: 50 }, (_, k) => pair(i + k)).flat();
      await engine.store.append(groupOf(readings), []);
    }
    const waiting = await engine.store.forget(2);
    assert.ok(waiting.unsealed > 0 && waiting.readings === 0, "what is not sealed yet waits");
    // Others continue; the turns of the journal seal what is silent.
    for (let i = 5000; (await engine.store.forget(2)).unsealed > 0; i++) {
      assert.ok(i < 20_000, "it is sealed at last");
      await engine.store.append(groupOf([pair(i)[0]]), []);
    }
    while ((await engine.store.forget(2)).more);
    const { rows } = await engine.connection.query({
      sql: "select sensor, count(*) from chunks group by 1",
    });
    assert.deepEqual(rows.map(([sensor]) => sensor), [1]);
    const { readings } = await engine.store.stats();
    await engine.close();
    const again = await openEngine({ url, clock, limits: SMALL });
    assert.equal((await again.store.stats()).readings, readings);
    const all = { fromMs: 0, toMs: START_MS + 100 * DAY_MS, limit: 10 };
    assert.equal((await again.store.raw({ sensor: 2, ...all })).tMs.length, 0);
    assert.deepEqual((await again.store.lastValues()).map((last) => last.sensor), [1, 2]);
    await again.close();
  });
});

Deno.test("createReadingsUpkeep merges late data and runs retention until it is stopped", async () => {
  await withEngine(async (engine, clock) => {
    const late = Array.from({ length: 250 }, (_, i) => ({
      sensor: 1,
      tMs: START_MS + 50 * DAY_MS + i,
      value: i,
    }));
    await engine.store.append(groupOf(late), []);
    await engine.store.append(groupOf([{ sensor: 1, tMs: START_MS + 101 * DAY_MS, value: 1 }]), []);
    const stop = new AbortController();
    let rounds = 0;
    const task = createReadingsUpkeep({
      readings: {
        compact: async () => {
          rounds++;
          return await engine.store.compact();
        },
        retain: (options) => engine.store.retain(options),
        gather: () => engine.store.gather(),
        indexHours: () => engine.store.indexHours(),
      },
      clock,
      log: silentLog(),
      retention: () => ({ nowMs: clock.now(), keepMs: 90 * DAY_MS }),
    });
    const running = task.run(stop.signal).catch((error) => error);
    for (let i = 0; i < 100; i++) {
      await clock.advance(50);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    stop.abort(new Error("stopped"));
    await running;
    assert.ok(rounds > 1);
    assert.equal(await engine.store.compact(), false);
    assert.ok((await engine.store.stats()).tiers.raw.oldestMs! > START_MS + 8 * DAY_MS);
  });
});

Deno.test("recentPackets keeps marks after the journal rows that held them are freed", async () => {
  await withDatabase(async (url) => {
    const mark = { session: "press", packetId: 7, hash: 0xbeef };
    let engine = await openEngine({ url, limits: SMALL });
    await engine.store.append(groupOf([{ sensor: 2, tMs: START_MS, value: 1 }], [mark]), []);
    await fill(engine, START_MS, 60, 100);
    await engine.close();
    engine = await openEngine({ url, limits: SMALL });
    const { rows } = await engine.connection.query({
      sql: "SELECT min(id) FROM (SELECT id FROM journal_a UNION ALL SELECT id FROM journal_b)",
    });
    assert.ok(Number(rows[0][0]) > 1, "the first row is gone");
    assert.deepEqual(await engine.store.recentPackets(), [mark]);
    assert.equal((await engine.store.stats()).readings, 6001);
    await engine.close();
  });
});

/** A connection whose next write fails, before or after it reached the disk. */
function failing(connection: Connection) {
  let mode: "ok" | "before" | "after" = "ok";
  const wrapped: Connection = {
    ...connection,
    async write(statements) {
      const now = mode;
      mode = "ok";
      if (now !== "before") await connection.write(statements);
      if (now === "ok") return [];
      throw new PerchError("storage_full", "could not write to the database: disk full");
    },
  };
  return { wrapped, fail: (how: "before" | "after") => void (mode = how) };
}

for (const how of ["before", "after"] as const) {
  Deno.test(`append that fails ${how} the disk has it leaves no reading twice and none half`, async () => {
    await withDatabase(async (url) => {
      const opened = await openEngine({ url });
      const { wrapped, fail } = failing(opened.connection);
      const deps = { connection: wrapped, clock: fakeClock(START_MS), log: silentLog() };
      const store = await createReadingsEngine({ ...deps, options: SMALL });
      const group = (n: number) =>
        groupOf(Array.from({ length: 150 }, (_, i) => ({
          sensor: 1,
          tMs: START_MS + n * 1000 + i,
          value: i,
        })));
      for (let n = 0; n < 12; n++) {
        fail(how);
        await assert.rejects(store.append(group(n), []), { code: "storage_full" });
        const { duplicate } = await store.append(group(n), []);
        assert.equal(duplicate === null, how === "before");
        assert.equal((await store.stats()).readings, (n + 1) * 150);
      }
      const { tMs } = await store.raw({
        sensor: 1,
        fromMs: 0,
        toMs: START_MS + DAY_MS,
        limit: 10_000,
      });
      assert.equal(tMs.length, 12 * 150);
      await opened.close();
    });
  });
}

Deno.test("append knows nothing by a failed write before that is in the database itself", async () => {
  await withDatabase(async (url) => {
    const opened = await openEngine({ url });
    const { wrapped, fail } = failing(opened.connection);
    const answers = [{ busy: true, pages: 9, done: 0 }, { busy: false, pages: 9, done: 8 }];
    const connection: Connection = {
      ...wrapped,
      checkpoint: (truncate) => {
        const answer = answers.shift();
        return answer ? Promise.resolve(answer) : opened.connection.checkpoint(truncate);
      },
    };
    const deps = { connection, clock: fakeClock(START_MS), log: silentLog() };
    const store = await createReadingsEngine(deps);
    const group = groupOf([{ sensor: 1, tMs: START_MS, value: 1 }]);
    fail("after");
    await assert.rejects(store.append(group, []), { code: "storage_full" });
    await assert.rejects(store.append(group, []), { code: "storage_failed" });
    await assert.rejects(store.append(group, []), { code: "storage_failed" });
    assert.deepEqual([...(await store.append(group, [])).duplicate!], [1]);
    await opened.close();
  });
});
