/**
 * Z24, the drill: a newer Perch brings the database up to date while readings come in, and is killed; the present one
 * takes its place, works with everything and takes readings in; then the newer one again. After an update that the
 * present one cannot read it refuses, `perch restore --before-upgrade` goes back, and the readings since then are
 * exported and sent in again. The ledger of what was acknowledged: 0 lost, 0 twice. The newer Perch is the present
 * one with one more migration. Ten seconds, because it starts seven processes.
 * Controls: `SABOTAGE=rollback_trigger` has a migration that says it only adds break what the present Perch writes;
 * `SABOTAGE=rollback_no_export` goes back without exporting.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { systemActor } from "../../lib/access/audit_row.ts";
import { buildApp } from "../../lib/app.ts";
import { parseConfig } from "../../lib/base/config.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { silentLog } from "../../lib/base/log.ts";
import { VERSION } from "../../lib/base/version.ts";
import { sendCommand } from "../../lib/backup/restore_words.ts";
import { perch as command, withDir } from "../support/command_line.ts";
import { oneOfEach } from "../support/one_of_each.ts";
import { compareReadings, firstRelease } from "../support/release.ts";
import { sabotaged } from "../support/sabotage.ts";

const MIGRATIONS = `${import.meta.dirname}/../../migrations`;
const START_MS = Date.UTC(2026, 10, 25);
const BATCH = 50;
/** `oneOfEach` sends some there. */
const ITS_OWN = ["hall-1/press-3/temperature"];

/** Reading `i` has the time and the value `i`; its kind is that of its sensor. */
interface Ledger {
  sent: number;
  acknowledged: number;
}

const SENSORS = {
  load: (i: number): unknown => i,
  door: (i: number): unknown => i % 3 === 0,
  mode: (i: number): unknown => ["idle", "heating", "Störung"][i % 3],
};

interface Running {
  url: string;
  key: string;
}

async function send({ url, key }: Running, ledger: Ledger): Promise<void> {
  const from = ledger.acknowledged;
  const readings = Array.from({ length: BATCH }, (_, i) => from + i).flatMap((i) =>
    Object.entries(SENSORS).map(([sensor, value]) => ({
      machine: "drill/press",
      sensor,
      value: value(i),
      // Every tenth is late.
      ts: START_MS + (i % 10 === 9 ? i - 5_000 : i) * 1000,
    }))
  );
  ledger.sent = Math.max(ledger.sent, from + BATCH);
  const response = await fetch(`${url}/api/ingest/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(readings),
  });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  assert.deepEqual(answer.rejected, []);
  ledger.acknowledged = from + BATCH;
}

/** Sends until `end` has ended the Perch it sends to; gives when a batch was on its way then. */
async function sendUntil(
  running: Running,
  ledger: Ledger,
  batches: number,
  end: () => Promise<unknown>,
): Promise<void> {
  const until = ledger.acknowledged + batches * BATCH;
  while (ledger.acknowledged < until) await send(running, ledger);
  const last = send(running, ledger).catch(() => {});
  await end();
  await last;
}

/** Each reading once, of all kinds. */
async function compareSent({ url, key }: Running, ledger: Ledger): Promise<void> {
  for (const [sensor, value] of Object.entries(SENSORS)) {
    const query = `points=0&limit=50000&from=${START_MS - 1e7}&to=${START_MS + 1e9}`;
    const response = await fetch(`${url}/api/readings?sensor=drill/press/${sensor}&${query}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const answer = await response.json();
    assert.equal(response.status, 200, JSON.stringify(answer));
    const expected = Array.from({ length: ledger.acknowledged }, (_, i) => ({
      t: START_MS + (i % 10 === 9 ? i - 5_000 : i) * 1000,
      v: value(i),
    })).sort((a, b) => a.t - b.t);
    assert.deepEqual(answer.t, expected.map(({ t }) => t), sensor);
    assert.deepEqual(answer.v.map(plain), expected.map(({ v }) => plain(v)), sensor);
  }
}

const plain = (value: unknown) => typeof value === "boolean" ? Number(value) : value;

/** The present migrations and these. */
async function newerMigrations(folder: string, more: Record<string, string>): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  for (const { name } of Deno.readDirSync(MIGRATIONS)) {
    await Deno.copyFile(`${MIGRATIONS}/${name}`, `${folder}/${name}`);
  }
  for (const [name, sql] of Object.entries(more)) {
    await Deno.writeTextFile(`${folder}/${name}`, sql);
  }
  return folder;
}

const HEAD = [...Deno.readDirSync(MIGRATIONS)].map(({ name }) => name).sort().at(-1)!;

/** Adds columns to every table there is, a table and an index. */
function additions(dir: string): string {
  const db = new DatabaseSync(`${dir}/perch.db`);
  const tables = db.prepare(
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'",
  ).all().map(({ name }) => String(name));
  db.close();
  const dropped = ["retention", "migrations"];
  return [
    `-- readable from: ${HEAD.replace(/\.sql$/, "")}`,
    ...tables.filter((table) => !dropped.includes(table)).flatMap((table) => [
      `ALTER TABLE "${table}" ADD COLUMN next_note TEXT`,
      "--> statement-breakpoint",
      `ALTER TABLE "${table}" ADD COLUMN next_count INTEGER NOT NULL DEFAULT 7`,
      "--> statement-breakpoint",
    ]),
    "CREATE TABLE next_things (id INTEGER PRIMARY KEY, what TEXT NOT NULL)",
    "--> statement-breakpoint",
    "INSERT INTO next_things VALUES (1, 'new')",
    "--> statement-breakpoint",
    "CREATE INDEX next_titles ON tickets (title)",
    ...(sabotaged("rollback_trigger")
      ? [
        "--> statement-breakpoint",
        "CREATE TRIGGER no BEFORE INSERT ON comments BEGIN SELECT RAISE(ABORT, 'no'); END",
      ]
      : []),
  ].join("\n");
}

