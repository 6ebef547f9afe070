import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { PerchError } from "../../lib/base/errors.ts";
import { type Connection, openConnection } from "../../lib/db/connection.ts";
import { migrate, type Migration, readMigrations } from "../../lib/db/migrate.ts";
import {
  compareReadings,
  contentsOf,
  firstRelease,
  type Release,
  type ReleaseLedger,
  releases,
} from "../support/release.ts";
import { noneOf } from "../support/figures.ts";
import { sabotaged } from "../support/sabotage.ts";

/**
 * T17: the data directory of every earlier release that is kept (`tests/fixtures/`), brought up to date while
 * everything goes wrong.
 * Its control: SABOTAGE=migration applies each statement by itself, and the test must be red.
 */

const MIGRATIONS = readMigrations(`${import.meta.dirname}/../../migrations`);
/** At so many statements; in the soak at all of them. */
const KILLS = Number(Deno.env.get("MIGRATION_KILLS") ?? 3);
const BREAKPOINT = "--> statement-breakpoint";
/** The list of migrations itself, and what a migration has moved elsewhere. */
const NOT_COMPARED = ["migrations", "retention"];

async function withRelease(
  { unpack, ledger }: Release,
  run: (dir: string, ledger: ReleaseLedger) => Promise<void>,
) {
  const dir = await Deno.makeTempDir({ prefix: "perch-release-" });
  try {
    await unpack(dir);
    await run(dir, ledger);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Every table of the release, in the columns of then, and every reading as it was sent. */
async function compare(dir: string, ledger: ReleaseLedger): Promise<void> {
  const db = new DatabaseSync(`${dir}/perch.db`);
  const sensors = db.prepare("SELECT num FROM sensors").all();
  const compared = Object.fromEntries(
    Object.entries(ledger.tables).filter(([table]) => !NOT_COMPARED.includes(table)),
  );
  const found = contentsOf((sql) => db.prepare(sql).all(), compared);
  const check = db.prepare("PRAGMA integrity_check").all();
  db.close();
  assert.deepEqual(check.map((row) => row.integrity_check), ["ok"]);
  for (const [table, contents] of Object.entries(compared)) {
    assert.deepEqual(found[table], contents, table);
  }
  assert.equal(sensors.length, Object.keys(ledger.readings).length);
  await compareReadings(dir, ledger);
}

/** What is new since the release, with the number of statements of each. */
function pending(ledger: ReleaseLedger): { migration: Migration; statements: string[] }[] {
  return MIGRATIONS.slice(ledger.tables.migrations.n).map((migration) => ({
    migration,
    statements: migration.sql.split(BREAKPOINT),
  }));
}

/** Every place in which a migration can be cut: before its first statement, and after each. */
function cuts({ ledger }: Release): { name: string; at: number }[] {
  return pending(ledger).flatMap(({ migration: { name }, statements }) =>
    Array.from({ length: statements.length + 1 }, (_, at) => ({ name, at }))
  );
}

/** The migrations, with one more statement in one of them. */
function withStatement(name: string, at: number, statement: string): Migration[] {
  return MIGRATIONS.map((migration) => {
    if (migration.name !== name) return migration;
    const statements = migration.sql.split(BREAKPOINT);
    statements.splice(at, 0, statement);
    return { name, sql: statements.join(BREAKPOINT) };
  });
}

async function withConnection(dir: string, run: (connection: Connection) => Promise<void>) {
  const connection = await openConnection({ url: `file:${dir}/perch.db` });
  try {
    await run(sabotaged("migration") ? inPieces(connection) : connection);
  } finally {
    await connection.close();
  }
}

/** The sabotage: no transaction around the statements. */
function inPieces(connection: Connection): Connection {
  return {
    ...connection,
    async write(statements) {
      const results = [];
      for (const statement of statements) results.push(...await connection.write([statement]));
      return results;
    },
  };
}

for (const release of releases()) {
  Deno.test(`migration from ${release.name} keeps every row and every reading`, () =>
    withRelease(release, async (dir, ledger) => {
      await withConnection(dir, async (c) => void await migrate(c, MIGRATIONS, Date.now()));
      await compare(dir, ledger);
      const [{ n: files }] = [ledger.tables.attachments];
      assert.equal([...Deno.readDirSync(`${dir}/files/attachments`)].length, files);
    }));
}

Deno.test("migration that fails at any statement changes nothing, and the next start finishes it", async () => {
  const release = firstRelease();
  for (const { name, at } of cuts(release)) {
    await withRelease(release, async (dir, ledger) => {
      const broken = withStatement(name, at, "INSERT INTO no_such_table VALUES (1)");
      await withConnection(dir, (c) => assert.rejects(migrate(c, broken, Date.now())));
      await withConnection(dir, async (c) => void await migrate(c, MIGRATIONS, Date.now()));
      await compare(dir, ledger);
    });
  }
});

Deno.test("migration that is killed at a statement changes nothing, and the next start finishes it", async () => {
  const release = firstRelease();
  const all = cuts(release);
  const n = Math.min(KILLS, all.length);
  const chosen = Array.from(
    { length: n },
    (_, i) => all[Math.round(i * (all.length - 1) / (n - 1))],
  );
  for (const { name, at } of chosen) {
    await withRelease(release, async (dir, ledger) => {
      await killWithin(dir, withStatement(name, at, ENDLESS));
      await withConnection(dir, async (c) => void await migrate(c, MIGRATIONS, Date.now()));
      await compare(dir, ledger);
    });
  }
  console.log(`  killed in ${n} of ${all.length} places: lost or twice ${noneOf(n)}`);
});

const ENDLESS =
  "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n";

/** Migrates in a process of its own, and kills it in the statement that never ends. */
async function killWithin(dir: string, migrations: Migration[]): Promise<void> {
  await Deno.writeTextFile(`${dir}/migrations.json`, JSON.stringify(migrations));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${import.meta.dirname}/migration_child.ts`, dir],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  assert.equal(new TextDecoder().decode((await reader.read()).value), "begins\n");
  const busyTicks = async () =>
    Number((await Deno.readTextFile(`/proc/${child.pid}/stat`)).split(" ")[13]);
  const before = await busyTicks();
  while (await busyTicks() - before < 20) await new Promise((r) => setTimeout(r, 10));
  child.kill("SIGKILL");
  assert.equal((await child.status).signal, "SIGKILL");
  await reader.cancel();
  await Deno.remove(`${dir}/migrations.json`);
}

Deno.test("migration on a full disk changes nothing, says so, and is finished once there is room", () =>
  withRelease(firstRelease(), async (dir, ledger) => {
    await withConnection(dir, async (c) => {
      const { rows } = await c.query({ sql: "PRAGMA page_count" });
      await c.query({ sql: `PRAGMA max_page_count = ${rows[0][0]}` });
      await c.query({ sql: "SELECT 1" });
      await assert.rejects(
        migrate(c, MIGRATIONS, Date.now()),
        (error) => error instanceof PerchError && error.code === "storage_full",
      );
    });
    await withConnection(dir, async (c) => void await migrate(c, MIGRATIONS, Date.now()));
    await compare(dir, ledger);
  }));

Deno.test("a release that does not know a migration refuses the database with one sentence", () =>
  withRelease(firstRelease(), async (dir, ledger) => {
    const then = MIGRATIONS.slice(0, ledger.tables.migrations.n);
    await withConnection(dir, async (c) => {
      assert.ok((await migrate(c, MIGRATIONS, Date.now())).length > 0, "nothing is new");
      await assert.rejects(migrate(c, then, Date.now()), {
        code: "conflict",
        message: /^this database was written by a newer Perch [^\n]+$/,
      });
    });
  }));
