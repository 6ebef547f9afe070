/**
 * Builds `dist/perch` (x64) or `dist/perch-arm64`, with the permissions of the task `perch` (`compiler.ts`).
 *
 *   deno run -A .ci/compile.ts x64|arm64
 */
import { alignCarried } from "./align.ts";
import { bundle, BUNDLE_FOLDER } from "./bundle.ts";
import { compiler, permissions, ROOT } from "./compiler.ts";

const TARGETS: Record<string, { triple: string; output: string }> = {
  x64: { triple: "x86_64-unknown-linux-gnu", output: "dist/perch" },
  arm64: { triple: "aarch64-unknown-linux-gnu", output: "dist/perch-arm64" },
};
/**
 * Files of packages that are not bundled (`bundle.ts`) and that no program reads: sources and types beside the build,
 * maps, tests, CommonJS twins, browser builds, the libsql addon for musl. The binary reads all that it carries into memory at each start.
 */
const UNREAD: readonly RegExp[] = [
  /\.[mc]?tsx?$/,
  /\.(map|md|c|yml|tsbuildinfo)$/,
  /^(@[^/]+\/)?[^/]+\/[^/]+\/(tests?|bench|benchmarks|docs|examples?)\//,
  /^@google\/genai\/[^/]+\/dist\/(index|node|tokenizer|vertex_internal)/,
  /^(gaxios|gcp-metadata|google-auth-library|protobufjs|web-streams-polyfill)\/[^/]+\/(build|dist|src|cli|polyfill)\//,
  /^otpauth\/.*\.cjs$/,
  /^(image-size|nodemailer)\/[^/]+\/dist\/cjs\//,
  // The interpreter is inside the module whose name has its hash.
  /^@jitl\/[^/]+\/[^/]+\/dist\/(index\.js|emscripten-module\.mjs)$/,
  /^@libsql\/[^/]+\/[^/]+\/lib-cjs\//,
  /^@libsql\/linux-[^/]+-musl\//,
  /^@noble\/[^/]+\/[^/]+\/src\//,
  /^csv-parse\/[^/]+\/dist\//,
  /^hash-wasm\/[^/]+\/dist\/(?!index\.umd\.js$)/,
  /^lru-cache\/[^/]+\/dist\/esm\//,
  /^(mqtt|uplot)\/[^/]+\/dist\//,
  /^otpauth\/[^/]+\/dist\/.*\.(min|umd)\.js$/,
  /^quickjs-emscripten-core\/[^/]+\/dist\/.*\.js$/,
];
/** Read at run time by path: they are not part of the import graph. */
const INCLUDED = [
  "migrations",
  // Icons, guides, the built style sheet and islands; not what the style sheet is built from.
  "static",
  // Of the PDF.
  "lib/reports/fonts",
  BUNDLE_FOLDER,
];
const WORKERS = [
  "lib/app/storage_worker.ts",
  "lib/access/passwords_worker.ts",
  "lib/backup/copy_worker.ts",
  "lib/detect/predict/train_worker.ts",
  "lib/detect/backtest/backtest_worker.ts",
  "lib/backup/backup_worker.ts",
  "lib/scripts/script_worker.ts",
  "lib/transfer/import/import_worker.ts",
  "lib/reports/render/render_worker.ts",
  "lib/transfer/export/export_worker.ts",
];

const target = TARGETS[Deno.args[0] ?? ""];
if (target === undefined) {
  console.error("usage: deno run -A .ci/compile.ts x64|arm64");
  Deno.exit(2);
}
const excluded = ["static/css", ...await unreadFiles()];
const args = [
  "compile",
  "--quiet",
  "--no-check",
  "--exclude-unused-npm",
  // The worker of the scripts has no permissions.
  "--unstable-worker-options",
  // HTTPS takes a new certificate without dropping connections (`reusePort`).
  "--unstable-net",
  ...permissions(),
  ...INCLUDED.flatMap((path) => ["--include", path]),
  ...excluded.flatMap((path) => ["--exclude", path]),
  "--target",
  target.triple,
  "--output",
  target.output,
  `${BUNDLE_FOLDER}/main.js`,
];
await bundle(ROOT, WORKERS);
const { code } = await new Deno.Command(await compiler(), { args, cwd: ROOT }).spawn().status;
if (code === 0) {
  if (!await alignCarried(ROOT + target.output)) {
    console.log(
      "this Deno lays out a binary otherwise than known: what it carries is in memory twice (.ci/align.ts)",
    );
  }
  const { size } = Deno.statSync(ROOT + target.output);
  console.log(`${target.output}  ${(size / 1e6).toFixed(1)} MB`);
}
Deno.exit(code);

/** Absolute paths below Deno's npm cache, for every package of the lock file. */
async function unreadFiles(): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  const found: string[] = [];
  for (const registry of Deno.readDirSync(npmCache)) {
    const root = `${npmCache}/${registry.name}`;
    if (registry.isDirectory) {
      for (const name of packages()) collect(root, name, found);
    }
  }
  return found;
}

/** `zod/4.6.7`, `@libsql/client/0.18.0` … */
function packages(): string[] {
  const lock = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.lock`));
  return Object.keys(lock.npm).map((id) => id.replace(/(?<=.)@(\d[^_]*).*$/, "/$1"));
}

function collect(root: string, path: string, found: string[]): void {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(`${root}/${path}`)];
  } catch {
    return;
  }
  for (const entry of entries) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory) collect(root, inner, found);
    else if (UNREAD.some((pattern) => pattern.test(inner))) found.push(`${root}/${inner}`);
  }
}
