/**
 * A reading that was acknowledged survives a power cut, exactly once (T3). Each scenario is recorded once
 * under strace; then thousands of cuts are replayed. `POWERCUT_CUTS` sets how many (400; the soak 20 000).
 * Controls: with a deliberate break of durability the same replay must find losses. `SABOTAGE=powercut`
 * breaks the scenarios themselves.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ledger, type Scenario, SCENARIOS } from "../support/powercut/ledger.ts";
import { haveStrace, record } from "../support/powercut/recording.ts";
import { replay, type ReplayResult } from "../support/powercut/replay.ts";
import type { Sabotage } from "../support/powercut/workload.ts";
import { sabotaged } from "../support/sabotage.ts";

const CUTS = Number(Deno.env.get("POWERCUT_CUTS") ?? 400);
const CONTROL_CUTS = 300;
const strace = await haveStrace();

async function cutPower(
  scenario: Scenario,
  sabotage: Sabotage,
  cuts: number,
): Promise<ReplayResult> {
  const recorded = await Deno.makeTempDir({ prefix: "perch-powercut-" });
  // Replayed disks need no real one: in memory a cut costs milliseconds.
  const replayed = await Deno.makeTempDir({ prefix: "perch-powercut-", dir: memoryFolder() });
  try {
    const operations = await record(recorded, scenario, sabotage);
    return await replay({
      operations,
      groups: ledger(scenario),
      scenario,
      cuts,
      seed: 7,
      folder: join(replayed, "disk"),
    });
  } finally {
    await Deno.remove(recorded, { recursive: true });
    await Deno.remove(replayed, { recursive: true });
  }
}

function memoryFolder(): string | undefined {
  try {
    return Deno.statSync("/dev/shm").isDirectory ? "/dev/shm" : undefined;
  } catch {
    return undefined;
  }
}

for (const scenario of SCENARIOS) {
  Deno.test({
    name: `append keeps every acknowledged group over ${CUTS} power cuts (${scenario})`,
    ignore: !strace,
    fn: async () => {
      const sabotage = sabotaged("powercut") ? "normal" : "none";
      const { cuts, lost, corrupt, examples } = await cutPower(scenario, sabotage, CUTS);
      const bound = (3 / cuts * 100).toFixed(2);
      console.log(
        `${scenario}: ${lost} lost, ${corrupt} corrupt in ${cuts} cuts (95 %: < ${bound} %)`,
      );
      assert.equal(cuts, CUTS);
      assert.deepEqual({ lost, corrupt }, { lost: 0, corrupt: 0 }, examples.join("\n"));
    },
  });
}

for (const sabotage of ["off", "normal", "early"] as const) {
  Deno.test({
    name: `power cut replay finds lost readings when durability is broken (${sabotage})`,
    ignore: !strace,
    fn: async () => {
      const { lost, corrupt } = await cutPower("ingest", sabotage, CONTROL_CUTS);
      console.log(`${sabotage}: ${lost} lost, ${corrupt} corrupt in ${CONTROL_CUTS} cuts`);
      assert.ok(lost + corrupt > 0, "the control found nothing: the test proves nothing");
    },
  });
}
