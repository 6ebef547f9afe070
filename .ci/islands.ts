/**
 * Makes `static/built` (task `islands`): bundles the islands, and joins the files of `static/css` into one style
 * sheet. Quiet when nothing changed since the last time.
 */
import { join } from "node:path";
import { leanUplot } from "./lean_uplot.ts";

const ROOT = join(import.meta.dirname!, "..");
const OUT = join(ROOT, "static", "built");
const ENTRIES = [
  "page",
  "stream_worker",
  "overview",
  "lists",
  "alarms",
  "sensor",
  "docs",
  "backtest",
  "cameras",
  "compare",
  "notices",
  "board",
];
const SHEETS = join(ROOT, "static", "css");
/** The files of `static/css` in the order of the cascade: what comes later wins. */
const SHEET_ORDER = [
  "tokens ground frame words cards controls sensor tables door chart talk docs predictions machines attention",
  "backtests alarms notify events analyses host faults scripts cameras hardware probes commands exports imports reports dashboards settings lists search print",
].flatMap((names) => names.split(" "));

/** Newest change of anything that goes into the bundle. */
function newestChange(): number {
  let newest = Deno.statSync(join(ROOT, "deno.lock")).mtime!.getTime();
  for (const file of ["islands.ts", "lean_uplot.ts"]) {
    newest = Math.max(newest, Deno.statSync(join(import.meta.dirname!, file)).mtime!.getTime());
  }
  for (const folder of ["islands", "islands/entry", "lib/words"]) {
    for (const { name, isFile } of Deno.readDirSync(join(ROOT, folder))) {
      if (!isFile) continue;
      newest = Math.max(newest, Deno.statSync(join(ROOT, folder, name)).mtime!.getTime());
    }
  }
  return newest;
}

function builtAt(): number {
  try {
    return Math.min(
      ...ENTRIES.map((name) => Deno.statSync(join(OUT, `${name}.js`)).mtime!.getTime()),
    );
  } catch {
    return 0;
  }
}

/** One file for all pages: a browser asks once and keeps it. */
function joinSheets(): void {
  const there = [...Deno.readDirSync(SHEETS)].map(({ name }) => name.replace(/\.css$/, ""));
  const strangers = there.filter((name) => !SHEET_ORDER.includes(name));
  if (strangers.length > 0) {
    console.error(
      `static/css: ${strangers.join(", ")} has no place in SHEET_ORDER (.ci/islands.ts).`,
    );
    Deno.exit(1);
  }
  const joined = SHEET_ORDER.map((name) => Deno.readTextFileSync(join(SHEETS, `${name}.css`)))
    .join("\n");
  const built = join(OUT, "perch.css");
  if (textOf(built) === joined) return;
  Deno.mkdirSync(OUT, { recursive: true });
  Deno.writeTextFileSync(built, joined);
}

function textOf(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}

if (builtAt() < newestChange()) {
  await Deno.remove(OUT, { recursive: true }).catch(() => {});
  const folder = await Deno.makeTempDir({ prefix: "perch-islands-" });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      `--import-map=${await leanUplot(ROOT, folder)}`,
      "--platform=browser",
      "--minify",
      "--code-splitting",
      `--outdir=${OUT}`,
      ...ENTRIES.map((name) => join(ROOT, "islands", "entry", `${name}.ts`)),
    ],
    cwd: ROOT,
    stdout: "inherit",
    stderr: "piped",
  }).output();
  await Deno.remove(folder, { recursive: true });
  if (!success) {
    console.error(new TextDecoder().decode(stderr));
    console.error(
      "The islands could not be built; see above. Pages work without them, but do not live.",
    );
    Deno.exit(1);
  }
}

joinSheets();
