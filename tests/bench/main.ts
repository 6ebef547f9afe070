/**
 * The benchmarks: `deno task bench [NAME…] [--json FILE] [--data DIR]`. Each file here that exports `run` is
 * one; without a name all run. Prints a table and writes `{"name","figures"}` to bench-results/NAME.json
 * (or to FILE). What a benchmark asks of the machine stands at its head.
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";

export interface BenchOptions {
  /** `--data DIR`, for benchmarks that read data sets. */
  dataDir: string | null;
  /** `--minutes N`, where a benchmark waits. */
  minutes: number | null;
}
export interface BenchResult {
  name: string;
  figures: Record<string, number | string | null>;
}
type Run = (options: BenchOptions) => Promise<BenchResult>;

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

async function benches(): Promise<Map<string, Run>> {
  const found = new Map<string, Run>();
  const files = [...Deno.readDirSync(HERE)].map((entry) => entry.name).sort();
  for (const file of files) {
    if (!file.endsWith(".ts") || file === "main.ts") continue;
    const source = Deno.readTextFileSync(HERE + file);
    if (!/^export async function run\(/m.test(source)) continue;
    const module = await import(`./${file}`);
    found.set(file.slice(0, -3), module.run);
  }
  return found;
}

function print({ name, figures }: BenchResult): void {
  const width = Math.max(...Object.keys(figures).map((key) => key.length));
  console.log(`\n${name}`);
  for (const [key, value] of Object.entries(figures)) {
    const shown = typeof value === "number" && !Number.isInteger(value)
      ? value.toPrecision(4)
      : String(value);
    console.log(`  ${key.padEnd(width)}  ${shown}`);
  }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      json: { type: "string" },
      data: { type: "string" },
      minutes: { type: "string" },
    },
  });
  const all = await benches();
  const unknown = positionals.find((name) => !all.has(name));
  if (unknown !== undefined) {
    console.error(`"${unknown}" is not a benchmark: use ${[...all.keys()].join(", ")}`);
    Deno.exit(2);
  }
  const names = positionals.length > 0 ? positionals : [...all.keys()];
  for (const name of names) {
    const result = await all.get(name)!({
      dataDir: values.data ?? null,
      minutes: values.minutes === undefined ? null : Number(values.minutes),
    });
    print(result);
    const file = values.json ?? `${ROOT}bench-results/${name}.json`;
    if (values.json === undefined) Deno.mkdirSync(`${ROOT}bench-results`, { recursive: true });
    await Deno.writeTextFile(file, JSON.stringify(result, null, 2) + "\n");
  }
}
