/**
 * A data directory of the release of 2026-11-21: before it is brought up to date a backup of it is kept, and
 * `perch restore --before-upgrade` goes back to it.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { keepBeforeUpgrade } from "../../lib/app/before_upgrade.ts";
import { buildApp } from "../../lib/app.ts";
import { parseConfig } from "../../lib/base/config.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { silentLog } from "../../lib/base/log.ts";
import { VERSION } from "../../lib/base/version.ts";
import { listBackups } from "../../lib/backup/folder.ts";
import { perch, withDir } from "../support/command_line.ts";
import { firstRelease } from "../support/release.ts";
import { sabotaged } from "../support/sabotage.ts";

function configOf(dataDir: string) {
  return parseConfig({
    PERCH_DATA: dataDir,
    PERCH_HOST: "127.0.0.1",
    PERCH_PORT: "0",
    MQTT_PORT: "0",
  });
}

const build = (dataDir: string) =>
  buildApp({ config: configOf(dataDir), version: VERSION, log: silentLog() });

const migrationsOf = (dir: string) => {
  const db = new DatabaseSync(`${dir}/perch.db`, { readOnly: true });
  try {
    return db.prepare("select name from migrations order by name").all().map(({ name }) => name);
  } finally {
    db.close();
  }
};

// Control: SABOTAGE=before_upgrade, no copy is kept.
Deno.test("an upgrade keeps a checked backup of before, once, and the way back leads there", () =>
  withDir(async (dir) => {
    await firstRelease().unpack(dir);
    const then = migrationsOf(dir);
    assert.equal(then.length, firstRelease().ledger.tables.migrations.n);
    for (const start of ["first", "second"]) {
      const app = build(dir);
      await app.start();
      if (sabotaged("before_upgrade")) await Deno.remove(`${dir}/backups`, { recursive: true });
      assert.equal((await listBackups(`${dir}/backups`)).length, 1, start);
      await app.stop();
    }
    const [{ manifest, file }] = await listBackups(`${dir}/backups`);
    assert.equal(manifest.reason, "before-upgrade");
    assert.equal(`${manifest.schema}.sql`.replace(".sql.sql", ".sql"), then.at(-1));
    assert.equal(manifest.counts.sensors, firstRelease().ledger.tables.sensors.n);
    assert.ok(migrationsOf(dir).length > then.length);

    // As an older Perch sees it after the upgrade.
    const db = new DatabaseSync(`${dir}/perch.db`);
    db.exec(
      "insert into migrations (name, hash, applied_ms, perch) values ('9999_later.sql', 'x', 0, '9.8.7')",
    );
    db.close();
    const app = build(dir);
    await assert.rejects(app.start(), (error) => {
      assert.ok(error instanceof PerchError && error.code === "conflict");
      assert.match(error.message, /newer Perch \(version 9\.8\.7, with migration 9999_later\.sql/);
      assert.ok(error.message.includes(file), error.message);
      assert.match(error.message, /perch restore --before-upgrade`.* goes back to it/);
      return true;
    });
    const back = await perch(dir, ["restore", "--before-upgrade", "--yes"]);
    assert.equal(back.code, 0, back.err);
    assert.match(back.out, /reading/);
    assert.deepEqual(migrationsOf(dir), then);
    const again = build(dir);
    await again.start();
    await again.stop();
  }));

Deno.test("an upgrade without room for a copy says what is missing and goes on", () =>
  withDir(async (dir) => {
    await firstRelease().unpack(dir);
    const sentence = await keepBeforeUpgrade({
      from: "0014_x.sql",
      path: `${dir}/perch.db`,
      query: () => Promise.resolve({ columns: [], rows: [], rowsAffected: 0 } as never),
    }, {
      config: configOf(dir),
      log: silentLog(),
      version: VERSION,
      room: () => Promise.resolve({ freeBytes: 1e6, spareBytes: 16e6, needBytes: 5e6 }),
    });
    assert.match(sentence!, /no copy of before is kept: There is too little room.*needs 5/);
    assert.deepEqual(await listBackups(`${dir}/backups`), []);
  }));
