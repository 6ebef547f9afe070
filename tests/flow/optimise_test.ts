/** `perch optimise`: it measures on this host, and changes settings only when asked to. */
import assert from "node:assert/strict";
import { withCommitTrial } from "../../lib/cli/optimise/trials.ts";
import type { Proposal } from "../../lib/cli/optimise/proposals.ts";
import { writeBackup } from "../support/backups.ts";
import { perchHere } from "../support/command_here.ts";
import { withDir } from "../support/command_line.ts";
import { sabotaged } from "../support/sabotage.ts";

/** Control: `SABOTAGE=optimise_counts` counts readings instead of what the disk was given. */
Deno.test("a trial of commits counts what this disk is given, and leaves nothing behind", async () => {
  await withDir(async (dir) => {
    await Deno.mkdir(`${dir}/.optimise-of-a-killed-run`);
    const measured = await withCommitTrial(dir, async (trial) => {
      let count = trial.bytesPerCommit;
      if (sabotaged("optimise_counts")) count = (readings) => Promise.resolve(readings * 4_096);
      return [await count(1), await count(20)];
    }, 30);
    assert.deepEqual(
      [...Deno.readDirSync(dir)].filter(({ name }) => name.includes("optimise")),
      [],
    );
    const [one, twenty] = measured;
    if (one === null || twenty === null) {
      return console.warn("SKIPPED: this host does not count what is written to this disk");
    }
    assert.ok(one >= 4_096 && one < 200_000, `${one}`);
    assert.ok(
      twenty >= one / 2 && twenty < 10 * one,
      `${one} for one reading, ${twenty} for twenty`,
    );
  });
});

Deno.test("perch optimise changes nothing by itself, and with --apply what is worth it", async () => {
  await withDir(async (dir) => {
    const env = { COMMIT_INTERVAL_MS: "250" };
    const run = async (...args: string[]) => {
      const answer = await perchHere(dir, args, { env });
      assert.equal(answer.code, 0, answer.err);
      return answer.out;
    };
    const schedule = async () =>
      JSON.parse(await run("settings", "get", "backup.schedule", "--json")).value;
    for (const [name, value] of [["host.history", "off"], ["backup.schedule", "six-hourly"]]) {
      await run("settings", "set", name, value);
    }
    const none = JSON.parse(await run("optimise", "--json"));
    const [sample] = none.proposals as Proposal[];
    assert.equal(sample.name, "host.sample_s");
    assert.ok(sample.before > sample.after && sample.after > 0);
    const why = Object.fromEntries(
      none.skipped.map((one: { name: string; why: string }) => [one.name, one.why]),
    );
    assert.match(why["COMMIT_INTERVAL_MS"], /it is 250 already/);
    assert.match(why["backup.schedule"], /no backup to go by/);

    await writeBackup(dir, { sequence: 1, createdMs: Date.now() });
    const receipt = [...Deno.readDirSync(`${dir}/backups`)].find(({ name }) =>
      name.endsWith(".json")
    )!;
    const path = `${dir}/backups/${receipt.name}`;
    const text = JSON.parse(Deno.readTextFileSync(path));
    text.manifest.files = [{ path: "perch.db", bytes: 100e6, sha256: "0".repeat(64) }];
    Deno.writeTextFileSync(path, JSON.stringify(text));
    const advice = await run("optimise");
    assert.match(
      advice,
      /worth it: backup.schedule six-hourly → daily: 400.MB a day → 100.MB a day/,
    );
    assert.equal(await schedule(), "six-hourly");
    assert.match(await run("optimise", "--apply"), /backup.schedule is daily now\./);
    assert.equal(await schedule(), "daily");
    assert.match(await run("optimise"), /No change is worth it on this host\./);
  });
});
