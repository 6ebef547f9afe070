/**
 * Makes `dist/bundle`: the program and its workers as a few files of plain JavaScript, libraries included. A start
 * loads a fifth of the files, and what nobody uses of a library is neither carried nor kept in memory
 * (`.github/decisions/0080-a-bundle-is-compiled.md`).
 *
 * Names stay as they are written, so that a stack still says where something failed.
 */
import { basename, dirname, join } from "node:path";

/**
 * Libraries that are bundled: those that need nothing but the language and the web. All others stay packages, because
 * Deno gives packages the globals of Node (`setTimeout` answers an object there), and a bundle those of the web.
 */
const BUNDLED = [
  // Beside `preact`: they have to share one.
  "@preact/signals",
  "acorn",
  "croner",
  "diff",
  "drizzle-orm",
  "hono",
  "ipaddr.js",
  "jose",
  "marked",
  "preact",
  "preact-render-to-string",
  "qr",
  "semver",
  "zod",
];

/** The path of the bundle, below `root`. Its files stand as deep as those of a room, so `../../static` is the same. */
export const BUNDLE_FOLDER = "dist/bundle";

/**
 * Bundles `main.ts` and the workers at `root`.
 * @throws Error when a worker is missing, two are called the same, or a bundled library is made for Node
 */
export async function bundle(root: string, workers: readonly string[]): Promise<void> {
  const folder = join(root, BUNDLE_FOLDER);
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const { imports } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const apart = Object.keys(imports).filter((name) => !BUNDLED.includes(name));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform",
      "deno",
      "--code-splitting",
      ...apart.flatMap((name) => ["--external", name, "--external", `${name}/*`]),
      "--outdir",
      BUNDLE_FOLDER,
      "main.ts",
      ...workers,
    ],
    cwd: root,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  for (const worker of workers) await nameWorker(folder, worker);
  await refuseNode(folder);
}

/** @throws Error when a library was bundled that calls `require` */
async function refuseNode(folder: string): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || !name.endsWith(".js")) continue;
    const text = await Deno.readTextFile(join(folder, name));
    if (/\b__require\d*\("/.test(text)) {
      throw new Error(`${name} calls require: a library of BUNDLED is made for Node`);
    }
  }
}

/** Who starts a worker looks for it beside itself, by the name of its source: there is a file that leads to it. */
async function nameWorker(folder: string, worker: string): Promise<void> {
  const built = `./${dirname(worker)}/${basename(worker, ".ts")}.js`;
  await Deno.stat(join(folder, built));
  const text = new TextEncoder().encode(`import ${JSON.stringify(built)};\n`);
  await Deno.writeFile(join(folder, basename(worker)), text, { createNew: true });
}
