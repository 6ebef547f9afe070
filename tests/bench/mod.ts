/**
 * The benchmarks: `deno task bench NAME [--json FILE] [--data DIR] [--out DIR] [--threshold X]
 * [--minutes N] [--seeds 1-5] [--quick] [--profile]`. A benchmark is a file of this folder that exports `run`. Prints a table and
 * writes `{"name","figures":{…}}` to FILE, or to `bench-results/NAME.json`.
 */
import { parseArgs } from "node:util";
import type { BenchOptions, BenchResult } from "../support/bench.ts";

function names(): string[] {
  return [...Deno.readDirSync(import.meta.dirname!)]
    .filter((entry) => entry.isFile && entry.name.endsWith(".ts") && entry.name !== "mod.ts")
    .filter((entry) =>
      /^export async function run\(/m.test(
        Deno.readTextFileSync(`${import.meta.dirname}/${entry.name}`),
      )
    )
    .map((entry) => entry.name.slice(0, -3))
    .sort();
}

function printed(figure: number): string {
  if (Number.isInteger(figure)) return figure.toLocaleString("en-GB");
  return figure.toLocaleString("en-GB", { maximumSignificantDigits: 4 });
}

function print({ name, figures, notes }: BenchResult): void {
  const width = Math.max(...Object.keys(figures).map((key) => key.length));
  console.log(name);
  for (const [key, figure] of Object.entries(figures)) {
    console.log(`  ${key.padEnd(width)}  ${printed(figure)}`);
  }
  for (const note of notes ?? []) console.log(`  ${note}`);
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      json: { type: "string" },
      data: { type: "string" },
      out: { type: "string" },
      threshold: { type: "string" },
      minutes: { type: "string" },
      seeds: { type: "string" },
      quick: { type: "boolean" },
      profile: { type: "boolean" },
    },
  });
  const known = names();
  const [name] = positionals;
  if (name === undefined || !known.includes(name)) {
    console.error(
      `There is no benchmark ${name === undefined ? "without a name" : `"${name}"`}. ` +
        `Known: ${known.join(", ")}`,
    );
    return 2;
  }
  for (const number of ["threshold", "minutes"] as const) {
    if (values[number] !== undefined && !Number.isFinite(Number(values[number]))) {
      console.error(`--${number} is "${values[number]}": give a number.`);
      return 2;
    }
  }
  const bench = await import(`./${name}.ts`) as {
    run(options: BenchOptions): Promise<BenchResult>;
  };
  const { json, threshold, minutes, ...rest } = values;
  const result = await bench.run({
    ...rest,
    threshold: threshold === undefined ? undefined : Number(threshold),
    minutes: minutes === undefined ? undefined : Number(minutes),
  });
  print(result);
  const file = json ?? `${import.meta.dirname}/../../bench-results/${name}.json`;
  if (json === undefined) {
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
  }
  await Deno.writeTextFile(file, JSON.stringify(result, null, 2) + "\n");
  return 0;
}

if (import.meta.main) Deno.exit(await main());
