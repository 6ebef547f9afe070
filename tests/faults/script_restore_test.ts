/**
 * Z25: what a restore brings does not run before somebody has approved its very text; what the archive says of who
 * approved it counts for nothing. Controls: `SABOTAGE=restored-scripts` loses the list of what came with it,
 * `SABOTAGE=kept-approvals` lets the approvals of the archive stand.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { restore } from "../../lib/backup/restore.ts";
import { readRestored } from "../../lib/backup/restored.ts";
import { silentLog } from "../../lib/base/log.ts";
import { createEventLog } from "../../lib/events/events_store.ts";
import { hashOf } from "../../lib/scripts/folder.ts";
import { createSandbox } from "../../lib/scripts/sandbox.ts";
import { createScripts, type Scripts } from "../../lib/scripts/scripts.ts";
import { openTestDatabase } from "../support/database.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { archiveOf, change, makePlant, requestOf } from "../support/restored_plant.ts";
import { sabotaged } from "../support/sabotage.ts";

const SOURCE = "export const topics = ['a/#']; export const decode = () => [];";
const PUMP = { kind: "codec", name: "pump" } as const;
const NAMES = ["codecs/pump.js", "codecs/stranger.js", "detectors/high.js"];

Deno.test("a restored script is off until an admin approves its hash, whatever the archive says", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-script-restore-" });
  const dataDir = join(folder, "data");
  try {
    await makePlant(dataDir);
    for (const path of NAMES) {
      await Deno.mkdir(join(dataDir, path, ".."), { recursive: true });
      await Deno.writeTextFile(join(dataDir, path), SOURCE);
    }
    const approved = (kind: string, name: string) =>
      `insert into scripts values ('${kind}', '${name}', '${
        hashOf(SOURCE)
      }', 'on', 'Mallory', 9e15)`;
    const approvals = [approved("codec", "pump"), approved("detector", "high")];
    await change(dataDir, approvals);
    const archive = await archiveOf(dataDir, join(folder, "archive"));
    await restore(requestOf(dataDir), archive, () => {});
    if (sabotaged("kept-approvals")) await change(dataDir, approvals);

    await withScripts(dataDir, async (scripts) => {
      assert.deepEqual(states(scripts), ["awaiting", "awaiting", "awaiting"]);
      assert.deepEqual(scripts.runnable("codec"), []);
      // Nobody loads what may not run, whoever asks.
      await Deno.writeTextFile(join(dataDir, NAMES[0]), SOURCE + " // changed on the disk");
      await scripts.look();
      const ann = { actor: "Ann", expectedHash: hashOf(SOURCE) };
      await assert.rejects(scripts.setState(PUMP, "on", ann), { code: "conflict" });
      await Deno.writeTextFile(join(dataDir, NAMES[0]), SOURCE);
      await scripts.setState(PUMP, "on", ann);
    });
    await withScripts(dataDir, (scripts) => {
      assert.deepEqual(states(scripts), ["on", "awaiting", "awaiting"], "after a restart");
      assert.deepEqual(scripts.runnable("codec").map(({ name }) => name), ["pump"]);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const states = (scripts: Scripts) => scripts.list().map(({ state }) => state);

/** As the application makes them. */
async function withScripts(
  dataDir: string,
  run: (scripts: Scripts) => void | Promise<void>,
): Promise<void> {
  const db = await openTestDatabase(dataDir);
  const restored = sabotaged("restored-scripts") ? [] : (await readRestored(dataDir))!.scripts;
  try {
    await run(
      await createScripts({
        ...{ dataDir, db, clock: fakeClock(), log: silentLog(), events: createEventLog(db) },
        sandbox: createSandbox({ log: silentLog() }),
        isRestored: (path) => restored.includes(path),
      }),
    );
  } finally {
    await db.close();
  }
}
