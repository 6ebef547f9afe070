import { createTarPacker, type TarHeader } from "modern-tar";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { makeBackup } from "../../lib/backup/make.ts";
import type { Manifest } from "../../lib/backup/manifest.ts";
import { type ReadArchive, readArchive } from "../../lib/backup/read_archive.ts";
import type { MakeRequest } from "../../lib/backup/types.ts";
import { openTestDatabase } from "./database.ts";

export const MIGRATIONS = join(import.meta.dirname!, "../../migrations");

/** A data directory with a database, attachments, a codec and keys; the database is closed. */
export async function makePlant(dataDir: string, bytes = 0): Promise<void> {
  const db = await openTestDatabase(dataDir);
  if (bytes > 0) await db.write([{ sql: "CREATE TABLE ballast (a BLOB)" }]);
  for (let done = 0; done < bytes; done += 100_000) {
    await db.write([{ sql: "INSERT INTO ballast VALUES (randomblob(100000))" }]);
  }
  await db.close();
  const put = async (path: string, content: Uint8Array) => {
    await Deno.mkdir(join(dataDir, path, ".."), { recursive: true });
    await Deno.writeFile(join(dataDir, path), content);
  };
  for (let i = 0; i < 5; i++) await put(`files/attachments/a${i}.png`, randomBytes(20_000));
  await put("files/photos/p.png", randomBytes(30_000));
  await put("codecs/pump/decode.js", new TextEncoder().encode("export default 1;\n"));
  await put("jwt.key", randomBytes(32));
}

/** What is asked to make a backup of that plant. */
export function requestFor(dataDir: string, sequence: number, recipient?: string): MakeRequest {
  const time = `2026112${sequence % 10}T000000Z`;
  return {
    database: join(dataDir, "perch.db"),
    dataDir,
    target: join(
      dataDir,
      `backups/perch-hall-${time}-${sequence}.tar.gz${recipient ? ".age" : ""}`,
    ),
    sequence,
    reason: "asked",
    nowMs: Date.UTC(2026, 10, 28),
    site: { id: "plant", name: "Hall" },
    perch: "0.1.0",
    environment: { PERCH_PORT: "8080" },
    recipient: recipient ?? null,
    walMostBytes: 48_000_000,
  };
}

/** In this thread. */
export async function backUp(request: MakeRequest) {
  const signal = new AbortController().signal;
  return await makeBackup({
    request,
    migrationsFolder: MIGRATIONS,
    signal,
    onProgress: () => {},
  });
}

/** Unpacks the files of an archive in this thread. */
export async function unpackFiles(
  file: string,
  into: string,
  identity: string | null = null,
  mostBytes = 1e9,
): Promise<ReadArchive> {
  await Deno.mkdir(into, { recursive: true });
  const signal = new AbortController().signal;
  return await readArchive({
    ...{ file, identity, into, mostBytes, durable: false, signal },
    onShare: () => {},
  });
}

export interface Entry {
  header: Partial<TarHeader> & { name: string };
  content: Uint8Array;
}

/** A manifest for so many files, right in every way. */
export function manifestFor(files: Record<string, Uint8Array>): Manifest {
  return {
    format: 1,
    perch: "0.1.0",
    schema: "0001_readings",
    created_ms: 0,
    sequence: 1,
    reason: "asked",
    site: { id: "plant", name: "Hall" },
    files: Object.entries(files).map(([path, content]) => ({
      path,
      bytes: content.length,
      sha256: createHash("sha256").update(content).digest("hex"),
    })),
    counts: {},
    environment: {},
  };
}

/** Entries as an attacker packs them, before compression. */
export async function tarOf(entries: readonly Entry[]): Promise<Uint8Array<ArrayBuffer>> {
  const { readable, controller } = createTarPacker();
  const packed = new Response(readable).bytes();
  for (const { header, content } of entries) {
    const writer = controller.add({ size: content.length, ...header }).getWriter();
    if (content.length > 0 && (header.type ?? "file") === "file") await writer.write(content);
    await writer.close();
  }
  controller.finalize();
  return await packed;
}

export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip")))
    .bytes();
}

/** Everything below a folder, by its path: `LENGTH SHA256`. */
export async function contentOf(folder: string, prefix = ""): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const entry of Deno.readDir(join(folder, prefix))) {
    const path = join(prefix, entry.name);
    if (entry.isDirectory) {
      for (const [name, content] of await contentOf(folder, path)) found.set(name, content);
    } else {
      const bytes = await Deno.readFile(join(folder, path));
      found.set(path, `${bytes.length} ${createHash("sha256").update(bytes).digest("hex")}`);
    }
  }
  return found;
}

export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(length, at + 65_536)));
  }
  return bytes;
}
