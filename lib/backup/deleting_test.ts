import assert from "node:assert/strict";
import { fakeBackup } from "../../tests/support/backups.ts";
import { cleanupFolder, finishDeleting, removeArchive, removeNoted } from "./deleting.ts";
import { backupsFolder, listBackups } from "./folder.ts";
import { DAY_MS } from "../words/times.ts";

const NOW_MS = Date.UTC(2026, 10, 28);

async function withBackups(use: (folder: string, files: string[]) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "perch-deleting-" });
  try {
    const files: string[] = [];
    for (const [sequence, days] of [[1, 9], [2, 5], [3, 0]]) {
      const made = await fakeBackup(dir, { sequence, createdMs: NOW_MS - days * DAY_MS });
      files.push(made.file);
    }
    await use(backupsFolder(dir), files);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** What a start writes down. */
async function finished(folder: string): Promise<string[]> {
  const files: string[] = [];
  await finishDeleting(folder, (file) => Promise.resolve(void files.push(file)));
  return files;
}

Deno.test("a deletion that was killed anywhere is finished and written down by the next start", () =>
  withBackups(async (folder, [first, second, newest]) => {
    // Killed before the archive was removed: it does not count any more.
    await Deno.rename(`${folder}/${first}.json`, `${folder}/${first}.json.deleted`);
    assert.deepEqual((await listBackups(folder)).map(({ file }) => file), [newest, second]);
    assert.deepEqual(await finished(folder), [first]);
    // Killed before it was written down, or that failed.
    const failing = () => Promise.reject(new Error("killed"));
    await assert.rejects(removeNoted(folder, second, failing), /killed/);
    assert.deepEqual(await finished(folder), [second]);
    assert.deepEqual(await finished(folder), [], "once");
    assert.deepEqual(namesIn(folder), [newest, `${newest}.json`]);
  }));

Deno.test("a cleanup without a database deletes by age, never the newest, and is written down later", () =>
  withBackups(async (folder, [first, second, newest]) => {
    const gone = await cleanupFolder(folder, { keepDays: 7, nowMs: NOW_MS });
    assert.deepEqual(gone.map(({ file }) => file), [first]);
    await removeArchive(folder, second);
    await cleanupFolder(folder, { keepDays: 1, nowMs: NOW_MS + 99 * DAY_MS });
    assert.deepEqual((await listBackups(folder)).map(({ file }) => file), [newest]);
    assert.deepEqual(await finished(folder), [first, second]);
  }));
