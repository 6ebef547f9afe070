/**
 * DESIGN. A restore that is asked for while Perch runs: the archive is unpacked, checked and compared first, with
 * everything going on; only then it is handed over to who runs Perch, who ends it, swaps and starts it again. A
 * backup that does not hold up, or whose name was not typed, never stops Perch.
 */
import { PerchError } from "../base/errors.ts";
import type { Findings } from "./findings.ts";
import type { Manifest } from "./manifest.ts";
import type { RestoreDeps, RestoreRequest } from "./request.ts";
import { prepareUnpacked, unpackArchive, type UnpackedArchive } from "./restore.ts";
import type { Progress, Receipt } from "./types.ts";

/** What a person asks for. */
export interface AskedRestore {
  /** Name of an archive among the backups. */
  file: string;
  /** Private key, of an encrypted one. */
  identity: string | null;
  /** Name of the plant in the archive, typed. */
  site: string | null;
}

/** Unpacked, checked and compared: it can be swapped in once nothing is open. */
export interface HandedOver extends UnpackedArchive {
  request: RestoreRequest;
}

export interface RestorePlan {
  manifest: Manifest;
  findings: Findings;
}

/** How far the restore that was asked for last is. */
export interface RestoreJob {
  file: string;
  by: string;
  /** `ready`: Perch ends, swaps and starts again now. */
  state: "checking" | "ready" | "failed";
  share: number;
  error: string | null;
}

/** What who runs Perch brings, so that a restore can be asked for while it runs. */
export interface Restarting {
  /** Ends Perch, swaps what was unpacked in, and starts Perch again. */
  handOver(handed: HandedOver): void;
  /** Why the last one did not come about. */
  failure: RestoreJob | null;
}

export interface RestoresDeps {
  /** Where things are; it throws where nothing can be restored (the database is on a server). */
  place(): Pick<RestoreRequest, "dataDir" | "database" | "migrationsFolder">;
  unpack: RestoreDeps["unpack"];
  /** Asks the database that runs. */
  query: NonNullable<RestoreRequest["live"]>;
  /** @throws PerchError `not_found` */
  find(file: string): Promise<{ receipt: Receipt; path: string }>;
  nowMs(): number;
  /** Ends Perch, does it and starts Perch again; null: nobody can. */
  handOver: ((handed: HandedOver) => void) | null;
  /** Why the last one that was handed over did not come about. */
  failure: RestoreJob | null;
}

export interface Restores {
  /** Null: none was asked for since the start. */
  job(): RestoreJob | null;
  /** What it would change. @throws PerchError as `prepareRestore`, `conflict` while another one is looked at */
  plan(asked: AskedRestore): Promise<RestorePlan>;
  /**
   * Begins it: `job` says how far it is. @throws PerchError `validation` when the name of the plant is not typed,
   * `not_found`, `conflict`, `unavailable` when this Perch cannot start itself again
   */
  begin(asked: AskedRestore, by: string): Promise<RestoreJob>;
}

/** Restores of a Perch that runs. */
export function createRestores(deps: RestoresDeps): Restores {
  let job = deps.failure;
  let busy = false;

  function requestOf(
    asked: AskedRestore,
    { receipt, path }: { receipt: Receipt; path: string },
    by: string,
  ): RestoreRequest {
    if (receipt.encrypted && asked.identity === null) {
      throw new PerchError("validation", `${asked.file} is encrypted: its private key is needed`, {
        errors: [{ path: "identity", message: "This backup is encrypted: type its private key." }],
      });
    }
    const { identity, site } = asked;
    const nowMs = deps.nowMs();
    return { ...deps.place(), file: path, identity, site, nowMs, by, live: deps.query };
  }

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (busy) throw new PerchError("conflict", "a backup is being checked for a restore already");
    busy = true;
    try {
      return await work();
    } finally {
      busy = false;
    }
  }

  async function look(request: RestoreRequest, onProgress: (progress: Progress) => void) {
    const unpacked = await unpackArchive(request, deps, onProgress);
    const { manifest, findings, discard } = await prepareUnpacked(request, unpacked, {});
    return { unpacked, manifest, findings, discard };
  }

  async function run(request: RestoreRequest, mine: RestoreJob): Promise<void> {
    try {
      const { unpacked } = await alone(() =>
        look(request, ({ share }) => {
          mine.share = share;
        })
      );
      mine.state = "ready";
      deps.handOver!({ ...unpacked, request: { ...request, live: null } });
    } catch (error) {
      mine.state = "failed";
      mine.error = error instanceof Error ? error.message : String(error);
    }
  }

  return {
    job: () => job,
    plan: (asked) =>
      alone(async () => {
        // Its own name lets it be compared; typing it is for the restore itself.
        const found = await deps.find(asked.file);
        const request = requestOf({ ...asked, site: found.receipt.manifest.site.name }, found, "");
        const { manifest, findings, discard } = await look(request, () => {});
        await discard();
        return { manifest, findings };
      }),
    async begin(asked, by) {
      const found = await deps.find(asked.file);
      const { name } = found.receipt.manifest.site;
      if (asked.site !== name) {
        throw new PerchError(
          "validation",
          `site: type the name of the plant in the backup, ${name}`,
          {
            errors: [{
              path: "site",
              message: `Type the name of the plant in this backup: ${name}`,
            }],
          },
        );
      }
      if (deps.handOver === null) {
        throw new PerchError(
          "unavailable",
          "this Perch cannot start itself again: run perch restore",
        );
      }
      const request = requestOf(asked, found, by);
      if (busy || job?.state === "ready") {
        throw new PerchError("conflict", "a restore is under way already");
      }
      const mine: RestoreJob = { file: asked.file, by, state: "checking", share: 0, error: null };
      job = mine;
      run(request, mine);
      return mine;
    },
  };
}
