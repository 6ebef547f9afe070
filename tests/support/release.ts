import { zstdDecompressSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import type { TableContents } from "../fixtures/release_2026_11_21/ledger.ts";

const FOLDER = fileURLToPath(new URL("../fixtures/release_2026_11_21/", import.meta.url));

export { contentsOf, linesOf } from "../fixtures/release_2026_11_21/ledger.ts";

/** What must be found in the data directory of that release; see its `make.ts`. */
export interface ReleaseLedger {
  readings: Record<string, { n: number; sha256: string }>;
  tables: Record<string, TableContents>;
}

export function releaseLedger(): ReleaseLedger {
  return JSON.parse(Deno.readTextFileSync(`${FOLDER}ledger.json`));
}

/** Writes the data directory that the release of 2026-11-21 left into `dataDir`, which is there and empty. */
export async function unpackRelease(dataDir: string): Promise<void> {
  await copyFolder(`${FOLDER}beside`, dataDir);
  await Deno.writeFile(
    `${dataDir}/perch.db`,
    zstdDecompressSync(await Deno.readFile(`${FOLDER}perch.db.zst`)),
  );
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
