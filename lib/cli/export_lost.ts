/** The readings that `perch restore` takes away, in a file first. */
import { join, resolve } from "node:path";
import type { Findings } from "../backup/findings.ts";
import type { Exported } from "../backup/line_file.ts";
import type { RestoreRequest } from "../backup/request.ts";
import type { Prepared } from "../backup/restore.ts";
import type { CommandContext } from "./command.ts";
import { progressLines } from "./progress.ts";

/** The file for the readings that the restore takes away; null: they are not exported. */
export function exportTarget(
  { flags }: CommandContext,
  { dataDir, nowMs }: RestoreRequest,
  { live, lost }: Findings,
): string | null {
  // Only counted, unless it is asked for.
  const isDefault = flags.has("before-upgrade") && !flags.has("dry-run") && lost?.readings !== 0;
  const asked = flags.text("export") ?? (isDefault ? "yes" : "no");
  if (asked === "no" || live === "missing") return null;
  if (asked !== "yes") return resolve(asked);
  const time = new Date(nowMs).toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
  return join(dataDir, "exports", `readings-${time}.ndjson`);
}

/** Writes them, saying how far it is. What was unpacked is taken away when that fails. @throws PerchError as `exportLost` */
export async function exportTo(
  { terminal }: CommandContext,
  { exportLost, discard }: Prepared,
  target: string,
): Promise<Exported> {
  const progress = progressLines(terminal);
  progress({ stage: "exporting", share: 0 });
  try {
    return await exportLost(target, (share) => progress({ stage: "exporting", share }));
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Where Perch will be asked. */
export function addressOf({ config }: CommandContext): string {
  const { http } = config();
  return http.publicUrl ?? `http://localhost:${http.port}`;
}
