/**
 * Makes `dist/bundle`: the program and its workers as a few files of plain JavaScript, libraries included. A start
 * loads a fifth of the files, and what nobody uses of a library is neither carried nor kept in memory
 * (`.github/decisions/0080-a-bundle-is-compiled.md`).
 *
 * Names and lines stay as they are written, so that a stack still says where something failed (`slim.ts`).
 */
import { basename, dirname, join } from "node:path";
import { slim } from "./slim.ts";

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
  "hucre",
  "ipaddr.js",
  "jose",
  "marked",
  "preact",
  "preact-render-to-string",
  "qr",
  "semver",
  "zod",
  "zod-itself",
];

/** Bundled by themselves and made short, because they are large and seldom loaded. Files import their default export. */
const ALONE = ["pdfkit"];

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
  const external = apart.flatMap((name) => ["--external", name, "--external", `${name}/*`]);
  await denoBundle(root, ["--code-splitting", ...external], ["main.ts", ...workers]);
  for (const worker of workers) await nameWorker(folder, worker);
  await refuseNode(folder);
  for (const name of ALONE) await bundleAlone(root, folder, name);
  await slimFiles(folder);
}

async function denoBundle(root: string, flags: string[], files: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform",
      "deno",
      ...flags,
      "--outdir",
      BUNDLE_FOLDER,
      ...files,
    ],
    cwd: root,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Who imports the library is led to a file of its own. @throws Error when nobody does */
async function bundleAlone(root: string, folder: string, name: string): Promise<void> {
  const entry = `${BUNDLE_FOLDER}/${name}.ts`;
  await Deno.writeTextFile(join(root, entry), `export { default } from "${name}";\n`);
  await denoBundle(root, ["--minify"], [entry]);
  await Deno.remove(join(root, entry));
  let importers = 0;
  for await (const { name: file, isFile } of Deno.readDir(folder)) {
    if (!isFile || !file.endsWith(".js")) continue;
    const text = await Deno.readTextFile(join(folder, file));
    const led = text.replaceAll(`import("${name}")`, `import("./${name}.js")`);
    if (led === text) continue;
    importers++;
    await Deno.writeTextFile(join(folder, file), led);
  }
  if (importers === 0) throw new Error(`no file of ${BUNDLE_FOLDER} imports ${name}`);
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

async function slimFiles(folder: string): Promise<void> {
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) await slimFiles(path);
    else if (isFile && name.endsWith(".js")) {
      await Deno.writeTextFile(path, slim(await Deno.readTextFile(path)));
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
