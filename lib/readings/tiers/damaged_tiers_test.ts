import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { randomSource } from "../../../tests/support/random.ts";
import { openEngine, withDatabase } from "../../../tests/support/storage.ts";
import {
  COUNT,
  END_MS,
  fillHistory,
  SMALL,
  START_MS,
  wrongHours,
} from "../../../tests/support/tier_history.ts";
import { DAY_MS, HOUR_MS } from "../../words/times.ts";

const COLUMNS = ["sensor", "first_ms", "last_ms", "n", "bytes", "tier", "source", "data"] as const;
const clock = fakeClock(END_MS + DAY_MS);

/** Changes one column of a row as damage does; gives what was there. */
function damage(path: string, id: number, column: string, seed: number): () => void {
  const { was } = sql(
    path,
    (db) => db.prepare(`SELECT ${column} AS was FROM summaries WHERE id = ?`).get(id)!,
  );
  const random = randomSource(seed);
  const changed = was instanceof Uint8Array
    ? flipped(was, random)
    : typeof was === "number"
    ? was + 2 ** Math.floor(random() * 20)
    : { minute: "hour", hour: "minute", own: "imported" }[String(was)]!;
  const put = (value: typeof was) =>
    void sql(
      path,
      (db) => db.prepare(`UPDATE summaries SET ${column} = ? WHERE id = ?`).run(value, id),
    );
  put(changed);
  return () => put(was);
}

function sql<T>(path: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(path);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

function flipped(bytes: Uint8Array, random: () => number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  copy[Math.floor(random() * copy.length)] ^= 1 << Math.floor(random() * 8);
  return copy;
}

Deno.test("a damaged row of minutes or hours is in no answer, named, listed, and kept until it is intact", () =>
  withDatabase(async (url) => {
    const whole = url.slice("file:".length);
    const first = await openEngine({ url, clock, limits: SMALL });
    await fillHistory(first.store);
    const kept = { nowMs: END_MS, keepMs: 10 * DAY_MS, keepMinutesMs: 30 * DAY_MS };
    while ((await first.store.retain(kept)).more);
    const { rows } = await first.connection.query({
      sql: "SELECT id, first_ms, last_ms, n FROM summaries WHERE source = 'own'",
    });
    await first.close();
    assert.ok(rows.length > 8);
    for (const [i, column] of COLUMNS.entries()) {
      const [id, firstMs, lastMs, n] = rows[(i * 5) % rows.length].map(Number);
      const path = `${whole}-${column}`;
      await Deno.copyFile(whole, path);
      const opened = () => openEngine({ url: `file:${path}`, clock, limits: SMALL });
      const mend = damage(path, id, column, i);
      const engine = await opened();
      const { store } = engine;
      const answer = { sensor: 1, fromMs: START_MS, toMs: END_MS, points: 60 * 24 };
      const before = await store.buckets(answer);
      const count = before.n.reduce((sum, one) => sum + one, 0);
      const pass = async () => {
        while (!(await store.check("full")).finished);
      };
      await pass();
      const found = await store.damage();
      assert.deepEqual(found.map(({ kind, ref }) => [kind, ref]), [["tier", id]], column);
      const after = await store.buckets(answer);
      assert.ok(after.damaged.length > 0, `${column}: the answer names it`);
      for (const hour of await wrongHours(store)) {
        const tMs = Date.parse(hour.slice(0, 24));
        assert.ok(tMs >= firstMs - HOUR_MS && tMs <= lastMs, `${column}: ${hour}`);
      }
      assert.equal(count, COUNT - n, `${column}: only that is missing`);
      while ((await store.retain({ ...kept, keepHoursMs: 30 * DAY_MS, maxBytes: 1 })).more);
      await engine.close();
      mend();
      const again = await opened();
      while (!(await again.store.check("quick")).finished);
      assert.deepEqual(await again.store.damage(), [], column);
      await again.close();
    }
  }));
