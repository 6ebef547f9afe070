/**
 * T16: a database that is damaged, missing, empty or not one at the start. Each kind has many mutants; the seed is
 * the number of the mutant. DAMAGE_N sets how many (default 4 per kind).
 *
 * A refusal changes no file, and with a good backup beside it names the way out. Whatever is served was appended with that value, and what is missing is said to be.
 * `SABOTAGE=damage` lets what was refused be forgotten: SQLite alone decides.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { withWayOut } from "../../lib/app/way_out.ts";
import { fakeBackup } from "../support/backups.ts";
import { asIfUnchecked } from "../support/damage.ts";
import { noneOf } from "../support/figures.ts";
import {
  copyDir,
  type Ledger,
  makeDatabases,
  type Outcome,
  seeded,
  tryStart,
} from "../support/damaged_start.ts";

const N = Number(Deno.env.get("DAMAGE_N") ?? 4);
const PAGE = 1024;

interface Kind {
  name: string;
  /** Begins with what a clean end left; else with what `kill -9` left. */
  ended?: boolean;
  damage: (dir: string, random: () => number) => void;
  /** Every mutant has to be refused, with this in its sentence. */
  refused?: RegExp;
}

const db = (dir: string) => join(dir, "perch.db");
const wal = (dir: string) => join(dir, "perch.db-wal");
const size = (path: string) => Deno.statSync(path).size;

