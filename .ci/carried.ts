import type { Carried } from "./sbom.ts";

interface Graph {
  modules: { kind?: string; npmPackage?: string }[];
  npmPackages: Record<string, {
    name: string;
    version: string;
    dependencies: string[];
    localPath?: string;
  }>;
}

/** Where the program begins: workers are no part of the graph of `main.ts`. */
const WORKER = /_worker\.ts$/;

/**
 * The packages of npm that the program carries: what `main.ts` and its workers import, and what those need, with
 * the hashes of the lock file and the licences that the packages name. Sorted by name.
 */
export async function carriedBy(root: string): Promise<Carried[]> {
  const { npm } = JSON.parse(await Deno.readTextFile(`${root}/deno.lock`)) as {
    npm: Record<string, { integrity?: string }>;
  };
  const found = new Map<string, Carried>();
  const seen = new Set<string>();
  for (const start of ["main.ts", ...workersBelow(`${root}/lib`)]) {
    const { modules, npmPackages } = await graphOf(root, start);
    const open = modules.flatMap(({ npmPackage }) => npmPackage ?? []);
    for (let id; (id = open.pop()) !== undefined;) {
      const one = npmPackages[id];
      if (seen.has(id) || one === undefined) continue;
      seen.add(id);
      const { name, version, dependencies, localPath } = one;
      open.push(...dependencies);
      const described = await packageAt(localPath);
      if (described === null) continue;
      const integrity = npm[id]?.integrity ?? null;
      found.set(id, { name, version, integrity, license: described.license });
    }
  }
  const byName = (a: Carried, b: Carried) =>
    `${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1;
  const once = new Map([...found.values()].map((one) => [`${one.name}@${one.version}`, one]));
  return [...once.values()].sort(byName);
}

async function graphOf(root: string, start: string): Promise<Graph> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", start],
    cwd: root,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

function workersBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return workersBelow(path);
    return WORKER.test(entry.name) ? [path] : [];
  });
}

/** What its package.json says; null: it is for other hosts, and was not fetched. */
async function packageAt(folder: string | undefined): Promise<{ license: string | null } | null> {
  try {
    const { license } = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
    const named = typeof license === "string" ? license : license?.type;
    return { license: named ?? await licenseIn(folder!) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Some name it in its text alone. */
async function licenseIn(folder: string): Promise<string | null> {
  const text = await Deno.readTextFile(`${folder}/LICENSE`).catch(() => "");
  return /^MIT License\r?\n/.test(text) ? "MIT" : null;
}
