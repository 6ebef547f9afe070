/**
 * Builds `dist/perch` (x64) or `dist/perch-arm64`. The binary gets exactly the permissions of the task
 * `perch`. With DENORT_BIN (a compile runtime from elsewhere, for hosts that cannot download one) Deno 2.8.3
 * compiles, the newest that understands it; a release uses the Deno that runs this.
 *
 * What is embedded is held in memory while the binary runs, so the packages are fetched into a cache of their
 * own (`dist/.deno`) and freed of what the binary never reads: types, maps, sources, other platforms' addons.
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
const CACHE = `${ROOT}dist/.deno`;
const UNREAD_FILES = /\.(d\.[cm]?ts|map|md|markdown)$/;
/** Folders of packages that hold sources and browser bundles beside what is imported. */
const UNREAD_FOLDERS = /\/(zod\/[^/]+\/src|mqtt\/[^/]+\/(src|dist))$/;
/** The binaries are for glibc; Deno fetches both addons. */
const UNREAD_ADDONS = /\/linux-[a-z0-9]+-musl\/[^/]+\/index\.node$/;

/** Empties rather than deletes an addon: Deno fetches a package again that is not there. */
function prune(folder: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory && UNREAD_FOLDERS.test(path)) Deno.removeSync(path, { recursive: true });
    else if (isDirectory) prune(path);
    else if (UNREAD_ADDONS.test(path)) Deno.writeFileSync(path, new Uint8Array());
    else if (UNREAD_FILES.test(name)) Deno.removeSync(path);
  }
}

async function run(command: string[]): Promise<void> {
  const { code } = await new Deno.Command(command[0], {
    args: command.slice(1),
    cwd: ROOT,
    env: { DENO_DIR: CACHE },
  }).spawn().status;
  if (code !== 0) Deno.exit(code);
}

const { tasks } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`));
const permissions = String(tasks.perch).split(" ").filter((word) => word.startsWith("--"));
const deno = Deno.env.get("DENORT_BIN") ? ["npx", "-y", "deno@2.8.3"] : [Deno.execPath()];
Deno.mkdirSync(`${ROOT}dist`, { recursive: true });
await run([
  ...deno,
  "cache",
  "--quiet",
  "main.ts",
  ...INCLUDED.filter((path) => path.endsWith(".ts")),
]);
prune(`${CACHE}/npm`);
await run([
  ...deno,
  "compile",
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
]);
const { size } = Deno.statSync(ROOT + target.output);
console.log(`${target.output}  ${(size / 1e6).toFixed(1)} MB`);