function overwrite(path: string, at: number, bytes: Uint8Array): void {
  using file = Deno.openSync(path, { write: true });
  file.seekSync(at, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}
const noise = (n: number, random: () => number) =>
  Uint8Array.from({ length: n }, () => Math.floor(random() * 256));
const pageOf = (path: string, random: () => number, least = 1) =>
  least + Math.floor(random() * (size(path) / PAGE - least));
function withoutLog(dir: string): void {
  for (const end of ["-wal", "-shm"]) Deno.removeSync(db(dir) + end);
}

const KINDS: readonly Kind[] = [
  { name: "nothing is damaged", damage: () => {} },
  { name: "nothing is damaged, after a clean end", ended: true, damage: () => {} },
  {
    name: "the file is cut off after a clean end",
    ended: true,
    refused: /perch\.db is damaged/,
    damage: (dir, random) => Deno.truncateSync(db(dir), PAGE * pageOf(db(dir), random)),
  },
  {
    name: "the file is cut off, the log is there",
    damage: (dir, random) => Deno.truncateSync(db(dir), PAGE * pageOf(db(dir), random)),
  },
  {
    name: "the file is cut to less than a page",
    refused: /perch\.db is damaged/,
    damage: (dir, random) => Deno.truncateSync(db(dir), 1 + Math.floor(random() * 99)),
  },
  {
    name: "the file is empty, the log is there",
    refused: /perch\.db is empty, but there was a plant here: .*perch serve --new/,
    damage: (dir) => Deno.truncateSync(db(dir)),
  },
  {
    name: "the file is empty, no log",
    refused: /perch\.db is empty, but there was a plant here: .*channels\.key/,
    damage(dir) {
      withoutLog(dir);
      Deno.truncateSync(db(dir));
    },
  },
  {
    name: "the file is missing, the log is there",
    refused: /perch\.db is missing, but .*-wal/,
    damage(dir) {
      Deno.removeSync(db(dir));
      for (const key of ["jwt.key", "channels.key"]) Deno.removeSync(join(dir, key));
    },
  },
  {
    name: "the file is missing, keys are there",
    ended: true,
    refused: /perch\.db is missing, but there was a plant here: .*jwt\.key/,
    damage: (dir) => Deno.removeSync(db(dir)),
  },
  {
    name: "the first page is zero",
    refused: /its first bytes are zeros/,
    damage: (dir) => overwrite(db(dir), 0, new Uint8Array(PAGE)),
  },
  {
    name: "all is zero",
    refused: /its first bytes are zeros/,
    damage: (dir) => overwrite(db(dir), 0, new Uint8Array(size(db(dir)))),
  },
  {
    name: "random header",
    refused: /perch\.db is damaged: its first bytes/,
    damage: (dir, random) => overwrite(db(dir), 0, noise(100, random)),
  },
  {
    name: "random second 4 KiB",
    damage: (dir, random) => overwrite(db(dir), 4 * PAGE, noise(4096, random)),
  },
  {
    name: "random middle 16 KiB",
    damage: (dir, random) =>
      overwrite(db(dir), PAGE * pageOf(db(dir), random), noise(16_384, random)),
  },
  {
    name: "a random page, no log",
    ended: true,
    damage: (dir, random) =>
      overwrite(db(dir), PAGE * pageOf(db(dir), random), noise(PAGE, random)),
  },
  {
    name: "64 random bytes, no log",
    ended: true,
    damage: (dir, random) =>
      overwrite(
        db(dir),
        Math.floor(PAGE + random() * (size(db(dir)) - PAGE - 64)),
        noise(64, random),
      ),
  },
  {
    name: "a random bit, no log",
    ended: true,
    damage(dir, random) {
      const at = Math.floor(PAGE + random() * (size(db(dir)) - PAGE));
      const byte = Deno.readFileSync(db(dir))[at];
      overwrite(db(dir), at, Uint8Array.of(byte ^ (1 << Math.floor(random() * 8))));
    },
  },
  {
    name: "zero middle 16 KiB, no log",
    ended: true,
    damage: (dir, random) =>
      overwrite(db(dir), PAGE * pageOf(db(dir), random), new Uint8Array(16 * PAGE)),
  },
  {
    name: "zero last 32 KiB, no log",
    ended: true,
    damage: (dir) => overwrite(db(dir), size(db(dir)) - 32 * PAGE, new Uint8Array(32 * PAGE)),
  },
  {
    name: "two pages are swapped, no log",
    ended: true,
    damage(dir, random) {
      const bytes = Deno.readFileSync(db(dir));
      const [a, b] = [pageOf(db(dir), random) * PAGE, pageOf(db(dir), random) * PAGE];
      overwrite(db(dir), a, bytes.slice(b, b + PAGE));
      overwrite(db(dir), b, bytes.slice(a, a + PAGE));
    },
  },
  {
    name: "a text is no UTF-8",
    ended: true,
    refused: /perch\.db is damaged \(a text that is no UTF-8 in sensors\.\w+\)/,
    damage(dir, random) {
      const column = ["id", "name", "machine", "sensor"][Math.floor(random() * 4)];
      const bytes = ["c3", "ff41", "4180", "eda080", "c0af", "4100c341"][Math.floor(random() * 6)];
      asIfUnchecked(db(dir), "sensors", (db) => {
        db.exec(`UPDATE sensors SET ${column} = CAST(x'${bytes}' AS TEXT) WHERE num = 2`);
      });
    },
  },
  {
    name: "a whole number is beyond what a program reads",
    ended: true,
    refused: /perch\.db is damaged \(a whole number beyond 2\^53 in sensors\.created_ms\)/,
    damage: (dir) =>
      asIfUnchecked(db(dir), "sensors", (db) => {
        db.exec("UPDATE sensors SET created_ms = 9223372036854775807 WHERE num = 2");
      }),
  },
  {
    name: "a text that is no ASCII is a good one",
    ended: true,
    damage: (dir) =>
      asIfUnchecked(db(dir), "sensors", (db) => {
        db.exec("UPDATE sensors SET name = 'Kühlraum/° 測定 👍' WHERE num = 2");
      }),
  },
  {
    name: "the log is missing",
    damage: (dir) => Deno.removeSync(wal(dir)),
  },
  {
    name: "the log is empty",
    damage: (dir) => Deno.truncateSync(wal(dir)),
  },
  {
    name: "random header of the log",
    damage: (dir, random) => overwrite(wal(dir), 0, noise(32, random)),
  },
  {
    name: "random middle of the log",
    damage: (dir, random) =>
      overwrite(wal(dir), 32 + Math.floor(random() * (size(wal(dir)) - 4128)), noise(4096, random)),
  },
  {
    name: "a random bit of the log",
    damage(dir, random) {
      const at = Math.floor(random() * size(wal(dir)));
      const byte = Deno.readFileSync(wal(dir))[at];
      overwrite(wal(dir), at, Uint8Array.of(byte ^ (1 << Math.floor(random() * 8))));
    },
  },
  {
    name: "a random bit of the log, without its index",
    damage(dir, random) {
      Deno.removeSync(`${db(dir)}-shm`);
      // Not in the last two transactions: those look as a power cut leaves them.
      const at = Math.floor(random() * size(wal(dir)) * 0.7);
      const byte = Deno.readFileSync(wal(dir))[at];
      overwrite(wal(dir), at, Uint8Array.of(byte ^ (1 << Math.floor(random() * 8))));
    },
  },
  {
    name: "the log is cut off",
    damage: (dir, random) => Deno.truncateSync(wal(dir), Math.floor(random() * size(wal(dir)))),
  },
  {
    name: "the log of another database",
    damage(dir, random) {
      const bytes = noise(size(wal(dir)), random);
      overwrite(wal(dir), 0, bytes);
    },
  },
  {
    name: "a directory in the file's place",
    refused: /perch\.db is a directory, not a file/,
    damage(dir) {
      withoutLog(dir);
      Deno.removeSync(db(dir));
      Deno.mkdirSync(db(dir));
    },
  },
  {
    name: "the log is a directory",
    refused: /perch\.db-wal is a directory/,
    damage(dir) {
      withoutLog(dir);
      Deno.mkdirSync(wal(dir));
    },
  },
  {
    name: "the index of the log is a directory",
    refused: /perch\.db-shm is a directory/,
    damage(dir) {
      Deno.removeSync(`${db(dir)}-shm`);
      Deno.mkdirSync(`${db(dir)}-shm`);
    },
  },
  {
    name: "a text in the file's place",
    refused: /its first bytes are not those of a database/,
    damage(dir) {
      withoutLog(dir);
      Deno.writeTextFileSync(db(dir), "hello world, not a database at all");
    },
  },
  {
    name: "a link to nowhere in the file's place",
    refused: /is a link to .*nothing is there.*Is the drive mounted/,
    damage(dir) {
      withoutLog(dir);
      Deno.removeSync(db(dir));
      Deno.symlinkSync(join(dir, "gone", "perch.db"), db(dir));
    },
  },
  {
    name: "the file has a second name",
    refused: /has 2 names \(hard links\)/,
    damage: (dir) => Deno.linkSync(db(dir), join(dir, "other.db")),
  },
];

interface Site {
  root: string;
  ledger: Ledger;
  killed: string;
  ended: string;
}

async function withSite(work: (site: Site) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "perch-t16-" });
  try {
    await work({ root, ...await makeDatabases(root) });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Null: as promised; else what was not. */
function broken(kind: Kind, outcome: Outcome): string | null {
  if (outcome.kind === "refused") {
    if (outcome.changed.length > 0) return `refused, but changed ${outcome.changed}`;
    if (outcome.message.includes("\n") || !/Nothing was changed/.test(outcome.message)) {
      return `no sentence: ${outcome.message}`;
    }
    return kind.refused === undefined || kind.refused.test(outcome.message)
      ? null
      : `refused otherwise: ${outcome.message}`;
  }
  if (kind.refused !== undefined) return "started";
  if (outcome.replaced.length > 0) return `replaced ${outcome.replaced}`;
  if (outcome.wrong > 0) return `${outcome.wrong} readings are not what was stored`;
  if (outcome.missing > 0 && !outcome.said) return `${outcome.missing} readings are silently gone`;
  return null;
}

/** Null: with a good backup the refusal names it, its age and the command in one sentence; else what it says. */
async function lost(dir: string, outcome: Outcome): Promise<string | null> {
  if (outcome.kind !== "refused") return null;
  const { file } = await fakeBackup(dir, { sequence: 1, createdMs: Date.now() - 7_200_000 });
  const database = { url: `file:${db(dir)}`, authToken: null };
  const { message } = await withWayOut(outcome.error, { dataDir: dir, database }) as Error;
  const named = message.includes(`${file} (made 2 h ago)`) && !message.includes("\n") &&
    message.includes(` perch restore ${join(dir, "backups", file)}`);
  return named ? null : `no way out: ${message}`;
}

Deno.test(`T16: ${KINDS.length} kinds of damage, ${N} mutants each: none served as truth, none replaced`, () =>
  withSite(async ({ root, ledger, killed, ended }) => {
    const faults: string[] = [];
    const counts: Record<string, Record<string, number>> = {};
    for (const kind of KINDS) {
      for (let n = 0; n < N; n++) {
        const dir = join(root, "mutant");
        await copyDir(kind.ended ? ended : killed, dir);
        kind.damage(dir, seeded(n + 1));
        const outcome = await tryStart(dir, ledger);
        const fault = broken(kind, outcome) ?? await lost(dir, outcome);
        if (fault !== null) faults.push(`${kind.name}, mutant ${n}: ${fault}`);
        const word = outcome.kind === "refused"
          ? "refused"
          : outcome.cut
          ? "cut, said"
          : outcome.said
          ? "gap, said"
          : "harmless";
        const of = counts[kind.name] ??= {};
        of[word] = (of[word] ?? 0) + 1;
        await Deno.remove(dir, { recursive: true });
      }
    }
    if (Deno.env.has("DAMAGE_N")) console.log(counts);
    const mutants = N * KINDS.length;
    console.log(`  ${mutants} mutants: ${faults.length} faults; if none, ${noneOf(mutants)}`);
    assert.deepEqual(faults, []);
  }));
