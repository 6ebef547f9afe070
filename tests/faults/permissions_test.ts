import assert from "node:assert/strict";
import { assertRefused } from "../support/permission_probes.ts";
import { perchCommand } from "../support/perch.ts";
import { sabotaged } from "../support/sabotage.ts";

// Z23: what Perch's own permissions refuse. The binary is compiled with the same flags (`.ci/compile.ts` reads
// them from the task `perch`). Control: SABOTAGE=permissions grants everything, and the test must be red.

Deno.test("permissions: neither other variables, nor other programs, nor foreign code", async () => {
  const [command, args] = perchCommand(undefined, []);
  const granted = sabotaged("permissions") ? ["run", "-q", "-A"] : args.slice(0, -1);
  await assertRefused((script) => [command, ...granted, script]);
});

Deno.test("permissions: the task names each kind, program, variable and system fact; no -A, no import", () => {
  const [, args] = perchCommand(undefined, []);
  const flags = args.filter((arg) => arg.startsWith("--allow") || arg === "-A");
  const kinds = flags.map((flag) => flag.split("=")[0]).sort();
  assert.deepEqual(kinds, [
    "--allow-env",
    "--allow-ffi",
    "--allow-net",
    "--allow-read",
    "--allow-run",
    "--allow-sys",
    "--allow-write",
  ]);
  for (const kind of ["--allow-env", "--allow-sys"]) {
    assert.match(flags.find((flag) => flag.startsWith(kind))!, /=\w/, `${kind} is exact`);
  }
  const run = flags.find((flag) => flag.startsWith("--allow-run"));
  assert.equal(run, "--allow-run=ffmpeg,rpicam-vid,libcamera-vid,gpiomon");
});
