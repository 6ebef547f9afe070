import { zstdDecompressSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import type { TableContents } from "../fixtures/ledger.ts";

export const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));

export { contentsOf, linesOf } from "../fixtures/ledger.ts";

/** What must be found in the data directory that a release left; see `fixtures/make.ts`. */
export interface ReleaseLedger {
  /** Version of that Perch and its last migration. */
  release: { version: string; schema: string };
  /** What was sent, by the maker's own account. */
  readings: Record<string, { n: number; sha256: string }>;
  /** What stood in every table, in the columns of then. */
  tables: Record<string, TableContents>;
}

/** A data directory as a release wrote it. */
export interface Release {
  /** `release_0.1.0`, a folder of `tests/fixtures/`. */
  name: string;
  ledger: ReleaseLedger;
  /** Writes it into `dataDir`, which is there and empty. */
  unpack(dataDir: string): Promise<void>;
}

/** All that are kept, the oldest schema first. */
export function releases(fixtures = FIXTURES): Release[] {
  const names = [...Deno.readDirSync(fixtures)].filter(({ name, isDirectory }) =>
    isDirectory && name.startsWith("release_")
  ).map(({ name }) => name);
  return names.map((name) => releaseIn(`${fixtures}/${name}`, name))
    .sort((a, b) => a.ledger.release.schema < b.ledger.release.schema ? -1 : 1);
}

function releaseIn(folder: string, name: string): Release {
  return {
    name,
    ledger: JSON.parse(Deno.readTextFileSync(`${folder}/ledger.json`)),
    async unpack(dataDir) {
      await copyFolder(`${folder}/beside`, dataDir);
      await Deno.writeFile(
        `${dataDir}/perch.db`,
        zstdDecompressSync(await Deno.readFile(`${folder}/perch.db.zst`)),
      );
    },
  };
}

/** The oldest one: everything that has changed since then is ahead of it. */
export const firstRelease = (): Release => releases()[0];

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
