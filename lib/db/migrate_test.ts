import assert from "node:assert/strict";
import { type Connection, openConnection } from "./connection.ts";
import { migrate, readableFrom, readApplied, readMigrations } from "./migrate.ts";

async function withConnection(work: (connection: Connection) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "perch-db-" });
  const connection = await openConnection({ url: `file:${dir}/perch.db` });
  try {
    await work(connection);
  } finally {
    await connection.close();
    await Deno.remove(dir, { recursive: true });
  }
}

const ONE = { name: "0001_one.sql", sql: "CREATE TABLE one (a);\n--> statement-breakpoint\n" };
const TWO = {
  name: "0002_two.sql",
  sql: "CREATE TABLE two (a);\n--> statement-breakpoint\nINSERT INTO two VALUES (1);",
};

Deno.test("migrate applies what is new, once, in order", async () => {
  await withConnection(async (connection) => {
    assert.deepEqual(await migrate(connection, [ONE], 1), ["0001_one.sql"]);
    assert.deepEqual(await migrate(connection, [ONE, TWO], 2), ["0002_two.sql"]);
    assert.deepEqual(await migrate(connection, [ONE, TWO], 3), []);
    const { rows } = await connection.query({ sql: "SELECT count(*) FROM two" });
    assert.equal(rows[0][0], 1);
  });
});

Deno.test("migrate leaves nothing of a migration that fails in its middle", async () => {
  await withConnection(async (connection) => {
    const broken = { name: TWO.name, sql: `${TWO.sql}\n--> statement-breakpoint\nNO SQL` };
    await assert.rejects(migrate(connection, [ONE, broken], 1));
    const { rows } = await connection.query({
      sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
    });
    assert.deepEqual(rows.flat(), ["migrations", "one"]);
    assert.deepEqual(await migrate(connection, [ONE, TWO], 2), ["0002_two.sql"]);
  });
});

Deno.test("migrate refuses a newer database and a changed migration, each with a sentence", async () => {
  await withConnection(async (connection) => {
    await migrate(connection, [ONE, TWO], 1);
    await assert.rejects(migrate(connection, [ONE], 2), {
      code: "conflict",
      message: /newer Perch.*0002_two\.sql/,
    });
    await connection.write([{
      sql: "UPDATE migrations SET perch = '9.8.7' WHERE name LIKE '0002%'",
    }]);
    await assert.rejects(migrate(connection, [ONE], 2), {
      message: /a newer Perch \(version 9\.8\.7, with .*this is Perch \d+\.\d+\.\d+ and knows 1\)/,
    });
    const changed = { ...ONE, sql: "CREATE TABLE one (a, b);" };
    await assert.rejects(migrate(connection, [changed, TWO], 2), {
      code: "not_started",
      message: /0001_one\.sql is not the one/,
    });
  });
});

Deno.test("migrate goes on with a newer database that says that this Perch can read it, and with no other", async () => {
  const readable = (from: string) => ({
    name: "0003_three.sql",
    sql: `-- readable from: ${from}\nALTER TABLE two ADD COLUMN b;`,
  });
  assert.equal(readableFrom(readable("0002_two")), "0002_two.sql");
  assert.equal(readableFrom(TWO), null);
  await withConnection(async (connection) => {
    await migrate(connection, [ONE, TWO, readable("0002_two")], 1);
    assert.deepEqual(await migrate(connection, [ONE, TWO], 2), []);
    const { ahead } = (await readApplied(connection, [ONE, TWO]))!;
    assert.deepEqual(ahead.map(({ name }) => name), ["0003_three.sql"]);
    await assert.rejects(migrate(connection, [ONE], 2), { code: "conflict" });
    const other = { name: "0002_zwei.sql", sql: "CREATE TABLE zwei (a);" };
    await assert.rejects(migrate(connection, [ONE, TWO, other], 2), { code: "conflict" });
    const says = { name: "0004_says.sql", sql: "-- readable from: 0001_one\n" };
    assert.deepEqual(
      await migrate(connection, [ONE, TWO, readable("0002_two"), says], 3),
      ["0004_says.sql"],
    );
    assert.deepEqual(await migrate(connection, [ONE, TWO], 4), []);
  });
});

Deno.test("readMigrations gives the product's migrations in order of their numbers", () => {
  const names = readMigrations(`${import.meta.dirname}/../../migrations`).map((m) => m.name);
  assert.equal(names[0], "0001_readings.sql");
  assert.deepEqual(names, [...names].sort());
});
