/** Labelled files of several sets, in groups: real ones of NAB and SMAP, and made-up ones by family. */
import { join } from "node:path";
import { type BenchOptions, seedsOf } from "../../support/bench.ts";
import { command, NO_SHARED, pythonWith, readArguments, sharedBench, unpack } from "./files.ts";
import type { Played } from "./groups.ts";
import { readSeries, type Series, windowsOf } from "./series.ts";

const SEEDS = "1-4";
const FILES_OF_SEED = 72;
/** Every fourth file has no anomaly: with nine names each family has some with and some without. */
const FAMILIES = "room,machine,cycle,sawtooth,load,vibration,quantised,regime,room";

export interface Labelled extends Series {
  set: string;
  group: string;
  windows: Played["windows"];
}

async function labelled(
  root: string,
  set: string,
  groupOf: (key: string) => string,
): Promise<Labelled[]> {
  const labels = JSON.parse(await Deno.readTextFile(join(root, "windows.json")));
  return readSeries(join(root, "data")).filter(({ key }) => key in labels).map((series) => ({
    ...series,
    set,
    group: `${set} ${groupOf(series.key)}`,
    windows: windowsOf(series, labels[series.key]),
  }));
}

const folderOf = (key: string) => key.split("/")[0];

/** The development half of NAB by category, and SMAP as one group. */
export async function realSeries(shared: string): Promise<Labelled[]> {
  const nab = await unpack(shared), smap = await unpack(shared, "smap-dev");
  try {
    return [
      ...await labelled(join(nab.path, "nab"), "nab", folderOf),
      ...await labelled(smap.path, "smap", () => "all"),
    ];
  } finally {
    await nab.remove();
    await smap.remove();
  }
}

/** What a benchmark on made-up signals needs. @throws Error naming what is missing */
export async function madeNeeds(
  args: readonly string[] | BenchOptions,
): Promise<{ shared: string; python: string; seeds: number[] }> {
  const shared = sharedBench(readArguments(args).shared);
  if (shared === null) throw new Error(NO_SHARED);
  const python = await pythonWith("numpy");
  if (python === null) throw new Error("python3-numpy is missing: the made-up signals need it");
  const given = Array.isArray(args) ? undefined : (args as BenchOptions).seeds;
  return { shared, python, seeds: seedsOf(given ?? SEEDS) };
}

/** Made-up signals by family, with and without planted anomalies. */
export async function madeSeries(
  shared: string,
  python: string,
  seeds: readonly number[],
): Promise<Labelled[]> {
  const made = await Deno.makeTempDir({ prefix: "perch-made-" });
  try {
    const all: Labelled[] = [];
    for (const seed of seeds) {
      const out = join(made, String(seed));
      const parts = ["--seed", seed, "--files", FILES_OF_SEED, "--families", FAMILIES].map(String);
      await command(python, [join(shared, "make_signals.py"), out, ...parts]);
      all.push(...await labelled(out, "made", folderOf));
    }
    return all;
  } finally {
    await Deno.remove(made, { recursive: true });
  }
}
