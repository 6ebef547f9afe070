/**
 * So that the previous Perch can be put back, a migration says which one can still read and write the database
 * after it, and here SQLite is asked whether that is so (`.ci/readable.ts`).
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { markOf } from "../../.ci/migration.ts";
import { describe, hindrances } from "../../.ci/readable.ts";
import { type Migration, readableFrom, readMigrations } from "../../lib/db/migrate.ts";
import { releases } from "../support/release.ts";

const MIGRATIONS = readMigrations(`${import.meta.dirname}/../../migrations`);
/** The last one from before migrations said it. */
const UNSAID = "0063_plant.sql";
/** In the place of the mark: why the previous release cannot read it, and what a person does about it. */
const NOT_READABLE = /^-- not readable by the previous release: \S.{20,}$/m;

/** The database of the newest release, with everything before `name` applied. */
async function withDatabaseBefore(name: string, use: (db: DatabaseSync) => void): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "perch-readable-" });
  const release = releases().at(-1)!;
  await release.unpack(dir);
  const db = new DatabaseSync(`${dir}/perch.db`);
  try {
    for (const migration of MIGRATIONS.slice(release.ledger.tables.migrations.n)) {
      if (migration.name < name) db.exec(migration.sql);
    }
    use(db);
  } finally {
    db.close();
    await Deno.remove(dir, { recursive: true });
  }
}

function hindrancesOf({ sql }: Pick<Migration, "sql">, db: DatabaseSync): string[] {
  const before = describe(db);
  db.exec(sql);
  return hindrances(before, describe(db, before));
}

Deno.test("each migration says whether the previous release can read what it leaves, and SQLite agrees", async () => {
  const names = MIGRATIONS.map(({ name }) => name);
  for (const migration of MIGRATIONS.filter(({ name }) => name > UNSAID)) {
    const from = readableFrom(migration);
    if (from === null) {
      assert.match(migration.sql, NOT_READABLE, `${migration.name} does not say who can read it`);
      continue;
    }
    assert.ok(
      from < migration.name && names.includes(from),
      `${migration.name} is readable from ${from}, which is not before it`,
    );
    await withDatabaseBefore(
      migration.name,
      (db) => assert.deepEqual(hindrancesOf(migration, db), [], migration.name),
    );
  }
});

const HINDERS: Record<string, RegExp> = {
  "DROP TABLE comments": /table comments is gone/,
  "ALTER TABLE comments RENAME TO remarks": /table comments is gone/,
  "ALTER TABLE tickets DROP COLUMN description": /column tickets\.description is gone/,
  "ALTER TABLE tickets RENAME COLUMN title TO heading": /column tickets\.title is gone/,
  "CREATE UNIQUE INDEX one_title ON tickets (title)": /tickets has a new unique index/,
  "DROP INDEX findings_once": /a unique index of findings is gone/,
  "CREATE TRIGGER t AFTER INSERT ON tickets BEGIN SELECT 1; END": /a trigger of tickets/,
  "UPDATE tickets SET title = upper(title)": /rows of tickets are changed/,
  "DELETE FROM tickets": /rows of tickets are changed/,
  "INSERT INTO upload_cursors (name, at_ms) VALUES ('x', 1)": /rows of upload_cursors are changed/,
  // As drizzle-kit changes a column: a new table, copied.
  "CREATE TABLE n (name TEXT PRIMARY KEY, at_ms TEXT NOT NULL) STRICT; DROP TABLE upload_cursors; ALTER TABLE n RENAME TO upload_cursors":
    /column upload_cursors\.at_ms is another/,
  "CREATE TABLE n (name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, more TEXT NOT NULL) STRICT; DROP TABLE upload_cursors; ALTER TABLE n RENAME TO upload_cursors":
    /column upload_cursors\.more is NOT NULL without a default/,
  "CREATE TABLE n (name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL CHECK (at_ms > 5)) STRICT; DROP TABLE upload_cursors; ALTER TABLE n RENAME TO upload_cursors":
    /upload_cursors has a new constraint: \(at_ms > 5\)/,
  "CREATE TABLE n (name TEXT PRIMARY KEY REFERENCES sensors (name), at_ms INTEGER NOT NULL) STRICT; DROP TABLE upload_cursors; ALTER TABLE n RENAME TO upload_cursors":
    /upload_cursors has a new foreign key/,
  "CREATE TABLE n (name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL); DROP TABLE upload_cursors; ALTER TABLE n RENAME TO upload_cursors":
    /upload_cursors is another kind of table/,
};

const ADDS = [
  "CREATE TABLE news (id INTEGER PRIMARY KEY, sensor INTEGER NOT NULL REFERENCES sensors (num))",
  "ALTER TABLE tickets ADD COLUMN colour TEXT",
  "ALTER TABLE tickets ADD COLUMN weight INTEGER NOT NULL DEFAULT 3 CHECK (weight > 0)",
  "ALTER TABLE tickets ADD COLUMN mark TEXT; CREATE UNIQUE INDEX one_mark ON tickets (mark)",
  "CREATE INDEX by_title ON tickets (title)",
  "CREATE TABLE news (id INTEGER PRIMARY KEY); INSERT INTO news VALUES (1)",
];

Deno.test("what would hinder the previous release is named, and what only adds is not", () =>
  withDatabaseBefore("9999", (db) => {
    const within = (sql: string) => {
      db.exec("BEGIN");
      try {
        return hindrancesOf({ sql }, db);
      } finally {
        db.exec("ROLLBACK");
      }
    };
    for (const [sql, expected] of Object.entries(HINDERS)) {
      assert.match(within(sql).join("; "), expected, sql);
    }
    for (const sql of ADDS) assert.deepEqual(within(sql), [], sql);
  }));

Deno.test("a new migration is written with what it says of the previous release", () => {
  assert.equal(
    markOf("ALTER TABLE tickets ADD COLUMN colour TEXT", MIGRATIONS, "0063_plant"),
    "-- readable from: 0063_plant",
  );
  const mark = markOf("ALTER TABLE tickets DROP COLUMN description", MIGRATIONS, "0063_plant");
  assert.match(mark, NOT_READABLE);
});
