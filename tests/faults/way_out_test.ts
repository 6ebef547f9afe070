/**
 * Whatever refuses a start, or readings while Perch runs, names the last good backup, its age and a command; and the
 * command, typed into a shell in another folder, helps: Perch starts, with the readings of the backup at least.
 * Real files, real starts; disks are mounted where that is possible. `SABOTAGE=way-out` takes the command of the
 * default place, which is another one, and an archive of another name: the first kind is red.
 */
import assert from "node:assert/strict";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { type App, buildApp } from "../../lib/app.ts";
import { createBackupWorker } from "../../lib/backup/client.ts";
import { createKeyPair } from "../../lib/backup/encryption.ts";
import { archiveName, backupsFolder, listBackups, writeReceipt } from "../../lib/backup/folder.ts";
import { parseConfig } from "../../lib/base/config.ts";
import { messageOf } from "../../lib/base/errors.ts";
import { silentLog } from "../../lib/base/log.ts";
import { takeLock } from "../../lib/cli/lock.ts";
import { runPerch } from "../../lib/cli/run.ts";
import { DAY_MS } from "../../lib/words/times.ts";
import { startApp } from "../support/app.ts";
import { fakeBackup } from "../support/backups.ts";
import { haveMounts, readOnlyMount, smallDisk } from "../support/disk.ts";
import { perch } from "../support/command_line.ts";
import { startPerch } from "../support/perch.ts";
import { change } from "../support/restored_plant.ts";
import { sabotaged } from "../support/sabotage.ts";
import { copyPlant, fillPlant } from "../support/safe_plant.ts";
import { until } from "../support/until.ts";

interface Plant {
  dir: string;
  /** File with the private key of its encrypted backup. */
  keyFile: string;
}

interface Kind {
  damage: (plant: Plant) => void | Promise<void>;
  /** What the refusal begins with. */
  says: RegExp;
  /** The plant is in a directory of its own afterwards. */
  elsewhere?: boolean;
  /** Through `perch serve`, which takes the lock. */
  serve?: boolean;
}

/** Of kinds in which another has the directory, and in which it is mounted. */
const holders: { release(): void }[] = [];
const mounts: AsyncDisposable[] = [];

const db = ({ dir }: Plant) => join(dir, "perch.db");

const KINDS: Record<string, Kind> = {
  damaged: {
    damage: (plant) => Deno.truncateSync(db(plant), 5_000),
    says: /perch\.db is damaged/,
  },
  missing: { damage: (plant) => Deno.removeSync(db(plant)), says: /perch\.db is missing/ },
  "a directory": {
    damage(plant) {
      Deno.removeSync(db(plant));
      Deno.mkdirSync(db(plant));
    },
    says: /is a directory, not a file/,
  },
  "a link to nowhere": {
    damage(plant) {
      Deno.removeSync(db(plant));
      Deno.symlinkSync(join(plant.dir, "gone.db"), db(plant));
    },
    says: /is a link to .*nothing is there/,
    elsewhere: true,
  },
  "blocked: the log is a directory": {
    damage: (plant) => Deno.mkdirSync(`${db(plant)}-wal`),
    says: /perch\.db-wal is a directory/,
  },
  newer: {
    async damage({ dir }) {
      await change(dir, [
        "INSERT INTO migrations (name, hash, applied_ms, perch, readable_from) " +
        "VALUES ('9999_later', 'x', 0, '99.0.0', '99.0.0')",
      ]);
      // The backup of before: the receipt says why it was made.
      const [receipt] = await listBackups(backupsFolder(dir));
      receipt.manifest.reason = "before-upgrade";
      await writeReceipt(join(backupsFolder(dir), receipt.file), receipt);
    },
    says: /newer Perch|99\.0\.0/,
  },
  "jwt.key is damaged": {
    damage: ({ dir }) => Deno.writeTextFileSync(join(dir, "jwt.key"), "no key"),
    says: /jwt\.key holds no key/,
    elsewhere: true,
  },
  "a restore is stuck": {
    damage: ({ dir }) => Deno.writeTextFileSync(join(dir, "restoring.json"), "{"),
    says: /restoring\.json says that a restore was interrupted, and cannot be read/,
    elsewhere: true,
  },
  ...haveMounts() && {
    "on a disk that takes no writes": {
      damage: ({ dir }) => void mounts.push(readOnlyMount(dir)),
      says: /takes no writes/,
      elsewhere: true,
      serve: true,
    },
  },
  "in use by another process": {
    damage: async ({ dir }) => void holders.push(await takeLock(dir, "serve")),
    says: /is in use by perch serve \(process \d+ since/,
    elsewhere: true,
    serve: true,
  },
};

interface Made {
  root: string;
  copy(): Promise<Plant>;
}

async function withPlant(use: (made: Made) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "perch way out-" });
  const under = await startApp();
  try {
    await fillPlant(under);
    await under.app.stop();
    const { identity, recipient } = await createKeyPair();
    const keyFile = join(root, "key.txt");
    await Deno.writeTextFile(keyFile, `${identity}\n`);
    await encryptedBackup(under.dataDir, recipient);
    let copies = 0;
    await use({
      root,
      async copy() {
        const dir = join(root, `plant ${copies++}`);
        await copyPlant(under.dataDir, dir);
        return { dir, keyFile };
      },
    });
  } finally {
    for (const holder of holders.splice(0)) holder.release();
    for (const mount of mounts.splice(0)) await mount[Symbol.asyncDispose]();
    await Deno.remove(root, { recursive: true });
    await Deno.remove(under.dataDir, { recursive: true });
  }
}

