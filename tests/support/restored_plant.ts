/** A plant in a data directory, made by hand, and an archive of it that is unpacked by copying. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { openConnection } from "../../lib/db/connection.ts";
import { letGo } from "../../lib/db/let_go.ts";
import { migrate, readMigrations } from "../../lib/db/migrate.ts";
import type { SqlValue } from "../../lib/db/client.ts";
import { FOLDERS, KEY_FILES, type Manifest } from "../../lib/backup/manifest.ts";
import type { RestoreDeps, RestoreRequest } from "../../lib/backup/request.ts";

export const MIGRATIONS = new URL("../../migrations", import.meta.url).pathname;
export const NOW_MS = Date.UTC(2026, 10, 28, 19, 30);

/** Writes into the database of a data directory that nothing has open; `dirty`: what it wrote stays in the log. */
export async function change(
  dataDir: string,
  statements: readonly (string | [string, ...SqlValue[]])[],
): Promise<void> {
  const connection = await openConnection({ url: `file:${join(dataDir, "perch.db")}` });
  await connection.write(
    statements.map((one) =>
      typeof one === "string" ? { sql: one } : { sql: one[0], args: one.slice(1) }
    ),
  );
  await connection.close();
  await letGo();
}

/** Rows of one query, as arrays. */
export async function ask(dataDir: string, sql: string): Promise<SqlValue[][]> {
  const connection = await openConnection({ url: `file:${join(dataDir, "perch.db")}` });
  try {
    return (await connection.query({ sql })).rows;
  } finally {
    await connection.close();
    await letGo();
  }
}

export const person = (id: string, state = "active"): [string, ...SqlValue[]] => [
  "insert into users (id, email, name, role, state, password, created_ms) values (?, ?, ?, 'admin', ?, ?, 1)",
  id,
  `${id}@plant.example`,
  id.toUpperCase(),
  state,
  `password of ${id}`,
];

export const accessKey = (id: string): [string, ...SqlValue[]] => [
  "insert into access_keys (id, name, kind, hash, hint, role, created_ms, created_by) " +
  "values (?, ?, 'api', ?, 'p', 'viewer', 1, 'a')",
  id,
  `key ${id}`,
  `hash ${id}`,
];

export const channel = (id: string, secrets: string): [string, ...SqlValue[]] => [
  "insert into channels (id, kind, name, options, secrets, created_ms) values (?, 'webhook', ?, '{}', ?, 1)",
  id,
  `channel ${id}`,
  secrets,
];

/** A new plant with people `ann` and `bob`, keys, channels, attachments and files of keys. */
export async function makePlant(dataDir: string, uid = "plant-1"): Promise<void> {
  await copyTree(await (model ??= makeModel()), dataDir);
  if (uid !== "plant-1") await change(dataDir, [["update plant set uid = ?", uid]]);
  await Deno.writeTextFile(join(dataDir, "files/attachments/one"), `attachment of ${uid}`);
}

/** Made once: the migrations take a while. */
let model: Promise<string> | undefined;

async function makeModel(): Promise<string> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-plant-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(dataDir, { recursive: true }));
  const connection = await openConnection({ url: `file:${join(dataDir, "perch.db")}` });
  await migrate(connection, readMigrations(MIGRATIONS), NOW_MS);
  await connection.close();
  await letGo();
  await change(dataDir, [
    "create table if not exists plant (one integer primary key, uid text not null, " +
    "since_ms integer not null, backup_sequence integer not null, backup_recipient text)",
    "insert into plant (one, uid, since_ms, backup_sequence) values (1, 'plant-1', 1, 7)",
    "insert into owner (id, epoch, host, pid, place, since_ms, beat_ms) values (1, 12, 'h', 1, '', 1, 0)",
    person("ann"),
    person("bob"),
    accessKey("k1"),
    accessKey("k2"),
    channel("c1", "sealed 1"),
    channel("c2", "sealed 2"),
    "insert into sessions values ('s', 'ann', 'browser', 'h', 1, 1, 9e12, '127.0.0.1', 'a')",
  ]);
  await Deno.mkdir(join(dataDir, "files/attachments"), { recursive: true });
  await Deno.writeTextFile(join(dataDir, "jwt.key"), "j".repeat(43) + "\n");
  await Deno.writeTextFile(join(dataDir, "channels.key"), "c".repeat(43) + "\n");
  return dataDir;
}

/** A copy of the plant as an archive would unpack it. */
export async function archiveOf(
  dataDir: string,
  folder: string,
  { keys = false, uid = "plant-1" } = {},
): Promise<RestoreDeps & { folder: string }> {
  await Deno.mkdir(folder, { recursive: true });
  await copyTree(join(dataDir, "perch.db"), join(folder, "perch.db"));
  for (const name of [...FOLDERS, ...(keys ? KEY_FILES : [])]) {
    await copyTree(join(dataDir, name), join(folder, name));
  }
  const manifest: Manifest = {
    format: 1,
    perch: "0.1.0",
    schema: "0062",
    created_ms: NOW_MS - 3_600_000,
    sequence: 7,
    reason: "asked",
    site: { id: uid, name: "Hall 3" },
    files: keys ? KEY_FILES.map((path) => ({ path, bytes: 44, sha256: "0".repeat(64) })) : [],
    counts: {},
    environment: {},
  };
  return {
    folder,
    unpack: async ({ target }) => {
      await copyTree(folder, target);
      return manifest;
    },
  };
}

export function requestOf(dataDir: string, more: Partial<RestoreRequest> = {}): RestoreRequest {
  return {
    file: "/backups/perch-hall-3-20261128T183000Z-7.tar.gz",
    dataDir,
    database: join(dataDir, "perch.db"),
    identity: null,
    site: null,
    migrationsFolder: MIGRATIONS,
    nowMs: NOW_MS,
    by: "perch restore",
    live: null,
    ...more,
  };
}

export async function copyTree(from: string, to: string): Promise<void> {
  const info = await Deno.stat(from).catch(() => null);
  if (info === null) return;
  if (!info.isDirectory) {
    await Deno.mkdir(join(to, ".."), { recursive: true });
    return await Deno.copyFile(from, to);
  }
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copyTree(join(from, name), join(to, name));
}

/** Every file below a folder with the hash of its content, but for `except`: two equal ones are the same state. */
export async function contentOf(
  folder: string,
  except: RegExp = /^$/,
  below = "",
): Promise<Record<string, string>> {
  const out: Record<string, string> = {};
  for await (const { name, isDirectory, isFile } of Deno.readDir(join(folder, below))) {
    const path = below === "" ? name : `${below}/${name}`;
    if (except.test(path)) continue;
    if (isDirectory) Object.assign(out, await contentOf(folder, except, path));
    else if (isFile) {
      out[path] = createHash("sha256").update(await Deno.readFile(join(folder, path))).digest(
        "hex",
      );
    }
  }
  return out;
}
