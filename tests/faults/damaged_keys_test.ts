/**
 * Keys and other names in the data directory that hold something else than they should. A start is refused with a
 * sentence and exit code 2, or goes on where readings do not depend on it; nothing is overwritten.
 * `SABOTAGE=keys` lets the tests see files as they were before: a damaged key is taken for a missing one.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type App, buildApp } from "../../lib/app.ts";
import { parseConfig } from "../../lib/base/config.ts";
import type { PerchError } from "../../lib/base/errors.ts";
import { silentLog } from "../../lib/base/log.ts";
import { runPerch } from "../../lib/cli/run.ts";
import { changes, hashes } from "../support/damaged_start.ts";
import { copyPlant } from "../support/safe_plant.ts";
import { sabotaged } from "../support/sabotage.ts";

const DAMAGE: Record<string, (path: string) => void> = {
  "empty": (path) => Deno.writeTextFileSync(path, ""),
  "NUL bytes": (path) => Deno.writeFileSync(path, new Uint8Array(44)),
  "too short": (path) => Deno.writeTextFileSync(path, "c2hvcnQ\n"),
  "a text": (path) => Deno.writeTextFileSync(path, "this is not a key, whatever its length may be"),
  "large": (path) => Deno.writeTextFileSync(path, "k".repeat(100_000)),
  "a directory": (path) => {
    Deno.removeSync(path);
    Deno.mkdirSync(path);
  },
  "a link to itself": (path) => {
    Deno.removeSync(path);
    Deno.symlinkSync(path, path);
  },
};

function build(dataDir: string, env: Record<string, string> = {}): App {
  const config = parseConfig({
    PERCH_DATA: dataDir,
    PERCH_HOST: "127.0.0.1",
    PERCH_PORT: "0",
    MQTT_PORT: "0",
    ...env,
  });
  return buildApp({ config, version: "0.0.0-test", log: silentLog() });
}

/** A data directory of a Perch that ended, with two channels that have secrets; made once for all tests. */
let made: Promise<{ plant: string; ids: string[] }> | undefined;