/** A second backup, which is the newest. */
async function encryptedBackup(dataDir: string, recipient: string): Promise<void> {
  const [{ manifest }] = await listBackups(backupsFolder(dataDir));
  const nowMs = Date.now();
  const file = archiveName({ site: "test", nowMs, sequence: 2, encrypted: true });
  await createBackupWorker().make({
    database: join(dataDir, "perch.db"),
    dataDir,
    target: join(backupsFolder(dataDir), file),
    sequence: 2,
    reason: "asked",
    nowMs,
    site: manifest.site,
    perch: "0.1.0",
    environment: {},
    recipient,
    walMostBytes: 64_000_000,
  }, () => {});
}

const environment = (dir: string) => ({
  PERCH_DATA: dir,
  PERCH_HOST: "127.0.0.1",
  PERCH_PORT: "0",
  MQTT_PORT: "0",
  LOG_LEVEL: "error",
});

function appOf(dir: string): App {
  return buildApp({
    config: parseConfig(environment(dir)),
    version: "0.0.0-test",
    log: silentLog(),
  });
}

/** The sentence of a refused start; null: it started. */
async function refusalOf(dir: string, { serve = false }: Kind): Promise<string | null> {
  if (serve) {
    const { code, err } = await perch(dir, ["serve"], { env: environment(dir) });
    assert.equal(code, 2, err);
    return err.split("\n").filter((line) => !line.startsWith("{")).join("\n");
  }
  const app = appOf(dir);
  try {
    await app.start();
  } catch (error) {
    return messageOf(error);
  }
  await app.stop();
  return null;
}

async function run(env: Record<string, string>, args: string[], cwd = "/") {
  const lines: string[] = [];
  const terminal = {
    out: (line: string) => void lines.push(line),
    err: (line: string) => void lines.push(line),
    input: () => Promise.resolve(""),
    isPerson: false,
    isKeyboard: false,
  };
  const code = await runPerch(args, { terminal, env, cwd });
  return { code, err: lines.join("\n") };
}

