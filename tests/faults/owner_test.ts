/**
 * One database, one Perch: what another owner or a lost file does to what is acknowledged.
 * `SABOTAGE=owner` leaves the fence out, `SABOTAGE=identity` the look at the files; `SABOTAGE=mounts` lets the first
 * one go before the second starts.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Connection, openConnection } from "../../lib/db/connection.ts";
import type { PerchError } from "../../lib/base/errors.ts";
import { watchFiles } from "../../lib/db/file_watch.ts";
import { guardConnection } from "../../lib/db/guarded.ts";
import { migrate, readMigrations } from "../../lib/db/migrate.ts";
import { beat, BEAT_LIVES_MS, claim, type Claimant, resign } from "../../lib/db/owner.ts";
import { silentLog } from "../../lib/base/log.ts";
import { openStorage } from "../../lib/app/storage.ts";
import { groupOf } from "../support/storage.ts";
import { perchCommand, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { sabotaged } from "../support/sabotage.ts";

const MIGRATIONS = readMigrations(join(import.meta.dirname!, "../../migrations"));
const claimant = (pid: number, place = ""): Claimant => ({
  host: "here",
  pid,
  place,
  sinceMs: Date.UTC(2026, 0, 1),
});
const note = (key: string) => ({
  sql: "INSERT INTO journal_cursors (name, group_id) VALUES (?, 1)",
  args: [key],
});

async function withDir(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "perch-owner-" });
  try {
    await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function open(path: string): Promise<Connection> {
  const connection = await openConnection({ url: `file:${path}` });
  await migrate(connection, MIGRATIONS, 0);
  return connection;
}

interface Guarded {
  connection: Connection;
  lost: { error: PerchError; end: boolean }[];
}

async function own(raw: Connection, pid: number, path: string | null): Promise<Guarded> {
  const lost: Guarded["lost"] = [];
  const epoch = await claim(raw, claimant(pid));
  const guarded = guardConnection(raw, {
    epoch,
    watch: path === null || sabotaged("identity") ? null : watchFiles(path),
    onLost: (error, end) => void lost.push({ error, end }),
  });
  const connection = sabotaged("owner") ? { ...guarded, write: raw.write } : guarded;
  return { connection, lost };
}

Deno.test("a Perch whose database was taken over stores nothing more, says who has it, and ends", () =>
  withDir(async (dir) => {
    const path = join(dir, "perch.db");
    const first = await own(await open(path), 1, null);
    await first.connection.write([note("before")]);
    const second = await own(await open(path), 2, null);
    await assert.rejects(first.connection.write([note("late")]), {
      code: "storage_failed",
      message: /not the owner.*Perch on here \(process 2 since 2026-01-01/,
    });
    await assert.rejects(first.connection.write([note("later")]), { code: "storage_failed" });
    assert.deepEqual(first.lost.map(({ end }) => end), [true]);
    await second.connection.write([note("after")]);
    const { rows } = await second.connection.query({
      sql: "SELECT name FROM journal_cursors ORDER BY name",
    });
    assert.deepEqual(rows.flat(), ["after", "before"]);
    await first.connection.close();
    await second.connection.close();
  }));

Deno.test("a mistake in a statement that overflows is no lost database", () =>
  withDir(async (dir) => {
    const { connection, lost } = await own(await open(join(dir, "perch.db")), 1, null);
    const overflow = { sql: "SELECT abs(-9223372036854775808)" };
    await assert.rejects(connection.write([overflow]), /integer overflow/);
    await connection.write([note("still")]);
    assert.deepEqual(lost, []);
    await connection.close();
  }));

/** What happens to the files of an open database, and what is said of it. */
const LOSSES: Record<string, { said: RegExp; lose: (path: string) => void }> = {
  "deleted": {
    said: /perch\.db was deleted while Perch ran/,
    lose: (path) => Deno.removeSync(path),
  },
  "renamed": {
    said: /perch\.db was deleted/,
    lose: (path) => Deno.renameSync(path, `${path}.old`),
  },
  "replaced by a copy": {
    said: /perch\.db was replaced by another file/,
    lose(path) {
      Deno.copyFileSync(path, `${path}.copy`);
      Deno.renameSync(`${path}.copy`, path);
    },
  },
  "replaced by an empty file": {
    said: /perch\.db was replaced/,
    lose(path) {
      Deno.renameSync(path, `${path}.old`);
      Deno.writeTextFileSync(path, "");
    },
  },
  "emptied": {
    said: /perch\.db was cut off: it had \d+ bytes and has 0/,
    lose: (path) => Deno.truncateSync(path),
  },
  "cut off": {
    said: /perch\.db was cut off/,
    lose: (path) => Deno.truncateSync(path, Deno.statSync(path).size - 1024),
  },
  "replaced by a link": {
    said: /perch\.db was replaced/,
    lose(path) {
      Deno.renameSync(path, `${path}.old`);
      Deno.symlinkSync(`${path}.old`, path);
    },
  },
  "the log deleted": {
    said: /perch\.db-wal was deleted/,
    lose: (path) => Deno.removeSync(`${path}-wal`),
  },
  "the log replaced": {
    said: /perch\.db-wal was replaced/,
    lose(path) {
      Deno.copyFileSync(`${path}-wal`, `${path}.copy`);
      Deno.renameSync(`${path}.copy`, `${path}-wal`);
    },
  },
  "the log emptied": {
    said: /perch\.db-wal was overwritten/,
    lose: (path) => Deno.truncateSync(`${path}-wal`),
  },
  "all deleted": {
    said: /perch\.db was deleted/,
    lose: (path) => ["", "-wal", "-shm"].forEach((end) => Deno.removeSync(path + end)),
  },
};

