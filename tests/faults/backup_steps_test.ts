/**
 * T18, T19: `kill -9` before every change of the disk that a backup, a restore (unpacking and comparing too), its
 * undo and its confirmation make. Afterwards the plant is as before or as after, never between, by the ledger of what
 * was acknowledged: 0 lost, 0 twice. `STEP_KILLS` of each, evenly (1; all in the soak); each is a process of its own.
 * Controls: `SABOTAGE=steps_no_finish` (the start does not finish a restore), `SABOTAGE=steps_lose` (the last reading
 * that was acknowledged is gone), `SABOTAGE=steps_twice` (one is stored a second time).
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { finishRestore, undoRestore } from "../../lib/backup/after.ts";
import { readBackups } from "../../lib/backup/folder.ts";
import { readRestored } from "../../lib/backup/restored.ts";
import { backUp, unpackFiles } from "../support/backup.ts";
import { noneOf } from "../support/figures.ts";
import { contentOf, copyTree, makePlant, NOW_MS } from "../support/restored_plant.ts";
import { sabotaged } from "../support/sabotage.ts";
import { archiveRequest, doWork, keepWriting, storedIn, type Work } from "../support/step_works.ts";
import { countSteps } from "../support/steps.ts";

const KILLS = Number(Deno.env.get("STEP_KILLS") ?? 1);
const CHILD = new URL("./backup_steps_child.ts", import.meta.url).pathname;
/** In the archive, and stored when it is restored. */
const ARCHIVED = 40;
const STORED = 60;
/** What does not belong to the plant itself; the last: a file that had no name yet (`lib/base/durable_file.ts`). */
const LITTER = /^(\.restore-|replaced-|undone-|restoring|backups|\.[0-9a-f-]{36}\.tmp)/;
const counted = (n: number) => Array.from({ length: n }, (_, i) => i);

interface Models {
  /** With an archive of its first readings. */
  plain: string;
  /** The same, where that archive was restored. */
  restored: string;
  folder: string;
}

async function write(dataDir: string, from: number, to: number): Promise<void> {
  const full = Promise.withResolvers<void>();
  const stop = await keepWriting(
    dataDir,
    { from, to },
    (value) => value === to - 1 && full.resolve(),
  );
  await full.promise;
  await stop();
}

/** Made once for all tests of this file. */
let made: Promise<Models> | undefined;
const models = () => made ??= makeModels();