/** The command of Perch in a sentence, as a shell understands it: variables and words. */
async function typedIn(sentence: string): Promise<{ env: Record<string, string>; args: string[] }> {
  const found = [...sentence.matchAll(/`((?:[A-Z_]+=(?:'[^`]*?'|\S+) )*perch [^`]+)`/g)].at(-1);
  assert.ok(found, `no command: ${sentence}`);
  const shim = `perch() { printf '%s\\0' "$PERCH_DATA" "$DATABASE_URL" "$@"; }; ${found[1]}`;
  const { stdout } = await new Deno.Command("sh", { args: ["-c", shim], env: { PERCH_DATA: "" } })
    .output();
  const [dataDir, url, ...args] = new TextDecoder().decode(stdout).split("\0").slice(0, -1);
  const env: Record<string, string> = { PERCH_DATA: dataDir, DATABASE_URL: url };
  if (sabotaged("way-out")) env.PERCH_DATA = "/proc/nowhere";
  return { env, args };
}

/** Does what the sentence says. Gives the directory in which the plant is then. */
async function follow(sentence: string, { dir, keyFile }: Plant): Promise<string> {
  const { env, args } = await typedIn(sentence);
  const to = `${dir} restored`;
  const stands: Record<string, string> = { DIR: to, KEYFILE: keyFile };
  const words = args.map((word) => stands[word] ?? word);
  if (sabotaged("way-out") && words[0] === "restore") words[1] += ".gone";
  if (words[0] === "restore") words.push("--yes");
  const { code, err } = await run(env, words);
  assert.equal(code, 0, `${words.join(" ")}: ${err}`);
  return words.includes(to) ? to : dir;
}

async function values(dir: string): Promise<number> {
  const app = appOf(dir);
  await app.start();
  try {
    const query = { sensor: 1, fromMs: 0, toMs: 4e12, limit: 10 };
    return (await app.parts().storage.readings.raw(query)).tMs.length;
  } finally {
    await app.stop();
  }
}

Deno.test("every refusal of a start names the last good backup, its age and a command that helps", () =>
  withPlant(async ({ copy }) => {
    for (const [name, kind] of Object.entries(KINDS)) {
      const plant = await copy();
      await kind.damage(plant);
      const sentence = await refusalOf(plant.dir, kind);
      assert.ok(sentence !== null, `${name}: it started`);
      assert.match(sentence, kind.says, name);
      assert.doesNotMatch(sentence, /\n/, name);
      assert.match(sentence, /\/backups\/perch-test-\S+ \(made (just now|\d+ s ago)\)/, name);
      const dir = await follow(sentence, plant);
      assert.equal(dir !== plant.dir, kind.elsewhere ?? false, name);
      if (name === "jwt.key is damaged") {
        const copied = new TextDecoder().decode((await shell(sentence, plant, dir)).stderr);
        assert.equal(copied, "");
        assert.equal(await refusalOf(plant.dir, kind), null);
      }
      assert.ok(await values(dir) >= 2, name);
    }
  }));

// Its control: SABOTAGE=way-out, as above.
Deno.test({
  name:
    "a full disk, at the start and while Perch runs: the cleanup that it names gives the room that it says",
  ignore: !haveMounts(),
}, () =>
  withPlant(async ({ copy }) => {
    await using disk = await smallDisk(48);
    const plant = { ...await copy(), dir: join(disk.path, "plant") };
    await copyPlant(join(plant.keyFile, "..", "plant 0"), plant.dir);
    await grow(plant.dir, -3);
    const running = await startPerch({
      dataDir: plant.dir,
      env: { MQTT_PORT: "0" },
      readyPath: "/health/live",
    });
    try {
      await disk.fill();
      const sentence = await until("health to say it", async () => {
        const { reason } = await (await fetch(`${running.url}/health/ready`)).json();
        return /cleanup/.test(reason ?? "") ? String(reason) : null;
      });
      await frees(sentence, plant);
      await disk.free();
      await until("readings", async () => (await fetch(`${running.url}/health/ready`)).ok || null);
    } finally {
      assert.equal(await running.stop(), 0);
    }
    await grow(plant.dir, -2);
    await Deno.remove(join(plant.dir, "reserve"));
    for (const name of ["perch.lock", "perch.db-owner"]) {
      await Deno.remove(join(plant.dir, name)).catch(() => {});
    }
    await disk.fill();
    const sentence = await refusalOf(plant.dir, { ...KINDS.damaged, serve: true });
    await frees(sentence!, plant);
    assert.equal(await values(plant.dir), 3);
  }));

const MEGABYTE = 1_000_000;

/** Three large backups of 9 days ago. */
async function grow(dir: string, first: number): Promise<void> {
  for (const n of [0, 1, 2]) {
    const createdMs = Date.now() - 9 * DAY_MS;
    const { file, ...receipt } = await fakeBackup(dir, {
      sequence: 100 + first * 10 + n,
      createdMs,
    });
    const path = join(backupsFolder(dir), file);
    await Deno.writeFile(path, new Uint8Array(5 * MEGABYTE));
    await writeReceipt(path, { ...receipt, file, bytes: 5 * MEGABYTE });
  }
  // The newest is another one: those are never too many.
  await fakeBackup(dir, { sequence: 500 - first, createdMs: Date.now() });
}

/** The command in the sentence gives as much room as the sentence says. */
async function frees(sentence: string, plant: Plant): Promise<void> {
  assert.match(sentence, /full/);
  assert.match(sentence, /3 older backups \(15\.0\sMB\) may be deleted/);
  const before = await statfs(plant.dir);
  await follow(sentence, plant);
  const after = await statfs(plant.dir);
  const freed = (after.bavail - before.bavail) * before.bsize;
  assert.ok(Math.abs(freed - 15 * MEGABYTE) < MEGABYTE, `${freed} bytes`);
}

/** The commands of the shell in a sentence, which are not Perch's. */
async function shell(sentence: string, plant: Plant, dir: string): Promise<Deno.CommandOutput> {
  const [, line] = /`(mv [^`]+)`/.exec(sentence)!;
  const shim = `cp() { command cp "$(echo "$1" | sed "s|^DIR|${dir}|")" "$2"; }; ${line}`;
  return await new Deno.Command("sh", { args: ["-c", shim], cwd: plant.dir }).output();
}
