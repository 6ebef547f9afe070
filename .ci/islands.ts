/** Bundles the islands into `static/built` (task `islands`). Quiet when nothing changed since the last time. */
import { join } from "node:path";

const ROOT = join(import.meta.dirname!, "..");
const OUT = join(ROOT, "static", "built");
const ENTRIES = ["page", "lists", "alarms", "sensor", "docs", "backtest"];

/** Newest change of anything that goes into the bundle. */
function newestChange(): number {
  let newest = Deno.statSync(join(ROOT, "deno.lock")).mtime!.getTime();
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

if (builtAt() < newestChange()) {
  await Deno.remove(OUT, { recursive: true }).catch(() => {});
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
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
  if (!success) {
    console.error(new TextDecoder().decode(stderr));
    console.error(
      "The islands could not be built; see above. Pages work without them, but do not live.",
    );
    Deno.exit(1);
  }
}
