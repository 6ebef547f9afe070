/**
 * Z23: what Perch's own permissions refuse, tried by a program that has exactly them: from source, and compiled
 * (`tests/binary`), where the runtime may be an older one.
 */
import assert from "node:assert/strict";
import { join } from "node:path";

/**
 * Each must throw; `ok` lines are what got through. The first folder of PATH is writable and empty at the start. Of
 * the programs that may be started PATH has ffmpeg and gpiomon at most, if the host has them.
 */
const PROBES = `
const [planted] = Deno.args;
const start = (program, options = {}) => () =>
  new Deno.Command(program, { args: ["-version"], clearEnv: true, ...options }).outputSync();
for (const name of ["ffmpeg", "gpiomon", "rpicam-vid", "sh"]) {
  Deno.writeTextFileSync(planted + "/" + name, "#!/bin/sh\\ntouch '" + planted + "/started'\\n", { mode: 0o755 });
}
const probes = {
  "read a variable that is not named": () => Deno.env.get("HOME"),
  "list the environment": () => Deno.env.toObject(),
  "start a process": start("true"),
  "start a shell": start("sh", { args: ["-c", "true"] }),
  "start a shell by its path": start("/bin/sh", { args: ["-c", "true"] }),
  "start what was put before the real one in PATH": start("ffmpeg"),
  "start what has the name of a program that was missing": start("rpicam-vid"),
  "start what was put before the program for pins": start("gpiomon"),
  "start it by its path": start(planted + "/ffmpeg"),
  "start it by a path from here": start("./ffmpeg", { cwd: planted }),
  "start it by a PATH of its own": start("ffmpeg", { env: { PATH: planted } }),
  "start a shell that was put there": start("sh", { env: { PATH: planted } }),
  "put a library into a program": start("ffmpeg", { env: { LD_PRELOAD: planted + "/ffmpeg" } }),
  "end a foreign process": () => Deno.kill(Deno.ppid, "SIGCONT"),
  "ask for uptime of the host": () => Deno.osUptime(),
  "ask for the group id": () => Deno.gid(),
  "import code from the network": () => import("http://127.0.0.1:9/x.js"),
};
for (const [name, probe] of Object.entries(probes)) {
  try {
    await probe();
    console.log("ok", name);
  } catch (error) {
    // A binary knows the modules that it carries, and no other.
    const refused = error instanceof Deno.errors.NotCapable ||
      /Requires import access|Module not found/.test(error.message);
    console.log(refused ? "refused" : "other", name, refused ? "" : String(error));
  }
}
console.log(Deno.env.get("PERCH_PORT") === "1" ? "works" : "broken", "read a variable that is named");
`;
const COUNT = 18;

/** Runs the probes; `command` gives what starts the program of this path. */
export async function assertRefused(
  command: (script: string, dir: string) => Promise<string[]> | string[],
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "perch-permissions-" });
  try {
    const script = join(dir, "probe.js");
    const planted = join(dir, "planted");
    await Deno.mkdir(planted);
    await Deno.writeTextFile(script, PROBES);
    const [program, ...args] = await command(script, dir);
    const { stdout, stderr } = await new Deno.Command(program, {
      args: [...args, planted],
      env: { PERCH_PORT: "1", PATH: `${planted}:${Deno.env.get("PATH")}` },
      stdin: "null",
    }).output();
    const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    const lines = said.trim().split("\n");
    assert.deepEqual(lines.filter((line) => !/^(refused|works) /.test(line)), []);
    assert.equal(lines.length, COUNT, complained);
    assert.equal(complained, "", "programs that this host does not have are no news");
    await assert.rejects(Deno.stat(join(planted, "started")), Deno.errors.NotFound);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
