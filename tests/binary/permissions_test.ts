/** Z23 in the runtime of the binaries, which may be older than the one that runs from source. */
import { join } from "node:path";
import { compiler, permissions } from "../../.ci/compiler.ts";
import { assertRefused } from "../support/permission_probes.ts";
import { sabotaged } from "../support/sabotage.ts";

// Control: SABOTAGE=permissions grants everything.
Deno.test("permissions: a compiled program may start a camera's programs and gpiomon where they were, and nothing else", async () => {
  const granted = sabotaged("permissions") ? ["-A"] : permissions();
  await assertRefused(async (script, dir) => {
    const output = join(dir, "probe");
    const args = ["compile", "--quiet", "--no-check", ...granted, "--output", output, script];
    const { success } = await new Deno.Command(await compiler(), { args, cwd: dir }).spawn().status;
    if (!success) throw new Error("the probe could not be compiled");
    return [output];
  });
});
