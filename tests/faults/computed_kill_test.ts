/**
 * Computed sensors under kill -9: Perch is killed at random moments while readings come, some of them late, and is
 * started again. In the end each result is there once, and is what it has to be.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { sabotaged } from "../support/sabotage.ts";
import { resultsFor } from "../support/computed_stream.ts";

/** `COMPUTED_KILLS_N` sets how many (2; the soak 100). */
const CYCLES = Number(Deno.env.get("COMPUTED_KILLS_N") ?? 2);
const READINGS = 40 * (CYCLES + 1);
const MOST_LIFE_MS = 300;

async function run(dataDir: string, lifeMs: number | null): Promise<string | null> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", join(import.meta.dirname!, "computed_kill_child.ts")],
      ...[dataDir, String(READINGS), sabotaged("computed_kill") ? "forget" : ""],
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
    const wasReady = text.includes("ready");
    text += part;
    if (lifeMs !== null && !wasReady && text.includes("ready")) {
      setTimeout(() => process.kill("SIGKILL"), lifeMs);
    }
  }
  const { signal } = await process.status;
  if (lifeMs !== null) assert.equal(signal, "SIGKILL", "it ended before it was killed");
  return /^done (.*)$/m.exec(text)?.[1] ?? null;
}

// Its control: SABOTAGE=computed_kill lets every start forget what was not computed yet, and the test must be red.
Deno.test(`kill -9, ${CYCLES} times while sensors are computed: each result is there, once, and right`, async () => {
  const dir = await Deno.makeTempDir({ prefix: "perch-computed-kill-" });
  try {
    for (let i = 0; i < CYCLES; i++) await run(dir, 100 + Math.random() * (MOST_LIFE_MS - 100));
    const found = JSON.parse(await run(dir, null) ?? "{}");
    const expected: Record<string, [number, number][]> = resultsFor(READINGS);
    for (const [name, all] of Object.entries(expected)) {
      assert.deepEqual(found[name]?.length, all.length, name);
      assert.deepEqual(found[name], all, name);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
