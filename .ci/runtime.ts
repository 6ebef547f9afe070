/**
 * Prints the path of a compile runtime for `DENORT_BIN`, for hosts that reach the npm registry only. A command
 * line tool on npm was itself made with `deno compile`: in front of its own payload stands the runtime, Deno
 * 2.7.11, unchanged. It ends where the ELF section headers end. For tests; a release uses its own Deno's.
 *
 *   deno run -A .ci/runtime.ts x64|arm64
 */
const VERSION = "0.22.2";
const MAGIC = [0x7f, 0x45, 0x4c, 0x46];

const [arch] = Deno.args;
if (arch !== "x64" && arch !== "arm64") {
  console.error("usage: deno run -A .ci/runtime.ts x64|arm64");
  Deno.exit(2);
}
const folder = `${import.meta.dirname}/../dist/.runtime`;
const path = `${folder}/denort-${arch}`;
if (!isThere(path)) await fetchRuntime();
console.log(Deno.realPathSync(path));

async function fetchRuntime(): Promise<void> {
  Deno.mkdirSync(folder, { recursive: true });
  const temporary = Deno.makeTempDirSync({ prefix: "perch-runtime-" });
  try {
    await run("npm", ["pack", "--silent", `@stdy/cli-linux-${arch}@${VERSION}`], temporary);
    const [archive] = [...Deno.readDirSync(temporary)].map((entry) => entry.name);
    await run("tar", ["xzf", archive], temporary);
    const whole = Deno.readFileSync(`${temporary}/package/bin/steady`);
    Deno.writeFileSync(`${path}.part`, runtimeOf(whole), { mode: 0o755 });
    Deno.renameSync(`${path}.part`, path);
  } finally {
    Deno.removeSync(temporary, { recursive: true });
  }
}

/** ELF64: offset of the section headers at 0x28, size and number of one at 0x3a and 0x3c. */
function runtimeOf(whole: Uint8Array<ArrayBuffer>): Uint8Array {
  const view = new DataView(whole.buffer);
  const end = Number(view.getBigUint64(0x28, true)) +
    view.getUint16(0x3a, true) * view.getUint16(0x3c, true);
  const follows = new TextDecoder().decode(whole.subarray(end, end + 8));
  if (!MAGIC.every((byte, i) => whole[i] === byte) || follows !== "d3n0l4nd") {
    throw new Error(`@stdy/cli-linux-${arch}@${VERSION} does not look like a compiled program`);
  }
  return whole.subarray(0, end);
}

async function run(command: string, args: string[], cwd: string): Promise<void> {
  const { success } = await new Deno.Command(command, { args, cwd, stdout: "null" }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")} failed`);
}

function isThere(file: string): boolean {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
}
