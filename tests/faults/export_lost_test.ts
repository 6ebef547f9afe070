/**
 * The readings that a restore takes away are in a file before anything is touched, each once: also where the export is
 * killed in its middle, or finds no room.
 * Control: `SABOTAGE=export_final_name`, where a killed export leaves a file that looks whole.
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { finishRestore } from "../../lib/backup/after.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { type Prepared, prepareRestore } from "../../lib/backup/restore.ts";
import { letGo } from "../../lib/db/let_go.ts";
import { haveMounts, smallDisk } from "../support/disk.ts";
import {
  archiveOf,
  change,
  contentOf,
  copyTree,
  makePlant,
  requestOf,
} from "../support/restored_plant.ts";
import { groupOf, openEngine } from "../support/storage.ts";

const START_MS = Date.UTC(2026, 10, 20);
/** In the archive, and after it: the last of them are late, of times that the archive has too. */
const [BEFORE, AFTER] = [3_000, 9_000];
const OWN = /^(\.restore-|exports)/;

/** Readings `[from, to)`; every third has a seq, and every fifth stands twice at one time with another value. */
function readings(from: number, to: number) {
  return Array.from({ length: to - from }, (_, n) => from + n).map((i) => ({
    sensor: 1,
    tMs: START_MS + (i % 5 === 4 ? i - 1 : i) * 1000,
    value: i / 4,
    ...(i % 3 === 0 ? { seq: i } : {}),
  }));
}

async function append(dataDir: string, from: number, to: number): Promise<void> {
  const url = `file:${dataDir}/perch.db`;
  const engine = await openEngine({ url, limits: { sealReadings: 2_500 } });
  for (let i = from; i < to; i += 500) {
    await engine.store.append(groupOf(readings(i, Math.min(to, i + 500))), []);
  }
  await engine.close();
  await letGo();
}

/** A plant with its archive below `folder`, and what came since. */
async function makeCase(folder: string, dataDir: string) {
  await makePlant(dataDir);
  await change(dataDir, [
    "insert into sensors (num, id, name, machine, sensor, kind, review, created_ms) " +
    "values (1, 's1', 'hall/press/load', 'hall/press', 'load', 'number', 'confirmed', 1)",
  ]);
  await append(dataDir, 0, BEFORE);
  const archive = join(folder, "archive");
  const { unpack } = await archiveOf(dataDir, join(archive, "unpacked"));
  const manifest = await unpack({ target: join(folder, "unused") } as never, () => {});
  await Deno.writeTextFile(join(archive, "manifest.json"), JSON.stringify(manifest));
  await append(dataDir, BEFORE, BEFORE + AFTER);
  const prepare = () =>
    prepareRestore(requestOf(dataDir), {
      unpack: async ({ target }) => {
        await copyTree(join(archive, "unpacked"), target);
        return manifest;
      },
    }, () => {});
  return { archive, prepare };
}

/** Every reading that came since the archive, once, and nothing else. */
async function compareExport({ exportLost }: Prepared, target: string): Promise<void> {
  const exported = await exportLost(target, () => {});
  assert.deepEqual({ ...exported, fromMs: 0, untilMs: 0 }, {
    file: target,
    readings: AFTER,
    fromMs: 0,
    untilMs: 0,
    damaged: 0,
  });
  const lines = (await Deno.readTextFile(target)).trimEnd().split("\n").map((l) => JSON.parse(l));
  const expected = readings(BEFORE, BEFORE + AFTER).map(({ tMs, value, seq }) => ({
    machine: "hall/press",
    sensor: "load",
    value,
    ts: tMs,
    ...(seq === undefined ? {} : { seq }),
  }));
  assert.deepEqual(lines.sort((a, b) => a.value - b.value), expected);
}

Deno.test("the export of lost readings, killed in its middle, leaves all as it was and no file under its name", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-export-" });
  const dataDir = join(folder, "data");
  try {
    const { archive, prepare } = await makeCase(folder, dataDir);
    const before = await contentOf(dataDir, OWN);
    const target = join(dataDir, "exports", "readings.ndjson");
    for (const step of [Math.floor(AFTER / 2000), AFTER / 1000 - 1]) {
      const { signal } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-check", `${import.meta.dirname}/export_lost_child.ts`],
          ...[dataDir, archive, target, String(step)],
        ],
      }).output();
      assert.equal(signal, "SIGKILL", `step ${step}`);
      assert.deepEqual(await contentOf(dataDir, OWN), before);
      const left = [...Deno.readDirSync(dirname(target))].map(({ name }) => name);
      assert.deepEqual(left, ["readings.ndjson.partial"]);
    }
    await finishRestore(dataDir);
    const prepared = await prepare();
    assert.equal(prepared.findings.lost?.readings, AFTER);
    await compareExport(prepared, target);
    await assert.rejects(prepared.exportLost(target, () => {}), /is there already/);
    await prepared.discard();
    assert.deepEqual(await contentOf(dataDir, /^exports/), before);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the export of lost readings without room says so, and leaves all as it was", {
  ignore: !haveMounts(),
}, async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-export-" });
  await using disk = await smallDisk(32);
  const dataDir = join(disk.path, "data");
  await Deno.mkdir(dataDir);
  try {
    const { prepare } = await makeCase(folder, dataDir);
    const before = await contentOf(dataDir, OWN);
    const prepared = await prepare();
    const { size } = await Deno.stat(join(dataDir, "perch.db"));
    const target = join(dataDir, "exports", "readings.ndjson");
    // No room at all, for the first copy, for both, and for a part of the file.
    for (const room of [0, size / 2, size * 1.5, size * 3]) {
      await disk.fill();
      const ballast = join(disk.path, "ballast");
      await Deno.truncate(ballast, (await Deno.stat(ballast)).size - Math.floor(room));
      await assert.rejects(
        prepared.exportLost(target, () => {}),
        (error) => error instanceof PerchError && error.code === "storage_full",
        `${room}`,
      );
      await disk.free();
      assert.deepEqual(await contentOf(dataDir, OWN), before);
      const exports = await contentOf(join(dataDir, "exports")).catch(() => ({}));
      assert.deepEqual(exports, {}, `${room}`);
    }
    await compareExport(prepared, target);
    await prepared.discard();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readings of a newer Perch that cannot be read are not exported, and the sentence says who can", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-export-" });
  const dataDir = join(folder, "data");
  try {
    const { prepare } = await makeCase(folder, dataDir);
    await change(dataDir, [
      "insert into migrations (name, hash, applied_ms, perch) values ('9999_later.sql', 'x', 0, '9.8.7')",
      "alter table chunks rename column data to packed",
    ]);
    const before = await contentOf(dataDir, OWN);
    const prepared = await prepare();
    const target = join(dataDir, "exports", "readings.ndjson");
    await assert.rejects(prepared.exportLost(target, () => {}), {
      code: "conflict",
      message:
        /cannot be read by this Perch .*`perch restore --before-upgrade --dry-run --export yes`/,
    });
    await prepared.discard();
    assert.deepEqual(await contentOf(dataDir, /^$/), before);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
