import assert from "node:assert/strict";
import { join } from "node:path";
import { openConnection } from "./connection.ts";
import { copyDatabase } from "./copy.ts";

/** Rows of the copy, one in ten of those that were there. */
const ROWS = 3_000;
const KEPT = "select count(*), sum(n), group_concat(distinct substr(text, 1, 5)) from notes";

Deno.test("a copy holds every row, and nothing of those that were deleted", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-copy-" });
  const [from, to] = [join(folder, "perch.db"), join(folder, "copy.db")];
  const live = await openConnection({ url: `file:${from}` });
  try {
    await live.write([
      { sql: "create table notes (n integer primary key, text text not null)" },
      {
        sql: "with recursive c(n) as (select 1 union all select n + 1 from c where n < ?) " +
          "insert into notes select n, iif(n % 10 = 0, 'kept ', 'gone ') || hex(randomblob(400)) from c",
        args: [ROWS],
      },
    ]);
    await live.write([{ sql: "delete from notes where n % 10 <> 0" }]);
    const expected = (await live.query({ sql: KEPT })).rows;
    const { rows: [[freePages]] } = await live.query({ sql: "pragma freelist_count" });
    assert.ok(Number(freePages) > 1_000, `${freePages} free pages, in more than one trunk`);
    await copyDatabase({
      from,
      to,
      walMostBytes: 64_000_000,
      signal: new AbortController().signal,
      onShare: () => {},
    });
    const text = new TextDecoder("latin1").decode(await Deno.readFile(to));
    assert.equal(text.match(/gone [0-9A-F]/g), null);
    assert.equal(text.match(/kept [0-9A-F]/g)?.length, ROWS / 10);
    const copy = await openConnection({ url: `file:${to}` });
    try {
      assert.deepEqual((await copy.query({ sql: KEPT })).rows, expected);
      const { rows } = await copy.query({ sql: "pragma integrity_check" });
      assert.deepEqual(rows.map(([said]) => said), ["ok"]);
    } finally {
      await copy.close();
    }
  } finally {
    await live.close();
    await Deno.remove(folder, { recursive: true });
  }
});
