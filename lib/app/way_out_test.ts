import assert from "node:assert/strict";
import { fakeBackup } from "../../tests/support/backups.ts";
import { withDir } from "../../tests/support/command_line.ts";
import { messageOf, PerchError, type RefusalKind } from "../base/errors.ts";
import { withWayOut } from "./way_out.ts";

const NOW_MS = Date.UTC(2026, 10, 28, 12);
const HOUR_MS = 3_600_000;

function refusal(kind: RefusalKind) {
  const what = "The database /d/perch.db is x";
  return new PerchError("not_started", `${what}. Do something. Nothing was changed.`, {
    refusal: { kind, what },
  });
}

async function said(dir: string, error: Error, url = `file:${dir}/perch.db`): Promise<string> {
  const config = { dataDir: dir, database: { url, authToken: null } };
  return messageOf(await withWayOut(error, config, NOW_MS)).replaceAll(`${dir}/backups/`, "B/");
}

Deno.test("withWayOut names the last good backup, its age and the command", () =>
  withDir(async (dir) => {
    await fakeBackup(dir, { sequence: 1, createdMs: NOW_MS, reason: "before-upgrade" });
    const { file } = await fakeBackup(dir, { sequence: 2, createdMs: NOW_MS - 3 * HOUR_MS });
    assert.equal(
      await said(dir, refusal("damaged")),
      `The database /d/perch.db is x. The last good backup is B/${file} (made 3 h ago): ` +
        `\`perch restore B/${file}\` puts it in place and keeps what is there now aside. Nothing was changed.`,
    );
    assert.match(
      await said(dir, refusal("missing")),
      /^The database .* Do something\. Nothing was changed\. The last good backup is B\/.*`perch restore B\/\S+`/,
    );
    assert.match(await said(dir, refusal("blocked")), /mended: the last .* and `perch restore B/);
    assert.match(await said(dir, refusal("newer")), /T?120000z-1\.tar\.gz.*restore --before-upg/i);
    assert.match(await said(dir, refusal("key")), /holds no keys: only encrypted backups do/);
    assert.match(
      await said(dir, refusal("full")),
      /1 older backup \(1.*kB\) may be deleted: `perch backup cleanup --keep-days 1`/,
    );
  }));

Deno.test("withWayOut leaves alone what no backup helps, and what has none", () =>
  withDir(async (dir) => {
    for (const kind of ["damaged", "missing", "blocked", "newer", "key", "full"] as const) {
      assert.equal(await said(dir, refusal(kind)), refusal(kind).message, kind);
    }
    await fakeBackup(dir, { sequence: 1, createdMs: NOW_MS });
    assert.equal(await said(dir, refusal("full")), refusal("full").message, "never the last one");
    assert.equal(await said(dir, refusal("newer")), refusal("newer").message);
    assert.equal(await said(dir, new PerchError("not_started", "in use")), "in use");
    assert.equal(
      await said(dir, refusal("damaged"), "http://db:8080"),
      refusal("damaged").message,
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
