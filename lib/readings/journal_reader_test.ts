import assert from "node:assert/strict";
import { groupOf, type OpenEngine, openEngine, withDatabase } from "../../tests/support/storage.ts";

const START_MS = Date.UTC(2026, 0, 1);
/** The journal turns every few groups. */
const SMALL = {
  sealReadings: 50,
  tailReadingsMost: 400,
  journal: { turnMs: 0, leastBytes: 500, mostBytes: 1000 },
};

async function fill(engine: OpenEngine, from: number, to: number): Promise<number> {
  let last = 0;
  for (let i = from; i < to; i++) {
    const readings = [1, 2, 3].map((sensor) => ({
      sensor,
      tMs: START_MS + i * 1000,
      value: i / 3 + sensor,
    }));
    last = (await engine.store.append(groupOf(readings), [])).groupId;
  }
  return last;
}

/** Every reading after a cursor, page by page. */
async function readAll(engine: OpenEngine, afterGroup: number, maxBytes: number) {
  const found: { group: number; sensor: number; tMs: number; value: number }[] = [];
  for (let after = afterGroup;;) {
    const page = await engine.store.journalAfter({ afterGroup: after, maxBytes });
    if (page.groupId.length === 0) return found;
    let at = 0;
    page.groupId.forEach((group, g) => {
      for (let i = 0; i < page.n[g]; i++, at++) {
        found.push({ group, sensor: page.sensor[at], tMs: page.tMs[at], value: page.value[at] });
      }
    });
    assert.equal(at, page.sensor.length);
    after = page.groupId.at(-1)!;
  }
}

Deno.test("journalAfter gives every reading after a cursor in order, however large the pages", async () => {
  await withDatabase(async (url) => {
    const engine = await openEngine({ url, limits: SMALL });
    await engine.store.moveCursor("reader", 0, []);
    const last = await fill(engine, 0, 60);
    for (const maxBytes of [1, 300, 1_000_000]) {
      const all = await readAll(engine, 0, maxBytes);
      assert.equal(all.length, 180);
      all.forEach(({ group, sensor, tMs, value }, i) => {
        const step = Math.floor(i / 3);
        assert.deepEqual([group, sensor], [step + 1, i % 3 + 1]);
        assert.deepEqual([tMs, value], [START_MS + step * 1000, step / 3 + sensor]);
      });
      assert.equal((await readAll(engine, 40, maxBytes)).length, (last - 40) * 3);
    }
    assert.deepEqual(await readAll(engine, last, 1000), []);
    await engine.close();
  });
});

Deno.test("append frees a journal table only after every cursor has passed it", async () => {
  await withDatabase(async (url) => {
    let engine = await openEngine({ url, limits: SMALL });
    await fill(engine, 0, 100);
    const free = await engine.store.stats();
    assert.ok(free.journalRows < 60, `${free.journalRows} rows: without a cursor tables are freed`);

    await engine.store.moveCursor("a", 100, []);
    await engine.store.moveCursor("b", 100, []);
    await fill(engine, 100, 150);
    assert.equal(
      (await readAll(engine, 100, 1000)).length,
      150,
      "nothing after the cursor is gone",
    );

    await engine.store.moveCursor("a", 150, []);
    await engine.close();
    engine = await openEngine({ url, limits: SMALL });
    assert.deepEqual([await engine.store.cursor("a"), await engine.store.cursor("b")], [150, 100]);
    assert.equal(await engine.store.cursor("c"), null);
    await fill(engine, 150, 160);
    assert.equal(
      (await readAll(engine, 100, 1000)).length,
      180,
      "b holds it, also after a restart",
    );

    await engine.store.moveCursor("b", 150, []);
    await fill(engine, 160, 240);
    assert.ok((await readAll(engine, 0, 1000))[0].group > 100, "both passed: freed");
    await engine.store.dropCursor("a", []);
    await engine.store.moveCursor("b", 240, []);
    await fill(engine, 240, 340);
    assert.ok((await readAll(engine, 0, 1000))[0].group > 200, "a reads along no more");
    assert.equal(await engine.store.cursor("a"), null);
    await engine.close();
  });
});

Deno.test("append frees a table under a cursor that never moves once the journal is eight times its size", async () => {
  await withDatabase(async (url) => {
    const engine = await openEngine({ url, limits: SMALL });
    await engine.store.moveCursor("stuck", 0, []);
    await fill(engine, 0, 600);
    const { journalBytes } = await engine.store.stats();
    assert.ok(journalBytes < 10 * SMALL.journal.mostBytes, `${journalBytes} bytes of journal`);
    assert.ok((await readAll(engine, 0, 1_000_000)).length < 1800);
    await engine.close();
  });
});

Deno.test("moveCursor writes what belongs to it in the same transaction", async () => {
  await withDatabase(async (url) => {
    const engine = await openEngine({ url, limits: SMALL });
    await fill(engine, 0, 3);
    await assert.rejects(
      engine.store.moveCursor("reader", 3, [{ sql: "INSERT INTO nowhere VALUES (1)" }]),
    );
    assert.equal(await engine.store.cursor("reader"), null);
    const { rows } = await engine.connection.query({ sql: "SELECT count(*) FROM journal_cursors" });
    assert.equal(Number(rows[0][0]), 0);
    await engine.close();
  });
});

Deno.test("what is set aside is freed in the journal and read on in order, over a start too", async () => {
  await withDatabase(async (url) => {
    let engine = await openEngine({ url, limits: SMALL });
    await engine.store.moveCursor("forward", 0, []);
    let aside = 0;
    for (let i = 0; i < 600; i += 60) {
      await fill(engine, i, i + 60);
      for (let n; (n = await engine.store.setAside("forward", 400)) !== null;) aside += n;
    }
    assert.equal(aside, 1800);
    const { journalBytes } = await engine.store.stats();
    assert.ok(journalBytes < 6 * SMALL.journal.mostBytes, `${journalBytes} bytes of journal`);
    await engine.close();
    engine = await openEngine({ url, limits: SMALL });
    assert.equal(await engine.store.cursor("forward"), 600);
    for (let after = 0, step = 0; after < 600;) {
      const page = await engine.store.journalAfter({
        afterGroup: after,
        maxBytes: 900,
        kept: "forward",
      });
      page.groupId.forEach((group) => assert.equal(group, ++step));
      assert.equal(page.value[0], after / 3 + 1);
      after = page.groupId.at(-1)!;
    }
    await engine.close();
  });
});
