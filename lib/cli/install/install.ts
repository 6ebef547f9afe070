/** What `perch install` and `perch uninstall` do, without the words. */
import { readUnitList, UNITS_FILE } from "../../health/system/unit_list.ts";
import {
  dropInPath,
  featureNames,
  type HostFacts,
  type HostFile,
  hostFiles,
  proxyExamples,
} from "./host_files.ts";
import { createOnHost, hashOfText, MANIFEST, OLD } from "./on_host.ts";
import { endOf, type Fate } from "./plan.ts";
import { CACHE, ENVIRONMENT, type Feature, PROGRAM, UNIT } from "./unit.ts";

export interface InstallOptions {
  /** `/`; a folder in tests. */
  root: string;
  features: readonly Feature[];
  port: number;
  /** The text of the guide about proxies. */
  guide: string;
  /** The compiled program that runs now; null: it runs from source, and nothing is copied. */
  program: string | null;
}

export interface Planned {
  files: readonly { file: HostFile; fate: Fate }[];
  /** What becomes of the program; null: it runs from source. */
  program: Fate | null;
  /** Why the list of units does not count. */
  trouble: string | null;
}

const MINE = [UNITS_FILE, ENVIRONMENT];

/** What an install would do; nothing is changed. */
export async function planInstall(options: InstallOptions): Promise<Planned> {
  const host = createOnHost(options.root);
  const written = await host.written();
  const below = (path: string) => options.root.replace(/\/$/, "") + path;
  const owner = options.root === "/" ? 0 : Deno.uid() ?? 0;
  const list = await readUnitList(below(UNITS_FILE), owner);
  const had: Feature[] = [];
  for (const one of featureNames) {
    const path = dropInPath(one);
    if (path in written && await host.hash(path) !== null) had.push(one);
  }
  const facts: HostFacts = {
    port: options.port,
    units: list.units,
    features: featureNames.filter((one) => options.features.includes(one) || had.includes(one)),
    groups: groupsOf(await Deno.readTextFile(below("/etc/group")).catch(() => "")),
    ...proxyExamples(options.guide),
  };
  const files = await Promise.all(
    hostFiles(facts).map(async (file) => ({ file, fate: await host.fate(file, written) })),
  );
  return { files, program: await programFate(options), trouble: list.trouble };
}

async function programFate({ root, program }: InstallOptions): Promise<Fate | null> {
  if (program === null) return null;
  const there = await createOnHost(root).hash(PROGRAM);
  if (there === null) return "write";
  return there === await createOnHost("/").hash(program) ? "same" : "update";
}

/** Does it. True when anything was changed. */
export async function applyInstall(options: InstallOptions, plan: Planned): Promise<boolean> {
  const host = createOnHost(options.root);
  const before = await host.written();
  const written: Record<string, string> = { ...before };
  if (plan.program === "write" || plan.program === "update") {
    await host.putProgram(PROGRAM, options.program!);
  }
  const program = plan.program === null ? null : await host.hash(PROGRAM);
  if (program !== null) written[PROGRAM] = program;
  for (const { file, fate } of plan.files) {
    await host.put(file, fate);
    if (fate !== "keep") written[file.path] = hashOfText(file.text);
  }
  if (JSON.stringify(written) !== JSON.stringify(before)) await host.remember(written);
  const all = [
    ...plan.files.map(({ fate }) => fate),
    ...plan.program === null ? [] : [plan.program],
  ];
  return all.some((fate) => fate !== "same" && fate !== "keep");
}

export interface Removed {
  removed: readonly string[];
  /** The owner's own, changed since. */
  kept: readonly string[];
  /** Changed by somebody, and now beside where they were. */
  aside: readonly string[];
}

export async function isInstalled(root: string): Promise<boolean> {
  return Object.keys(await createOnHost(root).written()).length > 0;
}

/** Takes back what an install wrote. */
export async function removeInstalled(root: string): Promise<Removed> {
  const host = createOnHost(root);
  const result = { removed: [] as string[], kept: [] as string[], aside: [] as string[] };
  for (const [path, hash] of Object.entries(await host.written())) {
    switch (endOf({ mine: MINE.includes(path) }, await host.hash(path), hash)) {
      case "remove":
        await host.remove(path);
        result.removed.push(path);
        break;
      case "keep":
        result.kept.push(path);
        break;
      case "rename":
        await host.setAside(path);
        result.aside.push(path + OLD);
    }
  }
  await host.remove(`${PROGRAM}.before`);
  await host.remove(MANIFEST);
  const drops = `/etc/systemd/system/${UNIT}.d`;
  await host.empty(CACHE);
  await host.tidy([drops, "/etc/perch", "/usr/local/share/doc/perch"]);
  return result;
}

/** Names in `/etc/group`. */
function groupsOf(text: string): Set<string> {
  return new Set(text.split("\n").map((line) => line.split(":")[0]));
}
