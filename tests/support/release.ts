import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { zstdDecompressSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { linesOf, type TableContents } from "../fixtures/ledger.ts";
import { letGo } from "../../lib/db/let_go.ts";
import { openEngine } from "./storage.ts";

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

/**
 * Compares the readings of a data directory that nothing has open with what was sent. It is brought up to date.
 * @param except names of sensors that have more by now
 */
export async function compareReadings(
  dataDir: string,
  ledger: ReleaseLedger,
  except: readonly string[] = [],
): Promise<void> {
  const engine = await openEngine({ url: `file:${dataDir}/perch.db` });
  const ask = async (sql: string) => (await engine.connection.query({ sql })).rows;
  try {
    const states = await ask("SELECT sensor_num, code, text FROM sensor_states");
    const sensors = await ask("SELECT name, num, kind FROM sensors");
    for (const [name, expected] of Object.entries(ledger.readings)) {
      if (except.includes(name)) continue;
      const [, num, kind] = sensors.find((row) => row[0] === name)!;
      const textOf = (code: number) => states.find((s) => s[0] === num && s[1] === code)?.[2];
      const query = { sensor: Number(num), fromMs: 0, toMs: 4e12, limit: 100_000 };
      const { tMs, value, next } = await engine.store.raw(query);
      assert.equal(next, null);
      const shown = Array.from(tMs, (t, i) => ({
        tMs: t,
        value: kind === "text" ? textOf(value[i]) : value[i],
      }));
      const sha256 = createHash("sha256").update(linesOf(shown)).digest("hex");
      assert.deepEqual({ n: tMs.length, sha256 }, expected, name);
    }
  } finally {
    await engine.close();
    // Another process writes to it next: what this one still held would hide that from it.
    await letGo();
  }
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
