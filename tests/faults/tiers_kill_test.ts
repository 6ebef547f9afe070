/**
 * Tiers under kill -9: readings on their way to minutes and hours are neither lost nor doubled, and what the index
 * says is what is there. Its control: SABOTAGE=tiers_kill makes two transactions of one, and the test must be red.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { sabotaged } from "../support/sabotage.ts";
import { openEngine } from "../support/storage.ts";
import { fillHistory, SMALL, wrongHours } from "../support/tier_history.ts";

/** `TIERS_KILLS_N` sets how many. */
const KILLS = Number(Deno.env.get("TIERS_KILLS_N") ?? 4);
const MOST_LIFE_MS = 400;

/** True when it was done before it was killed. */
async function run(path: string, lifeMs: number | null): Promise<boolean> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", join(import.meta.dirname!, "tiers_kill_child.ts")],
      ...[path, sabotaged("tiers_kill") ? "apart" : ""],
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (lifeMs !== null) timer ??= setTimeout(() => process.kill("SIGKILL"), lifeMs);
  }
  clearTimeout(timer);
  await process.status;
  return /^done$/m.test(text);
}

Deno.test(`kill -9, ${KILLS} times while a history goes down its tiers: nothing is lost or doubled`, async () => {
  const dir = await Deno.makeTempDir({ prefix: "perch-tiers-kill-" });
  const path = join(dir, "perch.db");
  const opened = () => openEngine({ url: `file:${path}`, limits: SMALL });
  try {
    const first = await opened();
    await fillHistory(first.store);
    await first.close();
    for (let kill = 0; kill <= KILLS; kill++) {
      const isLast = kill === KILLS;
      const isDone = await run(path, isLast ? null : 20 + Math.random() * MOST_LIFE_MS);
      const { store, close } = await opened();
      assert.deepEqual(await wrongHours(store), []);
      const { tiers } = await store.stats();
      await close();
      if (isLast) assert.ok(isDone && tiers.hour.readings > 8_000, "all of it is hours");
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
