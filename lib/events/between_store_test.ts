import assert from "node:assert/strict";
import { openTestDatabase } from "../../tests/support/database.ts";
import { createEventsBetween } from "./between_store.ts";
import { createEventLog } from "./events_store.ts";

Deno.test("createEventsBetween gives each event of a period once, in order, and asks for a page when it is wanted", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-between-" });
  const db = await openTestDatabase(folder);
  try {
    const log = createEventLog(db);
    // Many at the same time, over the ends of pages.
    await db.write(Array.from({ length: 900 }, (_, i) =>
      log.statement({
        type: i % 3 === 0 ? "external.scan" : "external.sms",
        subject: "component:door",
        severity: "info",
        tMs: 1_000 + (i * 7 % 5) * 100,
        text: `${i}`,
        actor: null,
        body: null,
        route: false,
      })));
    let asked = 0;
    const counting = {
      query: (statement: Parameters<typeof db.query>[0]) => (asked++, db.query(statement)),
    };
    const between = createEventsBetween(counting);
    const pages = between.pages({ fromMs: 1_000, toMs: 1_400 });
    await pages.next();
    assert.equal(asked, 1);
    await pages.return(undefined);
    const seen: number[] = [];
    let before = [0, 0];
    for await (const page of between.pages({ fromMs: 1_000, toMs: 1_400 })) {
      assert.ok(page.length <= 200);
      for (const { tMs, id } of page) {
        assert.ok(tMs > before[0] || (tMs === before[0] && id > before[1]));
        before = [tMs, id];
        seen.push(id);
      }
    }
    assert.equal(new Set(seen).size, 720);
    assert.equal(seen.length, 720);
    const counts = await between.counts({ fromMs: 1_000, toMs: 1_400 }, 200);
    assert.deepEqual([...new Set(counts.map(({ fromMs }) => fromMs))], [1_000, 1_200]);
    assert.equal(counts.reduce((sum, { n }) => sum + n, 0), 720);
    assert.equal(
      counts.filter(({ type }) => type === "external.scan").reduce((s, { n }) => s + n, 0),
      240,
    );
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
});