async function makePlant() {
  const plant = await Deno.makeTempDir({ prefix: "perch-keys-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(plant, { recursive: true }));
  const app = build(plant);
  await app.start();
  const ids = [];
  for (const name of ["one", "two"]) {
    const { id } = await app.parts().notify.channels.add({
      kind: "gotify",
      name,
      options: { server: SERVER, token: "secret" },
    }, (change) => app.parts().access.audit.statement({ actor: ACTOR, ...change }));
    ids.push(id);
  }
  await app.stop();
  return { plant, ids };
}

async function withPlant(work: (dir: string, ids: string[]) => Promise<void>): Promise<void> {
  const { plant, ids } = await (made ??= makePlant());
  const root = await Deno.makeTempDir({ prefix: "perch-keys-" });
  try {
    const dir = join(root, "plant");
    await copyPlant(plant, dir);
    await work(dir, ids);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const SERVER = "https://93.184.216.34";
const ACTOR = { kind: "system", id: null, name: "test", address: null, agent: null } as const;

/** `perch serve` in this process: what it prints and its exit code. */
async function serve(dataDir: string, args = ["serve"]) {
  const lines: string[] = [];
  const code = await runPerch(args, {
    terminal: {
      out: (text: string) => void lines.push(text),
      err: (text: string) => void lines.push(text),
    } as Parameters<typeof runPerch>[1]["terminal"],
    env: {
      PERCH_DATA: dataDir,
      PERCH_HOST: "127.0.0.1",
      PERCH_PORT: "0",
      MQTT_PORT: "0",
      LOG_LEVEL: "error",
    },
    cwd: dataDir,
  });
  return { code, text: lines.join("\n") };
}

/** The sentence with which a start ends; empty: it started. */
async function refusal(dir: string): Promise<string> {
  const app = build(dir);
  try {
    await app.start();
  } catch (error) {
    assert.equal((error as PerchError).code, "not_started");
    return (error as PerchError).message;
  }
  await app.stop();
  return "";
}

Deno.test("a damaged jwt.key refuses the start with its path and what to do, and stays as it is", () =>
  withPlant(async (dir) => {
    const path = join(dir, "jwt.key");
    const key = Deno.readTextFileSync(path);
    for (const [what, damage] of Object.entries(DAMAGE)) {
      damage(path);
      if (sabotaged("keys")) Deno.removeSync(path);
      const before = hashes(dir);
      const text = await refusal(dir);
      assert.match(text, /^[^\n]*jwt\.key [^\n]*(Put it back|Give the user)[^\n]*$/, what);
      const changed = changes(before, hashes(dir)).filter((name) => name !== "perch.lock");
      assert.deepEqual(changed, [], what);
      Deno.removeSync(path, { recursive: true });
      Deno.writeTextFileSync(path, key);
    }
    Deno.writeTextFileSync(path, "");
    assert.equal((await serve(dir)).code, 2);
    const given = build(dir, { JWT_SECRET: "x".repeat(40) });
    await given.start();
    await given.stop();
    assert.equal(Deno.readTextFileSync(path), "");
    Deno.writeTextFileSync(path, key);
    const app = build(dir);
    await app.start();
    await app.stop();
  }));

Deno.test("a damaged channels.key stops no reading: the channels say so, and secrets can be typed again", () =>
  withPlant(async (plant, [one, two]) => {
    for (const [what, damage] of Object.entries(DAMAGE)) {
      const dir = `${plant}-copy`;
      await copyPlant(plant, dir);
      const path = join(dir, "channels.key");
      damage(path);
      if (sabotaged("keys")) Deno.removeSync(path, { recursive: true });
      const before = hashes(dir)["channels.key"];
      const app = build(dir);
      await app.start();
      try {
        const { intake, notify, components, access } = app.parts();
        const draft = { sensor: "m/s", value: 1 };
        const batch = { source: "test", topic: "", drafts: [draft], rejects: [] };
        assert.equal((await intake.offerBatch(batch)).accepted, 1, what);
        const said = /channels\.key .*(type the secrets again|right to read)/;
        for (const id of [one, two]) assert.match(notify.channels.find(id).fault ?? "", said, what);
        const outbox = components.all().find(({ name }) => name === "outbox");
        assert.equal(outbox?.health, "error", what);
        assert.equal(hashes(dir)["channels.key"], before, what);
        const options = { server: SERVER, token: "typed again" };
        const retype = notify.channels.change(
          one,
          { options },
          (change) => access.audit.statement({ actor: ACTOR, ...change }),
        );
        if (what === "a link to itself") {
          await assert.rejects(retype, { code: "unavailable" });
          assert.equal(hashes(dir)["channels.key"], before, what);
          continue;
        }
        assert.equal((await retype).fault, null, what);
        assert.equal(notify.channels.optionsOf(one).token, "typed again");
        assert.match(notify.channels.find(two).fault ?? "", said, "the other waits for its own");
        const aside = Object.entries(hashes(dir))
          .filter(([name]) => name.startsWith("channels.key.damaged-"));
        assert.deepEqual(aside.map(([, hash]) => hash), [before], what);
      } finally {
        await app.stop();
        await Deno.remove(dir, { recursive: true });
      }
    }
  }));

Deno.test("a directory where a file of Perch belongs: one sentence, exit code 2, and it is not cleared away", () =>
  withPlant(async (dir) => {
    for (const name of ["perch.lock", "perch.sock", "perch.db", "perch.db-wal"]) {
      const path = join(dir, name);
      const kept = name === "perch.db" ? Deno.readFileSync(path) : null;
      try {
        Deno.removeSync(path);
      } catch {
        // It was not there.
      }
      Deno.mkdirSync(path);
      Deno.writeTextFileSync(join(path, "precious"), "");
      const { code, text } = await serve(dir);
      assert.equal(code, 2, `${name}: ${text}`);
      assert.ok(text.includes(path) && !/\n| {4}at /.test(text), `${name}: ${text}`);
      assert.equal(Deno.readTextFileSync(join(path, "precious")), "");
      Deno.removeSync(path, { recursive: true });
      if (kept !== null) Deno.writeFileSync(path, kept);
    }
  }));

Deno.test("perch serve --new begins a new plant where the database is missing, and keeps what was left", () =>
  withPlant(async (dir) => {
    const keys = ["jwt.key", "channels.key"].map((name) => Deno.readTextFileSync(join(dir, name)));
    const refused = await serve(dir, ["serve", "--new"]);
    assert.equal(refused.code, 2);
    assert.match(refused.text, /--new is for a place without a database/);
    Deno.removeSync(join(dir, "perch.db"));
    assert.match((await serve(dir)).text, /perch\.db is missing.*perch serve --new/);
    const config = parseConfig({
      PERCH_DATA: dir,
      PERCH_HOST: "127.0.0.1",
      PERCH_PORT: "0",
      MQTT_PORT: "0",
    });
    const app = buildApp({ config, version: "0.0.0-test", log: silentLog(), anew: true });
    const { access } = await app.start();
    assert.ok(access.setupToken);
    await app.stop();
    const [aside] = [...Deno.readDirSync(dir)].filter(({ name }) => name.startsWith("before-"));
    assert.deepEqual(
      ["jwt.key", "channels.key"].map((name) => Deno.readTextFileSync(join(dir, aside.name, name))),
      keys,
    );
  }));
