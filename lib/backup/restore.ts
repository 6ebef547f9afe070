/**
 * DESIGN. A restore unpacks and checks everything beside what is live, compares, writes into the unpacked database
 * who may sign in from now on, and only then swaps (`moves.ts`). The caller holds the data directory's lock, and
 * nothing of it is open, except while a plan is made for a Perch that runs (`live`).
 */
import { join } from "node:path";
import { compare, type Compared } from "./compare.ts";
import type { Findings } from "./findings.ts";
import type { Exported } from "./line_file.ts";
import { exportLost } from "./lost_readings.ts";
import type { Manifest } from "./manifest.ts";
import { INCOMING, isSwapping } from "./moves.ts";
import { replacePlant } from "./replace.ts";
import type { OnProgress, RestoreDeps, RestoreRequest } from "./request.ts";
import type { RestoredRecord } from "./restored.ts";

/** More than this unpacked is no plant. */
const MOST_BYTES = 1e12;

/** An archive that is unpacked and checked, and what it would change. Nothing live was touched. */
export interface Prepared {
  manifest: Manifest;
  findings: Findings;
  /**
   * Writes the readings that `replace` takes away into a file (`lost_readings.ts`); nothing else is changed.
   * @throws PerchError `conflict` when this Perch cannot read them, `validation` (the file is there), `storage_full`
   */
  exportLost(target: string, onShare: (share: number) => void): Promise<Exported>;
  /** Puts it in the place of what is there. When this fails, the plant is as it was. */
  replace(): Promise<RestoredRecord>;
  /** Takes away what was unpacked. */
  discard(): Promise<void>;
}

/** An archive that was unpacked and checked, below the data directory. */
export interface UnpackedArchive {
  /** Its folder's name. */
  incoming: string;
  manifest: Manifest;
}

/** Unpacks and checks. @throws PerchError `validation`, `conflict` (written by a newer Perch), `storage_full` */
export async function unpackArchive(
  { dataDir, file, identity, migrationsFolder }: RestoreRequest,
  deps: RestoreDeps,
  onProgress: OnProgress,
): Promise<UnpackedArchive> {
  const incoming = `${INCOMING}${crypto.randomUUID().slice(0, 8)}`;
  const target = join(dataDir, incoming);
  try {
    const mostBytes = MOST_BYTES;
    const request = { file, identity, target, migrationsFolder, mostBytes };
    return { incoming, manifest: await deps.unpack(request, onProgress) };
  } catch (error) {
    await removeUnpacked(target);
    throw error;
  }
}

/**
 * Compares what was unpacked with what is there. It is taken away when that fails.
 * @throws PerchError `validation` (another plant's without its name), `storage_full`
 */
export async function prepareUnpacked(
  request: RestoreRequest,
  { incoming, manifest }: UnpackedArchive,
  deps: Pick<RestoreDeps, "onStep">,
): Promise<Prepared> {
  const { dataDir } = request;
  const folder = join(dataDir, incoming);
  let compared: Compared;
  try {
    compared = await compare(request, folder, manifest);
  } catch (error) {
    await removeUnpacked(folder);
    throw error;
  }
  return {
    manifest,
    findings: compared.decision.findings,
    exportLost: (target, onShare) => exportLost({ request, folder, compared, target, onShare }),
    discard: () => removeUnpacked(folder),
    async replace() {
      if (request.live !== null) throw new Error("the plant of a Perch that runs is not replaced");
      try {
        return await replacePlant(request, { incoming, manifest, compared }, deps);
      } finally {
        // A swap that could be neither finished nor taken back goes on at the next start.
        if (!await isSwapping(dataDir)) await removeUnpacked(folder);
      }
    },
  };
}

/** Takes away what was unpacked. */
export function discardUnpacked(dataDir: string, { incoming }: UnpackedArchive): Promise<void> {
  return removeUnpacked(join(dataDir, incoming));
}

const removeUnpacked = (folder: string) => Deno.remove(folder, { recursive: true }).catch(() => {});

/** Unpacks, checks and compares. @throws PerchError as the two do */
export async function prepareRestore(
  request: RestoreRequest,
  deps: RestoreDeps,
  onProgress: OnProgress,
): Promise<Prepared> {
  const unpacked = await unpackArchive(request, deps, onProgress);
  return await prepareUnpacked(request, unpacked, deps);
}

/** What the archive would change; nothing is kept of it. */
export async function planRestore(
  request: RestoreRequest,
  deps: RestoreDeps,
  onProgress: OnProgress,
): Promise<Pick<Prepared, "manifest" | "findings">> {
  const { manifest, findings, discard } = await prepareRestore(request, deps, onProgress);
  await discard();
  return { manifest, findings };
}

/** Unpacks, checks, compares and replaces. */
export async function restore(
  request: RestoreRequest,
  deps: RestoreDeps,
  onProgress: OnProgress,
): Promise<RestoredRecord> {
  return await (await prepareRestore(request, deps, onProgress)).replace();
}
