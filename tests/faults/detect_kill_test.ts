/**
 * Detection under kill -9: a process that stores and judges a seeded stream is killed at random moments and
 * started again. What it found in the end is what a process finds that is never killed; nothing is there twice.
 * Silence is left out: it also follows the time that the process waits.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { sabotaged } from "../support/sabotage.ts";

/** `DETECT_KILLS_N` sets how many (10; the soak 500). */
const CYCLES = Number(Deno.env.get("DETECT_KILLS_N") ?? 10);
const GROUPS = Math.max(2000, 40 * CYCLES);
const LEAST_LIFE_MS = 20;
const MOST_LIFE_MS = 350;

interface Child {
  /** Resolves with true when it printed the line; false when it ended without. */
  said(line: string): Promise<boolean>;
  kill(): Promise<void>;
  ended: Promise<Deno.CommandStatus>;
}

function spawn(dataDir: string, paceMs: number, sabotage: string): Child {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      join(import.meta.dirname!, "detect_kill_child.ts"),
      dataDir,
      String(GROUPS),
      String(paceMs),
      sabotage,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = new Set<string>();
  const reading = (async () => {
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      for (const line of text.split("\n")) lines.add(line);
    }
  })();
  return {
    ended: process.status,
    async said(line) {
      let over = false;
      reading.finally(() => over = true);
      while (!lines.has(line) && !over) await sleep(5);
      return lines.has(line);
    },
    async kill() {
      try {
        process.kill("SIGKILL");
      } catch { /* it has ended */ }
      await process.status;
      await reading.catch(() => {});
    },
  };
}

interface Found {
  lines: string[];
  twice: number;
}

async function foundIn(dataDir: string): Promise<Found> {
  const client = createClient({ url: `file:${dataDir}/perch.db`, concurrency: 1 });
  try {
    const { rows } = await client.execute(
      "SELECT sensor_num, detector, group_id, item, t_ms, phase, severity, score, reason " +
        "FROM findings WHERE detector <> 'silence'",
    );
    const lines = rows.map((row) => Object.values(row).join(" ")).sort();
    return { lines, twice: lines.length - new Set(lines).size };
  } finally {
    client.close();
  }
}

async function withFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await Deno.makeTempDir({ prefix: "perch-detect-kill-" });
  try {
    return await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

// Its control: SABOTAGE=detect_kill lets every start forget the cursor, and the test must be red.
Deno.test(`kill -9, ${CYCLES} times during detection: nothing found is missing, doubled or changed`, async () => {
  const expected = await withFolder(async (dir) => {
    const child = spawn(dir, 0, "");
    assert.ok(await child.said("done"));
    await child.ended;
    return await foundIn(dir);
  });
  assert.ok(expected.lines.length > 100, `${expected.lines.length} findings to compare`);
  await withFolder(async (dir) => {
    const sabotage = sabotaged("detect_kill") ? "forget" : "";
    let kills = 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const child = spawn(dir, 5, sabotage);
      assert.ok(await child.said("ready"));
      await sleep(LEAST_LIFE_MS + Math.random() * (MOST_LIFE_MS - LEAST_LIFE_MS));
      if (!await Promise.race([child.ended.then(() => true), Promise.resolve(false)])) kills++;
      await child.kill();
    }
    const last = spawn(dir, 0, sabotage);
    assert.ok(await last.said("done"));
    await last.ended;
    const found = await foundIn(dir);
    const missing = expected.lines.filter((line) => !found.lines.includes(line));
    const extra = found.lines.filter((line) => !expected.lines.includes(line));
    console.log(
      `  ${kills} kills, ${expected.lines.length} findings expected, ${missing.length} missing, ` +
        `${extra.length} other, ${found.twice} twice; 0 of ${CYCLES} means below ${
          3 / CYCLES
        } at 95 %`,
    );
    assert.deepEqual([missing.slice(0, 3), extra.slice(0, 3), found.twice], [[], [], 0]);
    assert.equal(found.lines.length, expected.lines.length);
    assert.ok(kills > CYCLES / 2, `${kills} of ${CYCLES} were killed while they worked`);
  });
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
