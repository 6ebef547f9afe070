/** What the detection benchmarks share: arguments, the development data, CSV, the scorers. */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { BenchOptions, BenchResult } from "../../support/bench.ts";

export interface Arguments {
  data: string | null;
  out: string | null;
  threshold: number | null;
  json: string | null;
  shared: string | null;
}

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** `deno task bench` hands over an object, a file that is started on its own a list. */
export function readArguments(args: readonly string[] | BenchOptions): Arguments {
  if (!Array.isArray(args)) {
    const { data, out, threshold } = args as BenchOptions;
    return {
      data: data ?? null,
      out: out ?? null,
      threshold: threshold ?? null,
      json: null,
      shared: null,
    };
  }
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string" },
      out: { type: "string" },
      threshold: { type: "string" },
      json: { type: "string" },
      shared: { type: "string" },
    },
  });
  return {
    data: values.data ?? null,
    out: values.out ?? null,
    threshold: number(values.threshold ?? null),
    json: values.json ?? null,
    shared: values.shared ?? null,
  };
}

function number(text: string | null): number | null {
  if (text === null) return null;
  const x = Number(text);
  if (!Number.isFinite(x)) throw new Error(`--threshold must be a number, not "${text}"`);
  return x;
}

/** The folder with the archive and the scorers beside the project; null when it is not there. */
export function sharedBench(given: string | null): string | null {
  const places = given ? [given] : [join(ROOT, "../shared/bench"), "../shared/bench"];
  for (const place of places) {
    try {
      if (Deno.statSync(join(place, "score")).isDirectory) return place;
    } catch { /* not here */ }
  }
  return null;
}

export const NO_SHARED =
  "../shared/bench with the data and the scorers is not beside the project: give --data DIR, " +
  "or --shared DIR for where it is";

/** Unpacks an archive beside the scorers into a temporary folder; `path` is what is in it. */
export async function unpack(
  shared: string,
  name: "anomaly-dev" | "smap-dev" = "anomaly-dev",
): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await Deno.makeTempDir({ prefix: "perch-bench-" });
  await command("tar", ["xzf", join(shared, `${name}.tar.gz`), "-C", folder]);
  const inside = name === "anomaly-dev" ? "dev" : name;
  return { path: join(folder, inside), remove: () => Deno.remove(folder, { recursive: true }) };
}

/** Runs a program and gives what it printed; its errors become ours. */
export async function command(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  const text = new TextDecoder().decode(stdout);
  if (code !== 0) {
    throw new Error(`${program} ${args[0]}: ${new TextDecoder().decode(stderr) || text}`);
  }
  return text;
}

/** A Python that can load these modules: Debian's own has packages that another one may lack. */
export async function pythonWith(...modules: string[]): Promise<string | null> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      await command(python, ["-c", `import ${modules.join(",")}`]);
      return python;
    } catch { /* the next one */ }
  }
  return null;
}

/** All `*.csv` below a folder, by path relative to it, sorted. */
export function csvFiles(root: string): string[] {
  const found: string[] = [];
  const walk = (dir: string) => {
    for (const entry of Deno.readDirSync(dir)) {
      const path = join(dir, entry.name);
      if (entry.isDirectory) walk(path);
      else if (entry.name.endsWith(".csv")) found.push(relative(root, path));
    }
  };
  walk(root);
  return found.sort();
}

export interface Table {
  head: string[];
  rows: string[][];
}

export function readTable(path: string): Table {
  const lines = Deno.readTextFileSync(path).split(/\r?\n/).filter((line) => line !== "");
  if (lines.length === 0) throw new Error(`${path} is empty`);
  const separator = lines[0].includes(";") ? ";" : ",";
  const [head, ...rows] = lines.map((line) => line.split(separator));
  return { head: head.map((name) => name.trim()), rows };
}

export function writeText(path: string, text: string): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  Deno.writeTextFileSync(path, text);
}

/** "2014-04-01 00:05:00" (no zone: taken as UTC) to epoch ms. */
export function parseTime(text: string): number {
  const t = Date.parse(text.trim().replace(" ", "T").replace(/Z?$/, "Z"));
  if (Number.isNaN(t)) throw new Error(`"${text}" is not a time`);
  return t;
}

export function printResult({ name, figures, notes }: BenchResult): void {
  const width = Math.max(...Object.keys(figures).map((key) => key.length));
  console.log(name);
  for (const [key, value] of Object.entries(figures)) {
    const shown = Number.isInteger(value) ? String(value) : value.toPrecision(4);
    console.log(`  ${key.padEnd(width)}  ${shown}`);
  }
  for (const note of notes ?? []) console.log(`  ${note}`);
}

/** The end of every one of these files when started on its own. */
export async function alone(
  bench: (args: readonly string[]) => Promise<BenchResult>,
): Promise<void> {
  try {
    const result = await bench(Deno.args);
    printResult(result);
    const file = readArguments(Deno.args).json;
    if (file) await Deno.writeTextFile(file, JSON.stringify(result, null, 2) + "\n");
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
}
