/**
 * Builds `dist/perch` (x64) or `dist/perch-arm64`. The binary gets exactly the permissions of the task
 * `perch`. With DENORT_BIN (a compile runtime from elsewhere, for hosts that cannot download one) Deno 2.8.3
 * compiles, the newest that understands it; a release uses the Deno that runs this.
 *
 *   deno run -A .ci/compile.ts x64|arm64
 */
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TARGETS: Record<string, { triple: string; output: string }> = {
  x64: { triple: "x86_64-unknown-linux-gnu", output: "dist/perch" },
  arm64: { triple: "aarch64-unknown-linux-gnu", output: "dist/perch-arm64" },
};
/** Read at run time by path: they are not part of the import graph. */
const INCLUDED = [
  "migrations",
  "static",
  "lib/app/storage_worker.ts",
  "lib/access/passwords_worker.ts",
];

const target = TARGETS[Deno.args[0] ?? ""];
if (target === undefined) {
  console.error("usage: deno run -A .ci/compile.ts x64|arm64");
  Deno.exit(2);
}
const { tasks } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`));
const permissions = String(tasks.perch).split(" ").filter((word) => word.startsWith("--"));
const compiler = Deno.env.get("DENORT_BIN")
  ? ["npx", "-y", "deno@2.8.3", "compile"]
  : [Deno.execPath(), "compile"];
const command = [
  ...compiler,
  "--quiet",
  "--no-check",
  "--exclude-unused-npm",
  ...permissions,
  ...INCLUDED.flatMap((path) => ["--include", path]),
  "--target",
  target.triple,
  "--output",
  target.output,
  "main.ts",
];
Deno.mkdirSync(`${ROOT}dist`, { recursive: true });
const { code } = await new Deno.Command(command[0], { args: command.slice(1), cwd: ROOT }).spawn()
  .status;
if (code === 0) {
  const { size } = Deno.statSync(ROOT + target.output);
  console.log(`${target.output}  ${(size / 1e6).toFixed(1)} MB`);
}
Deno.exit(code);
