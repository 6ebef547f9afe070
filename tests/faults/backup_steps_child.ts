/**
 * Does a backup (while readings are written, from argument 4 on), a restore, an undo or a confirmation, and kills
 * itself before the step whose number it is given.
 *
 *   backup_steps_child.ts backup|restore|undo|confirm DATA_DIR STEP [FIRST_READING]
 */
import { doWork, keepWriting, type Work } from "../support/step_works.ts";
import { countSteps } from "../support/steps.ts";

const [work, dataDir, step, first] = Deno.args;
const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
let end = () => Promise.resolve();
if (work === "backup") {
  const enough = Promise.withResolvers<void>();
  end = await keepWriting(dataDir, { from: Number(first) }, (value) => {
    say(`stored ${value}`);
    if (value > Number(first) + 10) enough.resolve();
  });
  await enough.promise;
}
say("begins");
const steps = countSteps(dataDir, (n) => {
  if (n === Number(step)) Deno.kill(Deno.pid, "SIGKILL");
});
await doWork(work as Work, dataDir, steps.step);
steps.end();
say("done");
await end();
