/** `perch optimise`: it measures on this host, and changes settings only when asked to. */
import assert from "node:assert/strict";
import { createHostReadings } from "../../lib/app/host_readings.ts";
import { createControl } from "../../lib/cli/create_control.ts";
import { withCommitTrial } from "../../lib/cli/optimise/trials.ts";
import type { Proposal } from "../../lib/cli/optimise/proposals.ts";
import { writeBackup } from "../support/backups.ts";
import { perchHere } from "../support/command_here.ts";
import { startApp } from "../support/app.ts";
import { withDir } from "../support/command_line.ts";
import { fastClock } from "../support/fast_clock.ts";
import { hostSample } from "../support/host.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

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
    for (const [name, value] of [["host.history", "off"], ["backup.schedule", "six-hourly"]]) {
      await run("settings", "set", name, value);
    }
    await writeBackup(dir, { sequence: 1, createdMs: Date.now(), unpackedBytes: 100e6 });
    const advice = await run("optimise");
    assert.match(
      advice,
      /worth it: backup.schedule six-hourly → daily: 400.MB a day → 100.MB a day/,
    );
    assert.match(advice, /COMMIT_INTERVAL_MS +it is 250 already/);
    assert.match(advice, /^Memory.*: no setting holds any that it would give back/m);
    const changed = JSON.parse(await run("optimise", "--apply", "--json"));
    const [sample, backup] = changed.proposals as Proposal[];
    assert.equal(sample.name, "host.sample_s");
    assert.deepEqual([sample.unit, backup.unit], ["share of a core", "bytes a day"]);
    assert.ok(sample.before > sample.after && sample.after > 0);
    assert.equal(backup.now, "six-hourly", "the advice alone changed nothing");
    assert.deepEqual(changed.applied, ["backup.schedule"]);
    const last = await run("optimise");
    assert.match(last, /backup.schedule +it is daily/);
    assert.match(last, /No change is worth it on this host\./);
  });
});

Deno.test("perch optimise says the same of an idle Perch whether it runs or not: the host's readings are no plant", async () => {
  const clock = fastClock(120);
  const under = await startApp({}, {
    clock,
    host: () => ({
      sample: () => Promise.resolve(hostSample({ atMs: clock.now() })),
      databaseWrites: () => Promise.resolve(null),
    }),
  });
  try {
    const parts = under.app.parts();
    const own = createHostReadings(parts);
    await until("readings of the host", async () => await own.stored() > 20 ? true : null);
    assert.equal((await parts.storage.readings.stats()).readings, await own.stored());
    const config = { broker: { host: "127.0.0.1" } };
    const flow = await createControl(parts, config).flow();
    assert.deepEqual(flow, { readingsPerS: 0, commitsPerS: null, from: "hardly any came yet" });
  } finally {
    await under.close();
  }
});
