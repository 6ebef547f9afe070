import assert from "node:assert/strict";
import { writeBackup } from "../../../tests/support/backups.ts";
import { parseConfig } from "../../base/config.ts";
import { DAY_MS } from "../../words/times.ts";
import { backupsCheck, logFilesCheck } from "./kept.ts";

async function withData(
  work: (dir: string, config: ReturnType<typeof parseConfig>) => Promise<void>,
) {
  const dir = await Deno.makeTempDir();
  try {
    await work(dir, parseConfig({ PERCH_DATA: dir }));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("backupsCheck warns where there is none, and of one that does not count", () =>
  withData(async (dir, config) => {
    const found = async () =>
      (await backupsCheck(config).run()).map(({ state, detail }) => `${state}: ${detail}`);
    assert.deepEqual(await found(), ["ok: there is nothing to back up yet"]);
    await Deno.writeTextFile(`${dir}/perch.db`, "x");
    assert.deepEqual(await found(), ["warn: there is no good backup"]);
    await Deno.mkdir(`${dir}/backups`);
    await Deno.writeTextFile(`${dir}/backups/perch-a-20260101T000000Z-1.tar.gz`, "x");
    assert.match(
      (await found())[1],
      /^warn: 1 in the folder of backups do not count: .*no receipt/,
    );
  }));

Deno.test("backupsCheck says how old the newest is", () =>
  withData(async (dir, config) => {
    const createdMs = Date.UTC(2026, 0, 1);
    await writeBackup(dir, { sequence: 1, createdMs });
    const at = async (ageMs: number) =>
      (await backupsCheck(config, () => createdMs + ageMs).run())[0];
    assert.deepEqual(await at(DAY_MS), {
      state: "ok",
      detail: "the newest good one (1.0\u202fkB) is 24 h old",
    });
    assert.equal((await at(3 * DAY_MS)).state, "warn");
  }));

Deno.test("logFilesCheck says what they take and why they cannot be written", () =>
  withData(async (dir, config) => {
    const found = async () => (await logFilesCheck(config).run())[0];
    assert.match((await found()).detail, /does not exist yet/);
    await Deno.mkdir(`${dir}/logs`);
    await Deno.writeTextFile(`${dir}/logs/error_events.log`, "12345");
    assert.match((await found()).detail, /logs takes 5.B$/);
    await Deno.mkdir(`${dir}/logs/data_events.log`);
    assert.match((await found()).detail, /cannot be written: data_events.log/);
    await Deno.remove(`${dir}/logs`, { recursive: true });
    await Deno.writeTextFile(`${dir}/logs`, "");
    assert.match((await found()).detail, /it is no folder/);
  }));
