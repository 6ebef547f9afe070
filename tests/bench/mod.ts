/**
 * Runs one benchmark: `deno task bench NAME [--json FILE] [--data DIR]`. Prints a table and, with `--json`,
 * writes `{"name","figures":{…}}`. A benchmark is a file of this folder that exports `run`.
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

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: { json: { type: "string" }, data: { type: "string" } },
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
  const bench = await import(`./${name}.ts`) as {
    run(options: BenchOptions): Promise<BenchResult>;
  };
  const result = await bench.run({ data: values.data });
  const width = Math.max(...Object.keys(result.figures).map((key) => key.length));
  console.log(result.name);
  for (const [key, figure] of Object.entries(result.figures)) {
    console.log(`  ${key.padEnd(width)}  ${printed(figure)}`);
  }
  if (values.json) {
    await Deno.writeTextFile(values.json, JSON.stringify(result, null, 2) + "\n");
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main());