const CANNOT_BE_READ = "-- not readable by the previous release: it is a drill\n" +
  "ALTER TABLE upload_cursors RENAME COLUMN at_ms TO until_ms";

/** The newer Perch. */
async function startNewer(dir: string, folder: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `${import.meta.dirname}/rollback_child.ts`, dir, folder],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  assert.ok(value, "the newer Perch did not start");
  const running = JSON.parse(new TextDecoder().decode(value)) as Running;
  return {
    ...running,
    async kill() {
      child.kill("SIGKILL");
      assert.equal((await child.status).signal, "SIGKILL");
      await reader.cancel();
    },
  };
}

function buildPresent(dir: string) {
  const config = parseConfig({
    PERCH_DATA: dir,
    PERCH_HOST: "127.0.0.1",
    PERCH_PORT: "0",
    MQTT_PORT: "0",
    OUTGOING_NETWORKS: "127.0.0.0/8",
  });
  return buildApp({ config, version: VERSION, log: silentLog() });
}

/** The present Perch, in this process. */
async function startPresent(dir: string) {
  const app = buildPresent(dir);
  const { url } = await app.start();
  const name = `drill ${crypto.randomUUID().slice(0, 8)}`;
  const { key } = await app.parts().access.keys.add({ name, role: "admin" }, systemActor("drill"));
  return { app, url, key };
}

function rowsOf(dir: string, sql: string): unknown[] {
  const db = new DatabaseSync(`${dir}/perch.db`);
  try {
    return db.prepare(sql).all().map((row) => Object.values(row)).flat();
  } finally {
    db.close();
  }
}

Deno.test("the present Perch takes the place of a newer one and gives it back, and goes back where it cannot", () =>
  withDir(async (folder) => {
    const dir = `${folder}/data`;
    const release = firstRelease();
    await release.unpack(dir);
    const next = await newerMigrations(`${folder}/next`, { "9000_next.sql": additions(dir) });
    const ledger: Ledger = { sent: 0, acknowledged: 0 };

    const newer = await startNewer(dir, next);
    await sendUntil(newer, ledger, 8, newer.kill);

    const present = await startPresent(dir);
    try {
      await send(present, ledger);
      await compareSent(present, ledger);
      const under = { app: present.app, dataDir: dir, url: present.url, close: async () => {} };
      await oneOfEach(under, "drill@example.org");
    } finally {
      await sendUntil(present, ledger, 4, () => present.app.stop());
    }
    await compareReadings(dir, release.ledger, ITS_OWN);

    const again = await startNewer(dir, next);
    await send(again, ledger);
    await compareSent(again, ledger);
    await sendUntil(again, ledger, 2, again.kill);
    assert.deepEqual(rowsOf(dir, "SELECT what FROM next_things"), ["new"]);
    assert.deepEqual(rowsOf(dir, "SELECT count(*) FROM tickets WHERE next_count <> 7"), [0]);
    assert.deepEqual(rowsOf(dir, "PRAGMA integrity_check"), ["ok"]);

    // An update after which the present Perch cannot go on.
    const other = await newerMigrations(`${folder}/other`, {
      "9000_next.sql": additions(dir),
      "9001_other.sql": CANNOT_BE_READ,
    });
    await Deno.copyFile(`${next}/9000_next.sql`, `${other}/9000_next.sql`);
    const last = await startNewer(dir, other);
    await sendUntil(last, ledger, 10, last.kill);
    await assert.rejects(buildPresent(dir).start(), (error) => {
      assert.ok(error instanceof PerchError && error.code === "conflict", String(error));
      assert.match(error.message, /newer Perch \(version .*, with migration 9001_other\.sql/);
      assert.match(error.message, /perch restore --before-upgrade`.* goes back to it, and exports/);
      return true;
    });
    const asked = ["restore", "--before-upgrade", "--yes"];
    const extra = sabotaged("rollback_no_export") ? ["--export", "no"] : [];
    const back = await command(dir, [...asked, ...extra]);
    assert.equal(back.code, 0, back.err);
    assert.match(back.out, /readings are here now and not in the backup/);
    const [file] = [...Deno.readDirSync(`${dir}/exports`)].map(({ name }) => name);
    assert.match(back.out, /readings \(.* to .*\) are exported into .*readings-\S+\.ndjson/);

    const restored = await startPresent(dir);
    try {
      for (const time of ["first", "second"]) {
        await sendIn(`${dir}/exports/${file}`, restored);
        await send(restored, ledger);
        await compareSent(restored, ledger).catch((error) => {
          throw new Error(`after it was sent in the ${time} time: ${error.message}`);
        });
      }
    } finally {
      await restored.app.stop();
    }
    await compareReadings(dir, release.ledger, ITS_OWN);
  }));

/** By the command that the restore prints. */
async function sendIn(file: string, { url, key }: Running): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-c", sendCommand(file, url).replace("KEY", key)],
    stdout: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}
