import assert from "node:assert/strict";
import { join } from "node:path";
import { silentLog } from "../base/log.ts";
import type { Database } from "../db/client.ts";
import { createEventLog } from "../events/events_store.ts";
import { openTestDatabase } from "../../tests/support/database.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { hashOf } from "./folder.ts";
import { createScripts, type Scripts } from "./scripts.ts";
import type { Sandbox } from "./script.ts";

const PUMP = { kind: "codec", name: "pump" } as const;
const SOURCE = "export const topics = ['pump/#'];\nexport const decode = () => [];\n";

interface World {
  folder: string;
  scripts: Scripts;
  changed: string[];
  drop(path: string, text: string | Uint8Array): Promise<void>;
  /** Perch is started anew. */
  again(restored?: readonly string[]): Promise<World>;
  events(): Promise<string[]>;
}

async function withScripts(run: (world: World) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-scripts-" });
  const db = await openTestDatabase(folder);
  try {
    await run(await worldOf(folder, db));
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function worldOf(
  folder: string,
  db: Database,
  restored: readonly string[] = [],
): Promise<World> {
  const events = createEventLog(db);
  const scripts = await createScripts({
    ...{ dataDir: folder, clock: fakeClock(), log: silentLog(), db, events },
    sandbox: {} as Sandbox,
    isRestored: (path) => restored.includes(path),
  });
  const changed: string[] = [];
  scripts.onChange((kind, name) => changed.push(`${kind}:${name}`));
  return {
    folder,
    scripts,
    changed,
    async drop(path, text) {
      await Deno.mkdir(join(folder, path, ".."), { recursive: true });
      const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
      await Deno.writeFile(join(folder, path), bytes);
      await scripts.look();
    },
    again: (names) => worldOf(folder, db, names),
    events: async () => (await events.list({})).items.map(({ text }) => text),
  };
}

Deno.test("what lies in the folders runs, and what is no script is named with the reason", () =>
  withScripts(async ({ folder, scripts, drop, changed, events }) => {
    await drop("codecs/pump.js", `\uFEFF${SOURCE}`);
    const hash = hashOf(SOURCE);
    assert.deepEqual(scripts.runnable("codec"), [{ ...PUMP, source: SOURCE, hash }]);
    assert.deepEqual(changed, ["codec:pump"]);
    await drop("codecs/large.js", "/".repeat(1_000_000));
    await drop("codecs/binary.js", new Uint8Array([0xff, 0xfe, 0x00]));
    await drop("codecs/Pump 2.js", SOURCE);
    await drop("codecs/notes.txt", "no script");
    await Deno.symlink("/etc/passwd", join(folder, "codecs/link.js"));
    await scripts.look();
    const problems = scripts.list().filter(({ state }) => state === "faulty");
    assert.deepEqual(
      problems.map(({ name, problem }) => `${name}: ${problem}`).sort(),
      [
        "Pump 2: its name may have a-z, 0-9, _ and -, and at most 64 of them",
        "binary: it is not UTF-8 text",
        "large: it is larger than 256 kB",
        "link: it is a link, and links are not followed",
      ],
    );
    assert.equal(scripts.runnable("codec").length, 1);
    await Deno.remove(join(folder, "codecs/pump.js"));
    await scripts.look();
    assert.deepEqual(scripts.runnable("codec"), []);
    assert.deepEqual(await events(), ["Codec pump was found on the disk and is switched on"]);
  }));

Deno.test("a change is bound to the text that was seen, and every text is kept", () =>
  withScripts(async ({ scripts, drop }) => {
    const change = { actor: "Ann", reason: "edited" };
    const { hash } = await scripts.write(PUMP, SOURCE, { ...change, expectedHash: null });
    assert.equal((await scripts.read(PUMP)).hash, hash);
    await assert.rejects(
      scripts.write(PUMP, "1", { ...change, expectedHash: null }),
      { code: "conflict", message: "codecs/pump.js exists already." },
    );
    await drop("codecs/pump.js", SOURCE + "// by hand\n");
    await assert.rejects(scripts.write(PUMP, "1", { ...change, expectedHash: hash }), {
      code: "conflict",
    });
    await assert.rejects(
      scripts.write({ kind: "codec", name: "../pump" }, "1", { ...change, expectedHash: null }),
      { code: "validation" },
    );
    await assert.rejects(
      scripts.write({ kind: "codec", name: "large" }, "/".repeat(1e6), {
        ...change,
        expectedHash: null,
      }),
      { code: "validation", message: "source: it is larger than 256 kB" },
    );
    const now = await scripts.read(PUMP);
    await scripts.setState(PUMP, "off", { actor: "Ann", expectedHash: now.hash });
    assert.deepEqual(scripts.runnable("codec"), []);
    await scripts.write(PUMP, SOURCE, { ...change, expectedHash: now.hash });
    assert.equal(scripts.find(PUMP)?.state, "off");
    const { items } = await scripts.versions(PUMP);
    assert.deepEqual(items.map(({ reason, actor }) => `${reason} ${actor}`), [
      "edited Ann",
      "found on disk null",
      "edited Ann",
    ]);
    await scripts.remove(PUMP, { actor: "Ann", expectedHash: hash });
    assert.equal(scripts.find(PUMP), null);
    assert.equal((await scripts.version(PUMP, items[1].id)).source, SOURCE + "// by hand\n");
  }));

Deno.test("what a restore brought is off until its very text is approved", () =>
  withScripts(async (world) => {
    await Deno.mkdir(join(world.folder, "codecs"));
    await Deno.writeTextFile(join(world.folder, "codecs/pump.js"), SOURCE);
    await Deno.mkdir(join(world.folder, "drivers"));
    await Deno.writeTextFile(join(world.folder, "drivers/meter.js"), SOURCE);
    const restored = ["codecs/pump.js", "drivers/meter.js"];
    const { scripts, drop, again } = await world.again(restored);
    assert.equal(scripts.find(PUMP)?.state, "awaiting");
    assert.equal(scripts.find({ kind: "driver", name: "meter" })?.state, "awaiting");
    assert.deepEqual([...scripts.runnable("codec"), ...scripts.runnable("driver")], []);
    await drop("codecs/pump.js", SOURCE + "// another text");
    assert.equal(scripts.find(PUMP)?.state, "awaiting");
    const by = { actor: "Ann", expectedHash: hashOf(SOURCE) };
    await assert.rejects(scripts.setState(PUMP, "on", by), { code: "conflict" });
    await drop("codecs/pump.js", SOURCE);
    await scripts.setState(PUMP, "on", by);
    assert.equal(scripts.runnable("codec").length, 1);
    const started = await again(["codecs/pump.js"]);
    assert.equal(started.scripts.find(PUMP)?.state, "on");
  }));

Deno.test("the latest twenty messages of a codec are kept, and found after a restart", () =>
  withScripts(async ({ scripts, again }) => {
    for (let i = 0; i < 25; i++) scripts.addSample(PUMP, `pump/${i}`, new Uint8Array([i]), i);
    await scripts.keepSamples();
    const later = await again();
    later.scripts.addSample(PUMP, "pump/25", new Uint8Array([25]), 25);
    const samples = await later.scripts.samples(PUMP);
    assert.deepEqual(samples.map(({ tMs }) => tMs), Array.from({ length: 20 }, (_, i) => 25 - i));
  }));
