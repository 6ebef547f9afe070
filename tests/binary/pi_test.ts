/**
 * A Raspberry Pi as a whole, shortened from `deno task bench pi`: the compiled binaries within 900 MB, with 200 readings a
 * second, two cameras, a training, a backup and a report. The kernel ends nothing, and what was acknowledged is stored.
 * It takes three quarters of a minute (`PI_MINUTES` for longer); ARM64 only with `DRILL_ON=all`, as it takes minutes
 * under qemu. Control: `SABOTAGE=pi_memory` leaves Perch 120 MB.
 */
import assert from "node:assert/strict";
import { binaries } from "../support/binaries.ts";
import { haveCommands } from "../support/commands.ts";
import { haveMemoryGroups, memoryGroup } from "../support/memory_group.ts";
import { runPi } from "../support/pi/scenario.ts";
import { sabotaged } from "../support/sabotage.ts";

const MEMORY_MB = sabotaged("pi_memory") ? 120 : 900;
const minutes = Number(Deno.env.get("PI_MINUTES") ?? 0.25);
const onAll = Deno.env.get("DRILL_ON") === "all";

for (const { file, name, path, runner, isThere } of binaries()) {
  const isSlow = runner.length > 0;
  Deno.test({
    name: `${file} (${name}) does all at once within ${MEMORY_MB} MB`,
    ignore: !isThere || (isSlow && !onAll) || !haveCommands({ ffmpeg: "ffmpeg" }) ||
      !haveMemoryGroups(),
  }, async () => {
    await using bounded = memoryGroup(MEMORY_MB)!;
    const dataDir = await Deno.makeTempDir({ prefix: "perch-pi-" });
    try {
      const figures = await runPi({
        ...{ binary: [...runner, path], group: bounded, dataDir, minutes },
        ...{ rows: isSlow ? 400 : 1_000, patience: isSlow ? 10 : 1 },
      });
      console.log(`  ${JSON.stringify(figures)}`);
      assert.deepEqual([figures.kills, figures.failed], [0, 0]);
      assert.ok(figures.stored === figures.acknowledged && figures.stored > 0);
      for (const chore of ["trainings", "backups", "reports", "pages", "queries"]) {
        assert.ok(figures[chore] >= 1, chore);
      }
      assert.ok(figures.picture_mb > 0 && figures.stream_mb > 0);
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  });
}
