import assert from "node:assert/strict";
import { fakeBackup } from "../../tests/support/backups.ts";
import { withDir } from "../../tests/support/command_line.ts";
import { messageOf, PerchError, type RefusalKind } from "../base/errors.ts";
import { ON_SERVER } from "../backup/backups.ts";
import { withWayOut } from "./way_out.ts";

const NOW_MS = Date.UTC(2026, 10, 28, 12);
const HOUR_MS = 3_600_000;

function refusal(kind: RefusalKind) {
  const what = "The database /d/perch.db is x";
  return new PerchError("not_started", `${what}. Do something. Nothing was changed.`, {
    refusal: { kind, what },
  });
}

/** What is said, with `D` for the data directory and `B` for its folder of backups. */
async function said(dir: string, error: Error, url = `file:${dir}/perch.db`): Promise<string> {
  const config = { dataDir: dir, database: { url, authToken: null } };
  return messageOf(await withWayOut(error, config, NOW_MS))
    .replaceAll(`${dir}/backups/`, "B/").replaceAll(dir, "D").replace(/[\u00a0\u202f]/g, " ");
}

Deno.test("withWayOut names the last good backup, its age and the command", () =>
  withDir(async (dir) => {
    await fakeBackup(dir, { sequence: 1, createdMs: NOW_MS, reason: "before-upgrade" });
    const { file } = await fakeBackup(dir, { sequence: 2, createdMs: NOW_MS - 3 * HOUR_MS });
    assert.equal(
      await said(dir, refusal("damaged")),
      `The database /d/perch.db is x. The last good backup is B/${file} (made 3 h ago): ` +
        `\`PERCH_DATA=D perch restore B/${file}\` puts it in place and keeps what is there now aside. Nothing was changed.`,
    );
    assert.match(
      await said(dir, refusal("missing")),
      /^The database .* Do something\. Nothing was changed\. The last good backup is B\/.*`PERCH_DATA=D perch restore B\/\S+`/,
    );
    assert.match(
      await said(dir, refusal("blocked")),
      /mended: the last .* and `PERCH_DATA=D perch restore B/,
    );
    assert.match(
      await said(dir, refusal("elsewhere")),
      / perch restore B\S+ --to DIR` puts it into a dir/,
    );
    assert.match(
      await said(dir, refusal("lost")),
      /: stop Perch, and `PERCH_DATA=D perch restore B/,
    );
    assert.match(await said(dir, refusal("newer")), /T?120000z-1\.tar\.gz.*restore --before-upg/i);
    assert.match(await said(dir, refusal("key")), /holds no keys: only encrypted backups do/);
  }));

Deno.test("withWayOut of a full disk counts what a cleanup would free, by its own rules", () =>
  withDir(async (dir) => {
    const DAY_MS = 24 * HOUR_MS;
    const at = (sequence: number, days: number, reason?: "before-upgrade") =>
      fakeBackup(dir, { sequence, createdMs: NOW_MS - days * DAY_MS, reason });
    const { file } = await at(9, 0.5);
    assert.match(
      await said(dir, refusal("full")),
      /no older one may be deleted yet.*--to DIR` puts/,
    );
    await at(8, 0.9);
    await at(7, 3);
    await at(6, 5, "before-upgrade");
    await at(5, 9);
    assert.ok(
      (await said(dir, refusal("full"))).endsWith(
        "2 older backups (2.0 kB) may be deleted: `PERCH_DATA=D perch backup cleanup --keep-days 2`. " +
          `The last good backup is B/${file} (made 12 h ago) and stays.`,
      ),
      await said(dir, refusal("full")),
    );
  }));

Deno.test("withWayOut leaves alone what no backup helps, and what has none", () =>
  withDir(async (dir) => {
    for (const kind of ["damaged", "missing", "blocked", "newer", "key", "full"] as const) {
      assert.equal(await said(dir, refusal(kind)), refusal(kind).message, kind);
    }
    await fakeBackup(dir, { sequence: 1, createdMs: NOW_MS });
    assert.equal(await said(dir, refusal("newer")), refusal("newer").message);
    assert.equal(await said(dir, new PerchError("not_started", "in use")), "in use");
    assert.equal(
      await said(dir, refusal("damaged"), "http://db:8080"),
      `${refusal("damaged").message} ${ON_SERVER}`,
      "of a libSQL server Perch keeps no backups",
    );
  }));

Deno.test("withWayOut counts only what has a good receipt, and does without a clock", () =>
  withDir(async (dir) => {
    const { file } = await fakeBackup(dir, { sequence: 1, createdMs: NOW_MS + 9 * HOUR_MS });
    const cut = await fakeBackup(dir, { sequence: 2, createdMs: NOW_MS });
    Deno.truncateSync(`${dir}/backups/${cut.file}`, 10);
    const bare = await fakeBackup(dir, { sequence: 3, createdMs: NOW_MS });
    Deno.removeSync(`${dir}/backups/${bare.file}.json`);
    const text = await said(dir, refusal("damaged"));
    assert.ok(text.includes(`B/${file} (made at 2026-11-28T21:00:00.000Z)`), text);
  }));

Deno.test("withWayOut writes a path with spaces as a shell takes it", () =>
  withDir(async (parent) => {
    const dir = `${parent}/o'hara plant`;
    const { file } = await fakeBackup(dir, { sequence: 1, createdMs: NOW_MS });
    const config = { dataDir: dir, database: { url: "file:/d/perch.db", authToken: null } };
    const text = messageOf(await withWayOut(refusal("damaged"), config, NOW_MS));
    assert.ok(
      text.includes(`perch restore '${parent}/o'\\''hara plant/backups/${file}'`),
      text,
    );
  }));
