import assert from "node:assert/strict";
import { is } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { changesSince, SNAPSHOT } from "../../.ci/migration.ts";
import { openStorage } from "../../lib/app/storage.ts";
import { silentLog } from "../../lib/base/log.ts";
import * as schema from "../../lib/db/schema/mod.ts";

interface Column {
  name: string;
  type: string;
  notNull: boolean;
  key: boolean;
}

function described(): Record<string, Column[]> {
  const tables = Object.values(schema).filter((value) => is(value, SQLiteTable));
  return Object.fromEntries(tables.map((table) => {
    const { name, columns, primaryKeys } = getTableConfig(table as SQLiteTable);
    const keyed = new Set(primaryKeys.flatMap((key) => key.columns.map((column) => column.name)));
    return [
      name,
      columns.map((column) => ({
        name: column.name,
        type: column.getSQLType(),
        notNull: column.notNull,
        key: column.primary || keyed.has(column.name),
      })),
    ];
  }));
}

Deno.test("lib/db/schema describes exactly the tables that the migrations create", async () => {
  const dir = await Deno.makeTempDir({ prefix: "perch-schema-" });
  const { db, close } = await openStorage({ url: `file:${dir}/perch.db`, log: silentLog() });
  try {
    const tables = await db.query({
      // Not the search index (type `virtual`) and what it is made of (`shadow`): drizzle has no words for those.
      sql: "select name from pragma_table_list where schema = 'main' and type = 'table' " +
        "and name not like 'sqlite_%' and name not in ('migrations', 'perch_migrations')",
    });
    const expected = described();
    assert.deepEqual(
      tables.rows.map(([name]) => String(name)).sort(),
      Object.keys(expected).sort(),
    );
    for (const [table, columns] of Object.entries(expected)) {
      const { rows } = await db.query({
        sql: `select name, lower(type), "notnull", pk from pragma_table_info(?)`,
        args: [table],
      });
      const actual = rows.map(([name, type, notNull, pk]) => ({
        name: String(name),
        type: String(type),
        // A rowid alias is never null, whatever its declaration says.
        notNull: notNull === 1 || pk !== 0,
        key: pk !== 0,
      }));
      const wanted = columns.map((column) => ({
        ...column,
        notNull: column.notNull || column.key,
      }));
      assert.deepEqual(actual, wanted, table);
    }
  } finally {
    await close();
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a change of lib/db/schema comes with its migration, and drizzle-kit writes what the migrator takes", async () => {
  const last = JSON.parse(await Deno.readTextFile(SNAPSHOT));
  assert.deepEqual((await changesSince(last)).statements, [], "deno task migration NAME");
  delete last.tables.tickets.columns.closed_ms;
  assert.deepEqual((await changesSince(last)).statements, [
    "ALTER TABLE `tickets` ADD `closed_ms` integer;",
  ]);
});
