/**
 * Z18: `kill -9` before every step of an approval and of a rollback: changes of the disk and transactions. Afterwards
 * the file is the one before or the one after, never between, and the next start finishes what was begun or says that
 * it was not. `CORRECTION_KILLS` of each, evenly (1, of an approval alone; all in the soak); each is a process of its own.
 * Control: `SABOTAGE=correction_no_finish` (the start does not look at what was cut off).
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { copyTree } from "../support/restored_plant.ts";
import { sabotaged } from "../support/sabotage.ts";
import { admin, BROKEN, openCorrectionSite } from "../support/script_faults/site.ts";

const KILLS = Number(Deno.env.get("CORRECTION_KILLS") ?? 1);
const CHILD = new URL("./correction_kill_child.ts", import.meta.url).pathname;
type Work = "approve" | "rollback";

/** A data directory in which the work can be done. */
async function makeModel(dataDir: string, work: Work): Promise<string> {
  await Deno.mkdir(dataDir);
  const site = await openCorrectionSite(dataDir);
  await site.corrections.load();
  const { correction } = await site.corrections.propose(1, admin(site).by);
  site.corrections.show([correction!], "ann");
  if (work === "rollback") {
    await site.corrections.approve(1, { diffHash: correction!.diffHash, ...admin(site) });
  }
  await site.close();
  return correction!.after;
}

async function runChild(work: Work, dataDir: string, step: number) {
  const { signal, code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", CHILD, work, dataDir, `${step}`],
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.ok(signal === "SIGKILL" || code === 0, error);
  return { killed: signal === "SIGKILL", out };
}

async function killEach(folder: string, work: Work): Promise<void> {
  const model = join(folder, `${work}-model`);
  const after = await makeModel(model, work);
  const whole = join(folder, `${work}-whole`);
  await copyTree(model, whole);
  const { from, names } = JSON.parse((await runChild(work, whole, Infinity)).out);
  assert.ok(names.length >= 4, names.join("\n"));
  let killed = 0;
  const most = Math.min(KILLS, names.length);
  for (let i = 0; i < most; i++) {
    const step = from + Math.round((i + 0.5) * names.length / most - 0.5);
    const what = `${work} killed before ${names[step - from]}`;
    const dataDir = join(folder, `${work}-${step}`);
    await copyTree(model, dataDir);
    if ((await runChild(work, dataDir, step)).killed) killed++;
    const site = await openCorrectionSite(dataDir, { source: null });
    if (!sabotaged("correction_no_finish")) await site.corrections.load();
    const text = await Deno.readTextFile(site.file);
    assert.ok(text === BROKEN || text === after, `${what}: before or after, never between`);
    const [{ state }] = await site.corrections.ofFault(1);
    const states = text === after ? ["watching", "kept"] : ["proposed", "failed", "rolled_back"];
    assert.ok(states.includes(state), `${what}: ${state} with the text ${text}`);
    const row = await site.scripts.read({ kind: "codec", name: "pump" });
    assert.equal(row.source, text, what);
    await site.close();
  }
  assert.equal(killed, most);
  console.log(`  ${work}: killed ${killed} times at ${names.length} steps, never between`);
}

Deno.test("a correction killed at any step: before or after, never between, and the next start knows which", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-correction-kills-" });
  try {
    await killEach(folder, "approve");
    // Takes the same way through the disk.
    if (KILLS > 1) await killEach(folder, "rollback");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