for (const [name, { said, lose }] of Object.entries(LOSSES)) {
  Deno.test(`files of an open database (${name}): nothing is acknowledged any more, and it is said why`, () =>
    withDir(async (dir) => {
      const path = join(dir, "perch.db");
      const raw = await open(path);
      await raw.query({ sql: "PRAGMA wal_checkpoint(PASSIVE)" });
      const { connection, lost } = await own(raw, 1, path);
      for (let i = 0; i < 5; i++) await connection.write([note(`good ${i}`)]);
      lose(path);
      await assert.rejects(connection.write([note("bad")]), {
        code: "storage_failed",
        message: said,
      });
      await assert.rejects(connection.write([note("worse")]), {
        code: "storage_failed",
        message: said,
      });
      assert.deepEqual(lost.map(({ end }) => end), [false]);
      // What was read before can still be looked at, and the end touches nothing.
      const left = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
      await connection.close();
      assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name).sort(), left);
    }));
}

Deno.test("a database whose log is brought in and shortened again and again is not taken for lost", () =>
  withDir(async (dir) => {
    const path = join(dir, "perch.db");
    const raw = await open(path);
    const { connection, lost } = await own(raw, 1, path);
    for (let i = 0; i < 40; i++) {
      await connection.write([note(`n${i}`)]);
      const mode = ["PASSIVE", "FULL", "RESTART", "TRUNCATE"][i % 4];
      await raw.query({ sql: `PRAGMA wal_checkpoint(${mode})` });
    }
    assert.deepEqual(lost, []);
    await connection.close();
  }));

Deno.test("openStorage says without a write that its file is gone, and appends nothing more", () =>
  withDir(async (dir) => {
    const gone = Promise.withResolvers<PerchError>();
    const storage = await openStorage({
      url: `file:${dir}/perch.db`,
      log: silentLog(),
      onLost: gone.resolve,
      onFault: gone.reject,
    });
    await Deno.remove(join(dir, "perch.db"));
    assert.match((await gone.promise).message, /was deleted while Perch ran/);
    const group = groupOf([{ sensor: 1, tMs: Date.UTC(2026, 0, 1), value: 1 }]);
    await assert.rejects(storage.readings.append(group, []), { code: "storage_failed" });
    await storage.close();
  }));

Deno.test("openStorage: a second one on the same file is refused and told who has it, by every path", () =>
  withDir(async (dir) => {
    const data = join(dir, "data");
    await Deno.mkdir(data);
    await Deno.symlink(data, join(dir, "folder-link"));
    await Deno.symlink(join(data, "perch.db"), join(dir, "file-link.db"));
    const storage = await openStorage({ url: `file:${data}/perch.db`, log: silentLog() });
    for (
      const path of [
        "data/perch.db",
        "folder-link/perch.db",
        "file-link.db",
        "data/../data/perch.db",
      ]
    ) {
      await assert.rejects(openStorage({ url: `file:${dir}/${path}`, log: silentLog() }), {
        code: "not_started",
        message: new RegExp(`in use: .*Perch on ${Deno.hostname()} \\(process ${Deno.pid} since`),
      });
    }
    const group = groupOf([{ sensor: 1, tMs: Date.UTC(2026, 0, 1), value: 1 }]);
    await storage.readings.append(group, []);
    await storage.close();
    await (await openStorage({ url: `file:${dir}/file-link.db`, log: silentLog() })).close();
  }));

