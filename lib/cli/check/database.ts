import { findRemains } from "../../app/remains.ts";
import { refusedLoss } from "../../app/storage_files.ts";
import { withWayOut } from "../../app/way_out.ts";
import type { Config } from "../../base/config.ts";
import type { OpenOffline } from "../control.ts";
import { withControl } from "../with_control.ts";
import type { Check, Finding } from "./check.ts";

/** Is the database sound, and who keeps its promises? Asks the running Perch, else opens the file. */
export function databaseCheck(
  config: Config,
  openOffline: OpenOffline,
  /** Why the libSQL server cannot keep what is promised; null: it waits for its disk. */
  whyRelaxed: () => Promise<string | null>,
): Check {
  const { url } = config.database;
  const isFile = url.startsWith("file:");
  return {
    name: "database",
    async run() {
      const path = isFile ? url.slice("file:".length) : null;
      if (path !== null && !hasContent(path)) {
        const remains = findRemains(config.dataDir, path);
        if (remains.length > 0) {
          throw await withWayOut(refusedLoss(path, "missing or empty", remains), config);
        }
        return [{ state: "ok", detail: `${url} does not exist yet; the first start creates it` }];
      }
      const why = isFile ? null : await whyRelaxed();
      if (why !== null) {
        const advice = "Perch takes readings again by itself once that is so.";
        return [{ state: "problem", detail: why, advice }];
      }
      const problems = await withControl(
        config,
        "check",
        openOffline,
        (control) => control.checkDatabase(),
      );
      const findings: Omit<Finding, "name">[] = problems.map((detail) => ({
        state: "problem",
        detail: `${url}: ${detail}`,
        advice: "Stop Perch, copy the file away, and restore a backup. Nothing was changed.",
      }));
      if (problems.length === 0) findings.push({ state: "ok", detail: `${url} is sound` });
      if (!isFile) {
        findings.push({ state: "ok", detail: "the server waits for its disk at each commit" });
      }
      return findings;
    },
  };
}

function hasContent(path: string): boolean {
  try {
    const { isFile, size } = Deno.statSync(path);
    return !isFile || size > 0;
  } catch {
    return false;
  }
}
