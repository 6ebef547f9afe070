import assert from "node:assert/strict";
import { openConnection } from "./connection.ts";

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-db-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("openConnection keeps the file as promised", async () => {
  await withFolder(async (folder) => {
    const connection = await openConnection({ url: `file:${folder}/perch.db` });
    const pragma = async (name: string) =>
      (await connection.query({ sql: `PRAGMA ${name}` })).rows[0][0];
    assert.equal(await pragma("journal_mode"), "wal");
    assert.equal(await pragma("synchronous"), 2);
    assert.equal(await pragma("page_size"), 1024);
    assert.equal(await pragma("wal_autocheckpoint"), 1000);
    assert.equal(await pragma("auto_vacuum"), 0);
    await connection.close();
  });
});

Deno.test("openConnection makes a database that its owner alone reads; the mode of one that is there stays", async () => {
  await withFolder(async (folder) => {
    const modes = async () => {
      const connection = await openConnection({ url: `file:${folder}/perch.db` });
      await connection.write([{ sql: "CREATE TABLE IF NOT EXISTS t (a)" }]);
      const found = ["", "-wal", "-shm"].map((end) =>
        (Deno.statSync(`${folder}/perch.db${end}`).mode! & 0o777).toString(8)
      );
      await connection.close();
      return found;
    };
    assert.deepEqual(await modes(), ["600", "600", "600"]);
    await Deno.chmod(`${folder}/perch.db`, 0o640);
    assert.equal((await modes())[0], "640");
  });
});

Deno.test("openConnection says in one sentence that a file is no database", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/perch.db`, "this is no database, ".repeat(100));
    await assert.rejects(openConnection({ url: `file:${folder}/perch.db` }), {
      code: "storage_failed",
      message: /not a database/,
    });
    await assert.rejects(openConnection({ url: `file:${folder}/missing/perch.db` }), {
      code: "storage_failed",
    });
  });
});

Deno.test("Connection.write is all or nothing, and names a broken constraint as a conflict", async () => {
  await withFolder(async (folder) => {
    const connection = await openConnection({ url: `file:${folder}/perch.db` });
    await connection.write([{ sql: "CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)" }]);
    const insert = (a: number) => ({ sql: "INSERT INTO t VALUES (?, ?)", args: [a, null] });
    await assert.rejects(connection.write([insert(1), insert(2), insert(1)]), { code: "conflict" });
    await assert.rejects(connection.query({ sql: "SELECT nothing FROM t" }), { code: "internal" });
    const bytes = Uint8Array.of(0, 255, 128, 0);
    await connection.write([{ sql: "INSERT INTO t VALUES (3, ?)", args: [bytes] }]);
    const { columns, rows } = await connection.query({ sql: "SELECT a, b FROM t" });
    assert.deepEqual(columns, ["a", "b"]);
    assert.deepEqual(rows, [[3, bytes]]);
    await connection.close();
  });
});

Deno.test("Connection.write reports a full disk as storage_full", async () => {
  await withFolder(async (folder) => {
    const connection = await openConnection({ url: `file:${folder}/perch.db` });
    await connection.write([{ sql: "CREATE TABLE t (b BLOB)" }]);
    await connection.query({ sql: "PRAGMA max_page_count = 20" });
    await assert.rejects(
      connection.write([{ sql: "INSERT INTO t VALUES (?)", args: [new Uint8Array(100_000)] }]),
      { code: "storage_full" },
    );
    await connection.close();
  });
});