/** Mounts what is at one path at another, too, while `work` runs. False: this host does not let it. */
async function boundTo(from: string, to: string, work: () => Promise<void>): Promise<boolean> {
  const run = async (command: string, ...args: string[]) =>
    (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output()).success;
  if (!await run("mount", "--bind", from, to).catch(() => false)) return false;
  try {
    await work();
  } finally {
    assert.ok(await run("umount", to));
  }
  return true;
}

Deno.test("a data directory that is mounted in a second place, and a database that is: the second start is refused", () =>
  withDir(async (dir) => {
    const [data, folder, other] = ["data", "second folder", "third"].map((name) => join(dir, name));
    for (const path of [data, folder, other]) await Deno.mkdir(path);
    await Deno.writeTextFile(join(other, "perch.db"), "");
    const perch = await startPerch({ dataDir: data, env: { MQTT_PORT: String(freePort()) } });
    if (sabotaged("mounts")) await perch.kill();
    try {
      const second = async (dataDir: string, wanted: RegExp) => {
        const { code, output } = await refusedStart(dataDir);
        assert.equal(code, 2, output);
        assert.match(output, wanted);
      };
      // A link stands in for the mount where this host does not let a test mount.
      await Deno.symlink(data, join(dir, "link"));
      await second(join(dir, "link"), /is in use by perch serve \(process/);
      const inUse = () => second(folder, /is in use by perch serve \(process/);
      if (!await boundTo(data, folder, inUse)) {
        console.log("mount --bind is not permitted here: tried by links alone");
        return;
      }
      const asFile = () => second(other, /perch\.db is in use by another Perch.*by another path/);
      assert.ok(await boundTo(join(data, "perch.db"), join(other, "perch.db"), asFile));
    } finally {
      await perch.stop();
    }
  }));

/** `perch serve` that should end by itself. */
async function refusedStart(dataDir: string): Promise<{ code: number; output: string }> {
  const [command, args] = perchCommand(undefined, ["serve"]);
  const child = new Deno.Command(command, {
    args,
    env: { PERCH_DATA: dataDir, PERCH_PORT: "0", MQTT_PORT: String(freePort()) },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const kill = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(kill);
  return { code, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** A libSQL server as seen by `claim`: the same statements on a file. */
const asServer = (connection: Connection): Connection => ({ ...connection, kind: "server" });

Deno.test("claim on a server refuses while the owner gives signs of life, and says who it is", () =>
  withDir(async (dir) => {
    const server = asServer(await open(join(dir, "perch.db")));
    const epoch = await claim(server, claimant(1, "there"));
    const aliveAtEachLook = async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      assert.equal(await beat(server, epoch), null);
    };
    await assert.rejects(claim(server, claimant(2, "here"), aliveAtEachLook), {
      code: "not_started",
      message: /in use by Perch on here \(process 1 since/,
    });
    await server.close();
  }));

Deno.test("claim on a server waits out a silent owner, but not one that ended or one from the same place", () =>
  withDir(async (dir) => {
    const server = asServer(await open(join(dir, "perch.db")));
    let waitedMs = 0;
    const wait = (ms: number) => Promise.resolve(void (waitedMs += ms));
    const first = await claim(server, claimant(1, "there"), wait);
    assert.equal(waitedMs, 0);
    const second = await claim(server, claimant(2, "elsewhere"), wait);
    assert.ok(waitedMs > BEAT_LIVES_MS - 2_000 && waitedMs <= BEAT_LIVES_MS, `${waitedMs}`);
    assert.equal(second, first + 1);
    waitedMs = 0;
    const third = await claim(server, claimant(3, "elsewhere"), wait);
    await resign(server, third);
    await claim(server, claimant(4, "far"), wait);
    assert.equal(waitedMs, 0);
    await server.close();
  }));

Deno.test("claim: of ten that start at once one wins, the others are told so", () =>
  withDir(async (dir) => {
    const server = asServer(await open(join(dir, "perch.db")));
    const got = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => claim(server, claimant(i, `place ${i}`))),
    );
    assert.equal(got.filter(({ status }) => status === "fulfilled").length, 1);
    await server.close();
  }));
