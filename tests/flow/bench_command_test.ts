/** `perch bench`: beside a running Perch, whose files it leaves as they are. Takes some six seconds: it measures. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BenchFigures } from "../../lib/cli/bench/figures.ts";
import { startApp } from "../support/app.ts";
import { perchHere } from "../support/command_here.ts";
import { withDir } from "../support/command_line.ts";
import { perchCommand } from "../support/perch.ts";
import { until } from "../support/until.ts";

const namesIn = (dir: string) => [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
const isScratch = (name: string) => name.startsWith(".bench-");

Deno.test("perch bench measures beside a running Perch, and leaves its files as they are", async () => {
  const { dataDir, app, close } = await startApp();
  try {
    const stored = async () => (await app.parts().storage.readings.stats()).readings;
    const before = { names: namesIn(dataDir), stored: await stored() };
    // What is in the environment of the plant is not used: a server would get the readings.
    const env = { DATABASE_URL: "http://127.0.0.1:1", MQTT_URL: "mqtt://127.0.0.1:1" };
    const { code, out, err } = await perchHere(dataDir, ["bench", "--seconds", "2", "--json"], {
      env,
    });
    assert.equal(code, 0, err);
    const figures = JSON.parse(out) as BenchFigures;
    assert.equal(figures.dir, dataDir);
    assert.ok(figures.fsync.p50_ms > 0 && figures.fsync.p99_ms >= figures.fsync.p50_ms);
    assert.ok(figures.ingest.readings_per_s > 0 && figures.ingest.cpu_us_per_reading > 0);
    assert.ok(figures.query.points >= 1 && figures.query.readings === figures.storage.readings);
    assert.ok(figures.memory_peak_bytes! > 50e6);
    assert.deepEqual({ names: namesIn(dataDir), stored: await stored() }, before);
  } finally {
    await close();
  }
});

Deno.test("perch bench: what is wrong is said in a sentence, with exit code 2", async () => {
  await withDir(async (dir) => {
    const none = join(dir, "none");
    const wrong: [string[], RegExp][] = [
      [["--seconds", "1"], /^--seconds is "1": give a number from 2 to 120\./],
      [["--seconds", "soon"], /^--seconds is "soon": give a number from 2 to 120\./],
      [["--dir", none], new RegExp(`^--dir is "${none}": give a folder that is there$`)],
      [["fast"], /fast/],
    ];
    for (const [args, sentence] of wrong) {
      const { code, out, err } = await perchHere(dir, ["bench", ...args]);
      assert.deepEqual([code, out], [2, ""], args.join(" "));
      assert.match(err, sentence);
    }
  });
});

Deno.test("perch bench ends soon after Ctrl-C, and nothing of it is left", async () => {
  await withDir(async (dir) => {
    const [command, args] = perchCommand(undefined, ["bench", "--seconds", "60"]);
    const child = new Deno.Command(command, {
      args,
      cwd: dir,
      env: { PERCH_DATA: dir, NO_COLOR: "1" },
      ...{ stdin: "null", stdout: "null", stderr: "piped" },
    }).spawn();
    await until("its database", () => {
      const scratch = namesIn(dir).find(isScratch);
      const data = scratch === undefined ? "" : join(dir, scratch, "data/perch.db");
      return data !== "" && existsSync(data) || null;
    });
    child.kill("SIGINT");
    const { code, stderr } = await child.output();
    assert.equal(code, 1);
    assert.match(new TextDecoder().decode(stderr), /^Stopped; what was written is removed\.$/m);
    assert.deepEqual(namesIn(dir).filter(isScratch), []);
  });
});
