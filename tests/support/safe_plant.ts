/** A plant with readings and a verified backup of them, as it lies on the disk after Perch has ended. */
import { join } from "node:path";
import { archiveName, writeReceipt } from "../../lib/backup/folder.ts";
import { createBackupWorker } from "../../lib/backup/client.ts";
import { createPlantStore } from "../../lib/backup/plant_store.ts";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { AppUnderTest } from "./app.ts";

export const ADMIN = { email: "ada@example.org", password: "my own words" };

export interface SafePlant {
  /** Key of an admin, of before the backup. */
  key: string;
  /** File name of the backup. */
  archive: string;
}

/** Stores two readings of `m/s`, makes a backup, and stores a third: 1, 2, 3. */
export async function fillPlant({ app, dataDir }: AppUnderTest): Promise<SafePlant> {
  const { access, intake, storage } = app.parts();
  const actor = systemActor("test");
  await access.users.add({ ...ADMIN, role: "admin" }, actor);
  const { key } = await access.keys.add({ name: "k", role: "admin" }, actor);
  const store = (value: number) =>
    intake.offerBatch({
      source: "test",
      topic: "",
      drafts: [{ sensor: "m/s", value, tMs: Date.now() - 60_000 + value * 1000 }],
      rejects: [],
    });
  for (const value of [1, 2]) await store(value);
  const { uid } = await createPlantStore(storage.db).load(Date.now());
  const archive = archiveName({
    site: "test",
    nowMs: Date.now(),
    sequence: 1,
    encrypted: false,
  });
  await Deno.mkdir(join(dataDir, "backups"), { recursive: true, mode: 0o700 });
  const target = join(dataDir, "backups", archive);
  const made = await createBackupWorker().make({
    database: join(dataDir, "perch.db"),
    dataDir,
    target,
    sequence: 1,
    reason: "asked",
    nowMs: Date.now(),
    site: { id: uid, name: "test" },
    perch: "0.1.0",
    environment: {},
    recipient: null,
    walMostBytes: 64_000_000,
  }, () => {});
  await writeReceipt(target, { ...made, file: archive, encrypted: false });
  await store(3);
  return { key, archive };
}

/** Values of `m/s`. */
export async function valuesOf(url: string, key: string): Promise<number[]> {
  const response = await fetch(`${url}/api/readings?sensor=m/s&from=0&points=0`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return (await response.json()).v;
}

/** Copies a data directory with what is in its folders. */
export async function copyPlant(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { mode: 0o700 });
  for (const { name, isDirectory, isFile } of Deno.readDirSync(from)) {
    if (isDirectory) await copyPlant(join(from, name), join(to, name));
    else if (isFile) await Deno.copyFile(join(from, name), join(to, name));
  }
}
