import assert from "node:assert/strict";
import { join } from "node:path";
import { openConnection } from "./connection.ts";
import { letGo } from "./let_go.ts";

Deno.test("letGo: a database that was closed is not open any more", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-let-go-" });
  const open = () =>
    [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith(folder);
      } catch {
        return false;
      }
    }).length;
  await (async () => {
    const connection = await openConnection({ url: `file:${join(folder, "perch.db")}` });
    await connection.write([{ sql: "create table t (x)" }, { sql: "insert into t values (1)" }]);
    assert.equal((await connection.query({ sql: "select * from t" })).rows.length, 1);
    await connection.close();
  })();
  await letGo();
  assert.equal(open(), 0);
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["perch.db"]);
  await Deno.remove(folder, { recursive: true });
});
