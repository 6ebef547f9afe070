/**
 * DESIGN. A restore that is asked for while Perch runs: the archive is unpacked, checked and compared first, with
 * everything going on; only then it is handed over to who runs Perch, who ends it, swaps and starts it again. A
 * backup that does not hold up, or whose name was not typed, never stops Perch.
 */
import { join } from "node:path";
import { PerchError } from "../base/errors.ts";
import type { Findings } from "./findings.ts";
import type { Manifest } from "./manifest.ts";
import type { RestoreDeps, RestoreRequest } from "./request.ts";
import {
  discardUnpacked,
  prepareUnpacked,
  unpackArchive,
  type UnpackedArchive,
} from "./restore.ts";
import { readRestored } from "./restored.ts";
import type { Progress } from "./types.ts";

/** What a person asks for. */
export interface AskedRestore {
  /** Name of an archive among the backups, or id of an uploaded one. */
  file: string;
  /** Private key, of an encrypted one. */
  identity: string | null;
  /** Name of the plant in the archive, typed. */
  site: string | null;
}

/** An archive that can be asked for. */
export interface FoundArchive {
  path: string;
  encrypted: boolean;
  /** Name of the plant in it; null: it is known once it is unpacked. */
  site: string | null;
  /** Removes an uploaded one that is no good; null: it stays. */
  remove: (() => Promise<unknown>) | null;
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
  find(file: string): Promise<FoundArchive>;
  nowMs(): number;
  /** Ends Perch, does it and starts Perch again; null: nobody can. */
  handOver: ((handed: HandedOver) => void) | null;
  /** Why the last one that was handed over did not come about. */
  failure: RestoreJob | null;
}

/** A plant that was replaced, and may be put back. */
export interface KeptPlant {
  /** The archive that took its place, and when. */
  from: string;
  atMs: number;
  /** Its folder. */
  path: string;
}

export interface Restores {
  /** Null: none was asked for since the start. */
  job(): RestoreJob | null;
  /** What the last restore replaced, while it is kept; null: nothing. */
  kept(): Promise<KeptPlant | null>;
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
    { path, encrypted }: FoundArchive,
    by: string,
  ): RestoreRequest {
    if (encrypted && asked.identity === null) {
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

  async function look(
    request: RestoreRequest,
    { remove }: FoundArchive,
    onProgress: (progress: Progress) => void,
  ) {
    const unpacked = await unpackArchive(request, deps, onProgress).catch(async (error) => {
      if (remove === null || !isBad(error)) throw error;
      await remove();
      throw new PerchError("validation", `${error.message} It was removed: upload a good one.`);
    });
    const { name } = unpacked.manifest.site;
    if (request.site !== null && request.site !== name) {
      await discardUnpacked(request.dataDir, unpacked);
      throw wrongName(name);
    }
    // Without a name a plan is made: that it is another plant's is one of its findings.
    const named = { ...request, site: name };
    const { manifest, findings, discard } = await prepareUnpacked(named, unpacked, {});
    return { unpacked, manifest, findings, discard };
  }

  async function run(
    request: RestoreRequest,
    found: FoundArchive,
    mine: RestoreJob,
  ): Promise<void> {
    try {
      const { unpacked } = await alone(() =>
        look(request, found, ({ share }) => {
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
    async kept() {
      try {
        const { dataDir } = deps.place();
        const record = await readRestored(dataDir);
        if (record === null || record.replaced === null) return null;
        return { from: record.from, atMs: record.at_ms, path: join(dataDir, record.replaced) };
      } catch {
        // On a server nothing is restored; a record that cannot be read is said by the commands that need it.
        return null;
      }
    },
    plan: (asked) =>
      alone(async () => {
        const found = await deps.find(asked.file);
        const request = requestOf({ ...asked, site: null }, found, "");
        const { manifest, findings, discard } = await look(request, found, () => {});
        await discard();
        return { manifest, findings };
      }),
    async begin(asked, by) {
      const found = await deps.find(asked.file);
      if (found.site !== null && asked.site !== found.site) throw wrongName(found.site);
      const request = requestOf({ ...asked, site: asked.site ?? "" }, found, by);
      if (deps.handOver === null) {
        throw new PerchError(
          "unavailable",
          "this Perch cannot start itself again: run perch restore",
        );
      }
      if (busy || job?.state === "ready") {
        throw new PerchError("conflict", "a restore is under way already");
      }
      const mine: RestoreJob = { file: asked.file, by, state: "checking", share: 0, error: null };
      job = mine;
      run(request, found, mine);
      return mine;
    },
  };
}

function wrongName(name: string): PerchError {
  return new PerchError("validation", `site: type the name of the plant in the backup, ${name}`, {
    errors: [{ path: "site", message: `Type the name of the plant in this backup: ${name}` }],
  });
}

/** The archive itself is no good, whatever key is given. */
function isBad(error: unknown): error is PerchError {
  return error instanceof PerchError && error.code === "validation" && error.errors.length === 0;
}
