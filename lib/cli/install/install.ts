/** What `perch install` does, without the words. */
import { PerchError } from "../../base/errors.ts";
import { readUnitList, UNITS_FILE } from "../../health/system/unit_list.ts";
import {
  dropInPath,
  featureNames,
  type HostFacts,
  type HostFile,
  hostFiles,
  proxyExamples,
} from "./host_files.ts";
import { createOnHost, hashOfText } from "./on_host.ts";
import { type End, endOf, type Fate, fateOf } from "./plan.ts";
import { type Feature, PROGRAM, UNIT } from "./unit.ts";

export interface InstallOptions {
  /** `/`; a folder in tests. */
  root: string;
  features: readonly Feature[];
  /** Features that are taken away. */
  without: readonly Feature[];
  port: number;
  /** The text of the guide about proxies. */
  guide: string;
  /** The compiled program that runs now; null: it runs from source, and nothing is copied. */
  program: string | null;
}

export interface Planned {
  files: readonly { file: HostFile; fate: Fate }[];
  /** Drop-ins of features that are taken away. */
  taken: readonly { path: string; end: End }[];
  /** What becomes of the program; null: it runs from source. */
  program: Fate | null;
  /** Why the list of units does not count. */
  trouble: string | null;
}

/** What an install would do; nothing is changed. */
export async function planInstall(options: InstallOptions): Promise<Planned> {
  const host = createOnHost(options.root);
  const written = await host.written();
  const below = (path: string) => options.root.replace(/\/$/, "") + path;
  const owner = options.root === "/" ? 0 : Deno.uid() ?? 0;
  const list = await readUnitList(below(UNITS_FILE), owner);
  const had: Feature[] = [];
  const taken: { path: string; end: End }[] = [];
  for (const one of featureNames) {
    const path = dropInPath(one);
    if (!(path in written)) continue;
    const judge = (there: string | null) => endOf({ mine: false }, there, written[path]);
    const end = await host.judged<End>(path, judge, "unseen");
    if (end === "gone") continue;
    if (options.without.includes(one)) taken.push({ path, end });
    else had.push(one);
  }
  const facts: HostFacts = {
    port: options.port,
    units: list.units,
    features: featureNames.filter((one) => options.features.includes(one) || had.includes(one)),
    groups: groupsOf(await Deno.readTextFile(below("/etc/group")).catch(() => "")),
    ...proxyExamples(options.guide),
  };
  const files = await Promise.all(
    hostFiles(facts).map(async (file) => {
      const judge = (there: string | null) => fateOf(file, hashOfText(file.text), there, written);
      return { file, fate: await host.judged<Fate>(file.path, judge, "unseen") };
    }),
  );
  return { files, taken, program: await programFate(options), trouble: list.trouble };
}

async function programFate({ root, program }: InstallOptions): Promise<Fate | null> {
  if (program === null) return null;
  const there = await createOnHost(root).hash(PROGRAM);
  if (there === null) return "write";
  return there === await createOnHost("/").hash(program) ? "same" : "update";
}

/** Does it. True when anything was changed. @throws PerchError `validation` where a file cannot be compared */
export async function applyInstall(options: InstallOptions, plan: Planned): Promise<boolean> {
  const unseen = [
    ...plan.files.filter(({ fate }) => fate === "unseen").map(({ file }) => file.path),
    ...plan.taken.filter(({ end }) => end === "unseen").map(({ path }) => path),
  ];
  if (unseen.length > 0) {
    const message = `${unseen[0]} cannot be read by this user: run perch install with sudo.`;
    throw new PerchError("validation", message);
  }
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
  for (const { path, end } of plan.taken) {
    if (end === "rename") await host.setAside(path);
    else await host.remove(path);
    delete written[path];
  }
  await host.tidy([`/etc/systemd/system/${UNIT}.d`]);
  if (JSON.stringify(written) !== JSON.stringify(before)) await host.remember(written);
  const all = [
    ...plan.files.map(({ fate }) => fate),
    ...plan.program === null ? [] : [plan.program],
  ];
  return plan.taken.length > 0 || all.some((fate) => fate !== "same" && fate !== "keep");
}

/** Names in `/etc/group`. */
function groupsOf(text: string): Set<string> {
  return new Set(text.split("\n").map((line) => line.split(":")[0]));
}