async function makeModels(): Promise<Models> {
  const folder = await Deno.makeTempDir({ prefix: "perch-steps-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const [plain, restored] = [join(folder, "plain"), join(folder, "restored")];
  await makePlant(plain);
  await write(plain, 0, ARCHIVED);
  await backUp(archiveRequest(plain, 1));
  await write(plain, ARCHIVED, STORED);
  await Deno.writeTextFile(join(plain, "files/attachments/two"), "since the archive");
  await copyTree(plain, restored);
  await doWork("restore", restored, () => {});
  return { plain, restored, folder };
}

/** How many steps there are: it is done once, without a kill. */
async function stepsOf(work: Work, model: string, folder: string): Promise<number> {
  const dataDir = join(folder, `whole-${work}`);
  await copyTree(model, dataDir);
  const steps = countSteps(dataDir, () => {});
  await doWork(work, dataDir, steps.step).finally(steps.end);
  assert.ok(steps.names.length >= 3, steps.names.join("\n"));
  return steps.names.length;
}

/** Kills it before chosen steps, each time in a copy of the model, and looks at what is left. */
async function killEach(
  work: Work,
  model: string,
  folder: string,
  look: (dataDir: string, said: string, step: number) => Promise<void>,
): Promise<void> {
  const steps = await stepsOf(work, model, folder);
  const most = Math.min(KILLS, steps);
  const chosen = counted(most).map((i) => Math.round((i + 0.5) * steps / most - 0.5));
  let killed = 0;
  for (const step of chosen) {
    const dataDir = join(folder, `${work}-${step}`);
    await copyTree(model, dataDir);
    const { signal, code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", CHILD, work, dataDir, `${step}`, `${STORED}`],
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.ok(signal === "SIGKILL" || code === 0, err);
    if (signal === "SIGKILL") killed++;
    if (!sabotaged("steps_no_finish")) await finishRestore(dataDir);
    await look(dataDir, out, step);
    await Deno.remove(dataDir, { recursive: true });
  }
  assert.ok(killed >= chosen.length * 0.8, `${killed} of ${chosen.length} killed`);
  console.log(
    `  ${work}: killed ${killed} times at ${steps} steps: lost or twice ${noneOf(killed)}`,
  );
}

/** Values that are stored, as the ledger is held against. */
async function valuesOf(dataDir: string): Promise<number[]> {
  const values = await storedIn(dataDir);
  if (sabotaged("steps_lose")) values.pop();
  return sabotaged("steps_twice") ? [values[0], ...values] : values;
}

/** As it was before the restore, byte for byte and by the ledger. */
async function assertBefore(dataDir: string, plain: string, what: string): Promise<void> {
  assert.deepEqual(await contentOf(dataDir, LITTER), await contentOf(plain, LITTER), what);
  assert.deepEqual(await valuesOf(dataDir), counted(STORED), `${what}: 0 lost, 0 twice`);
}

Deno.test("a backup killed at any step, while readings are written: none is lost, an archive is whole or not there", async () => {
  const { plain, folder } = await models();
  await killEach("backup", plain, folder, async (dataDir, said, step) => {
    const [before, after] = said.split("begins");
    const last = (text: string) => Number([...text.matchAll(/stored (\d+)/g)].at(-1)?.[1]);
    const acknowledged = (after.includes("stored") ? last(after) : last(before)) + 1;
    const values = await valuesOf(dataDir);
    assert.deepEqual(values, counted(values.length), `${step}: 0 twice, no gap`);
    assert.ok(
      values.length === acknowledged || values.length === acknowledged + 1,
      `${step}: ${values.length} stored, ${acknowledged} acknowledged`,
    );
    const backups = join(dataDir, "backups");
    const { good, bad } = await readBackups(backups);
    assert.deepEqual(bad, [], `${step}: what has its name is whole`);
    const made = good.find(({ manifest }) => manifest.sequence === 2);
    if (made !== undefined) {
      const into = join(folder, `unpacked-${step}`);
      await unpackFiles(join(backups, made.file), into);
      const inArchive = await storedIn(into);
      assert.deepEqual(inArchive, counted(inArchive.length), `${step}: in the archive`);
      assert.ok(inArchive.length > last(before), `${step}: all from before it`);
    }
    await backUp(archiveRequest(dataDir, 3));
    const left = [...Deno.readDirSync(backups)].map(({ name }) => name).sort();
    const whole = (await readBackups(backups)).good.flatMap(({ file }) => [file, `${file}.json`]);
    assert.deepEqual(left, whole.sort(), `${step}: the next one clears away what was left`);
  });
});

Deno.test("a restore killed at any step, from the first byte that it unpacks: before or after, never between", async () => {
  const { plain, restored, folder } = await models();
  const attachments = (dataDir: string) => contentOf(join(dataDir, "files"));
  await killEach("restore", plain, folder, async (dataDir, _said, step) => {
    const what = `killed at ${step}`;
    const litter = [...Deno.readDirSync(dataDir)].map(({ name }) => name)
      .filter((name) => /^(\.restore-|restoring)/.test(name));
    assert.deepEqual(litter, [], what);
    if (await readRestored(dataDir) === null) return await assertBefore(dataDir, plain, what);
    assert.deepEqual(await attachments(dataDir), await attachments(restored), what);
    assert.deepEqual(await valuesOf(dataDir), counted(ARCHIVED), what);
    await undoRestore(dataDir, NOW_MS);
    await assertBefore(dataDir, plain, `${what}, and undone`);
  });
  await killEach("undo", restored, folder, async (dataDir, _said, step) => {
    const what = `the undo killed at ${step}`;
    if (await readRestored(dataDir) === null) return await assertBefore(dataDir, plain, what);
    assert.deepEqual(await valuesOf(dataDir), counted(ARCHIVED), what);
    await undoRestore(dataDir, NOW_MS);
    await assertBefore(dataDir, plain, `${what}, and again`);
  });
  await killEach("confirm", restored, folder, async (dataDir, _said, step) => {
    const what = `the confirmation killed at ${step}`;
    assert.deepEqual(await valuesOf(dataDir), counted(ARCHIVED), what);
    const record = await readRestored(dataDir);
    assert.deepEqual(await attachments(dataDir), await attachments(restored), what);
    if (record!.replaced === null) return;
    await undoRestore(dataDir, NOW_MS);
    await assertBefore(dataDir, plain, `${what}, and undone`);
  });
});
