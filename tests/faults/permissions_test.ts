import assert from "node:assert/strict";
import { perchCommand } from "../support/perch.ts";
import { sabotaged } from "../support/sabotage.ts";

// Z23: what Perch's own permissions refuse. The binary is compiled with the same flags (`.ci/compile.ts` reads
// them from the task `perch`). Control: SABOTAGE=permissions grants everything, and the test must be red.

/** Each must throw; `ok` lines are what got through. */
const PROBES = `
const probes = {
  "read a variable that is not named": () => Deno.env.get("HOME"),
  "list the environment": () => Deno.env.toObject(),
  "start a process": () => new Deno.Command("true").outputSync(),
  "start a shell": () => new Deno.Command("sh", { args: ["-c", "true"] }).outputSync(),
  "ask for uptime of the host": () => Deno.osUptime(),
  "ask for the group id": () => Deno.gid(),
  "import code from the network": () => import("http://127.0.0.1:9/x.js"),
};
for (const [name, probe] of Object.entries(probes)) {
  try {
    await probe();
    console.log("ok", name);
  } catch (error) {
    const refused = error instanceof Deno.errors.NotCapable || /Requires import access/.test(error.message);
    console.log(refused ? "refused" : "other", name, refused ? "" : String(error));
  }
}
console.log(Deno.env.get("PERCH_PORT") === "1" ? "works" : "broken", "read a variable that is named");
`;

Deno.test("permissions: neither other variables, nor processes, nor foreign code", async () => {
  const dir = await Deno.makeTempDir({ prefix: "perch-permissions-" });
  try {
    const script = `${dir}/probe.js`;
    await Deno.writeTextFile(script, PROBES);
    const [command, args] = perchCommand(undefined, []);
    const granted = sabotaged("permissions") ? ["run", "-A"] : args.slice(0, -1);
    const { stdout, stderr } = await new Deno.Command(command, {
      args: [...granted, script],
      env: { PERCH_PORT: "1" },
      stdin: "null",
    }).output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    assert.equal(lines.length, 8, new TextDecoder().decode(stderr));
    assert.deepEqual(lines.filter((line) => !/^(refused|works) /.test(line)), []);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("permissions: the task names each kind, each variable and each system fact; no -A, no run, no import", () => {
  const [, args] = perchCommand(undefined, []);
  const flags = args.filter((arg) => arg.startsWith("--allow") || arg === "-A");
  const kinds = flags.map((flag) => flag.split("=")[0]).sort();
  assert.deepEqual(kinds, [
    "--allow-env",
    "--allow-ffi",
    "--allow-net",
    "--allow-read",
    "--allow-sys",
    "--allow-write",
  ]);
  for (const kind of ["--allow-env", "--allow-sys"]) {
    assert.match(flags.find((flag) => flag.startsWith(kind))!, /=\w/, `${kind} is exact`);
  }
});
