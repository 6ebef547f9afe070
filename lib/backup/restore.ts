/**
 * DESIGN. A restore unpacks and checks everything beside what is live, compares, writes into the unpacked database
 * who may sign in from now on, and only then swaps (`moves.ts`). The caller holds the data directory's lock, and
 * nothing of it is open, except while a plan is made for a Perch that runs (`live`).
 */
import { join } from "node:path";
import { compare, type Compared } from "./compare.ts";
import type { Findings } from "./findings.ts";
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
  /** Puts it in the place of what is there. When this fails, the plant is as it was. */
  replace(): Promise<RestoredRecord>;
  /** Takes away what was unpacked. */
  discard(): Promise<void>;
}

/**
 * Unpacks, checks and compares. @throws PerchError `validation` (the archive, or another plant's without its
 * name), `conflict` (written by a newer Perch), `storage_full`
 */
export async function prepareRestore(
  request: RestoreRequest,
  deps: RestoreDeps,
  onProgress: OnProgress,
): Promise<Prepared> {
  const { dataDir } = request;
  const incoming = `${INCOMING}${crypto.randomUUID().slice(0, 8)}`;
  const folder = join(dataDir, incoming);
  const discard = () => Deno.remove(folder, { recursive: true }).catch(() => {});
  let manifest: Manifest;
  let compared: Compared;
  try {
    manifest = await deps.unpack({
      file: request.file,
      identity: request.identity,
      target: folder,
      migrationsFolder: request.migrationsFolder,
      mostBytes: MOST_BYTES,
    }, onProgress);
    compared = await compare(request, folder, manifest);
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    manifest,
    findings: compared.decision.findings,
    discard,
    async replace() {
      if (request.live !== null) throw new Error("the plant of a Perch that runs is not replaced");
      onProgress({ stage: "replacing", share: 0 });
      try {
        return await replacePlant(request, { incoming, manifest, compared }, deps);
      } finally {
        // A swap that could be neither finished nor taken back goes on at the next start.
        if (!await isSwapping(dataDir)) await discard();
      }
    },
  };
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
