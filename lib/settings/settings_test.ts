import assert from "node:assert/strict";
import { z } from "zod";
import { openTestDatabase } from "../../tests/support/database.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { PerchError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import type { Database } from "../db/client.ts";
import { type SettingDefinition } from "./setting.ts";
import { SETTINGS } from "./registry.ts";
import { createSettings } from "./settings.ts";

async function withDatabase(run: (db: Database) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const db = await openTestDatabase(folder);
  try {
    await run(db);
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const make = (db: Database, more: Partial<Parameters<typeof createSettings>[0]> = {}) =>
  createSettings({ db, clock: fakeClock(), log: silentLog(), ...more });
const nothing = () => [];

Deno.test("settings: default, environment, change, back again; kept over a restart", () =>
  withDatabase(async (db) => {
    const settings = make(db, { defaults: { "retention.days": 90 } });
    await settings.load();
    assert.equal(settings.get("retention.days"), 90);
    assert.equal(settings.get("intake.new_sensors"), true);
    const heard: string[] = [];
    settings.onChange((key) => heard.push(key));
    const view = await settings.set("retention.days", 30, "ada", nothing);
    assert.deepEqual([view.value, view.changed, view.changedBy], [30, true, "ada"]);
    assert.deepEqual(heard, ["retention.days"]);
    const again = make(db, { defaults: { "retention.days": 90 } });
    await again.load();
    assert.equal(again.get("retention.days"), 30);
    await again.set("retention.days", null, "ada", nothing);
    assert.equal(again.get("retention.days"), 90);
    const third = make(db);
    await third.load();
    assert.equal(third.get("retention.days"), 0);
  }));

Deno.test("settings: out of range, wrong type and unknown keys are refused, nothing changes", () =>
  withDatabase(async (db) => {
    const settings = make(db);
    await settings.load();
    for (const bad of [-1, 36_501, 1.5, "7", true, {}, [1], NaN, undefined]) {
      await assert.rejects(settings.set("retention.days", bad, "ada", nothing), {
        code: "validation",
      });
    }
    for (const key of ["nothing", "__proto__", "constructor"]) {
      await assert.rejects(settings.set(key, 1, "ada", nothing), { code: "not_found" });
    }
    assert.equal(settings.get("retention.days"), 0);
    const { rows } = await db.query({ sql: "select count(*) from settings" });
    assert.equal(Number(rows[0][0]), 0);
  }));

Deno.test("settings: a change and its audit row are written together or not at all", () =>
  withDatabase(async (db) => {
    const settings = make(db);
    await settings.load();
    const failing = () => [{ sql: "insert into nowhere values (1)" }];
    await assert.rejects(settings.set("retention.days", 5, "ada", failing), PerchError);
    assert.equal(settings.get("retention.days"), 0);
    const again = make(db);
    await again.load();
    assert.equal(again.get("retention.days"), 0);
  }));

Deno.test("settings: a secret is written and never read", () =>
  withDatabase(async (db) => {
    const definitions: Record<string, SettingDefinition> = {
      "mail.password": {
        category: "Mail",
        title: "Password",
        help: "",
        schema: z.string().max(100) as z.ZodType<unknown>,
        default: "",
        secret: true,
        see: "admin",
        change: "admin",
      },
    };
    const settings = make(db, { definitions });
    await settings.load();
    const seen: unknown[] = [];
    const view = await settings.set("mail.password", "canary-1", "ada", (before, after) => {
      seen.push(before, after);
      return [];
    });
    assert.deepEqual(seen, ["***", "***"]);
    assert.ok(!JSON.stringify([view, settings.list(() => true)]).includes("canary-1"));
    assert.equal(view.changed, true);
  }));

Deno.test("settings: a stored value that no longer fits is not used", () =>
  withDatabase(async (db) => {
    await db.write([
      { sql: "insert into settings values ('retention.days', '-5', 0, 'x')" },
      { sql: "insert into settings values ('gone', '1', 0, 'x')" },
    ]);
    const settings = make(db);
    await settings.load();
    assert.equal(settings.get("retention.days"), 0);
  }));

Deno.test("settings: every default fits its own schema", () => {
  for (const [key, { schema, default: value }] of Object.entries(SETTINGS)) {
    assert.ok(schema.safeParse(value).success, key);
  }
});
