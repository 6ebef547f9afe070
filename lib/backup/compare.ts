import { join } from "node:path";
import { PerchError } from "../base/errors.ts";
import { withCopy } from "./copy.ts";
import { type ChannelKeys, decide, type Decision } from "./findings.ts";
import { withLiveCopy } from "./live_copy.ts";
import { DATABASE_NAME, KEY_FILES, type Manifest } from "./manifest.ts";
import { lookAt } from "./moving.ts";
import { realPath } from "./plant_files.ts";
import { hasPeople, isOther, type PlantState } from "./plant_state.ts";
import { readPlant, TABLES } from "./restore_store.ts";
import type { RestoreRequest } from "./request.ts";

/** The unpacked plant beside the one that is there. */
export interface Compared {
  decision: Decision;
  restored: PlantState;
  /** Null: there is none, or it cannot be read. */
  live: PlantState | null;
  /** Files of keys that the archive brings and that are used. */
  keys: string[];
}

/**
 * Compares what was unpacked to `folder` with what is there now. The live database is read as a copy, never
 * opened. @throws PerchError `validation` when the archive is of another plant whose name was not typed
 */
export async function compare(
  request: RestoreRequest,
  folder: string,
  manifest: Manifest,
): Promise<Compared> {
  const restored = await plantIn(join(folder, DATABASE_NAME));
  const { plant: live, why } = await livePlant(request, folder);
  const foreign = live !== null && isOther(live, restored, manifest.site.id);
  if (foreign) refuseUnlessNamed(request, manifest);
  const keys = foreign ? [] : keysToBring(request.dataDir, manifest, live);
  const decision = decide(
    restored,
    live,
    why,
    foreign,
    channelKeys(request, folder, keys, live !== null && isNamedOther(live, manifest)),
  );
  return { decision, restored, live, keys };
}

function refuseUnlessNamed({ site, file }: RestoreRequest, { site: { name } }: Manifest): void {
  if (site === name) return;
  const typed = site === null ? "" : ` (typed was "${site}")`;
  throw new PerchError(
    "validation",
    `${file} is a backup of another plant, "${name}". To put it in the place of this one all the same, type ` +
      `its name: --site "${name}"${typed}. The people and keys of this plant stay as they are.`,
    {
      errors: [{ path: "site", message: `must be "${name}", the name of the plant in the backup` }],
    },
  );
}

async function plantIn(path: string): Promise<PlantState> {
  return await withCopy(path, async ({ query, unreadable }) => {
    const problem = await unreadable(TABLES);
    if (problem === null) return await readPlant(query);
    throw new PerchError("validation", `The database is damaged: ${problem}.`);
  });
}

type Live = { plant: PlantState; why: "missing" } | { plant: null; why: "missing" | "unreadable" };

async function livePlant(request: RestoreRequest, folder: string): Promise<Live> {
  if (request.live !== null) return { plant: await readPlant(request.live), why: "missing" };
  const path = await realPath(request.database);
  if (((await lookAt(path))?.size ?? 0) === 0) return { plant: null, why: "missing" };
  try {
    return { plant: await withLiveCopy(request.database, folder, plantIn), why: "missing" };
  } catch (error) {
    if (error instanceof PerchError && error.code === "storage_full") throw error;
    return { plant: null, why: "unreadable" };
  }
}

/** Of a plant that stays, only what is not there any more; else all that the archive has. */
function keysToBring(dataDir: string, { files }: Manifest, live: PlantState | null): string[] {
  const stays = live !== null && hasPeople(live);
  return KEY_FILES.filter((name) =>
    files.some(({ path }) => path === name) && !(stays && keyIn(join(dataDir, name)) !== null)
  );
}

/** The plant that is here has an id, and another one: also one that nobody has an account in yet. */
const isNamedOther = ({ plant }: PlantState, { site }: Manifest) =>
  plant !== null && plant.uid !== site.id;

/** An archive without keys was sealed with those of its plant. */
function channelKeys(
  { dataDir }: RestoreRequest,
  folder: string,
  brought: readonly string[],
  ofOther: boolean,
): ChannelKeys {
  const [name] = KEY_FILES.filter((one) => one.startsWith("channels"));
  const here = keyIn(join(dataDir, name));
  const there = keyIn(join(folder, name));
  return {
    live: here !== null,
    brought: brought.includes(name),
    differs: there === null ? ofOther : here !== there,
  };
}

/** The key in a file; null when there is none in it. */
function keyIn(path: string): string | null {
  try {
    const text = Deno.readTextFileSync(path).trim();
    return /^[A-Za-z0-9_-]{43,}=?$/.test(text) ? text : null;
  } catch {
    return null;
  }
}
