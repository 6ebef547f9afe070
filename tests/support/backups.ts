import { join } from "node:path";
import { archiveName, writeReceipt } from "../../lib/backup/folder.ts";
import type { Reason } from "../../lib/backup/manifest.ts";
import type { Receipt } from "../../lib/backup/types.ts";

export interface BackupSpec {
  sequence: number;
  createdMs: number;
  reason?: Reason;
  encrypted?: boolean;
  /** What the database in it has; default: it says nothing of one. */
  unpackedBytes?: number;
}

/** Lays an archive with a good receipt into the folder of the backups, without making one; gives its id. */
export async function writeBackup(dataDir: string, spec: BackupSpec): Promise<string> {
  return (await fakeBackup(dataDir, spec)).file;
}

/** The same; gives the receipt. */
export async function fakeBackup(
  dataDir: string,
  { sequence, createdMs, reason = "scheduled", encrypted = false, unpackedBytes }: BackupSpec,
): Promise<Receipt> {
  const folder = join(dataDir, "backups");
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const file = archiveName({ site: "test", nowMs: createdMs, sequence, encrypted });
  const archive = join(folder, file);
  await Deno.writeFile(archive, new Uint8Array(1_000), { mode: 0o600 });
  const receipt: Receipt = {
    file,
    encrypted,
    bytes: 1_000,
    sha256: "0".repeat(64),
    verifiedMs: createdMs + 1_000,
    manifest: {
      format: 1,
      perch: "0.0.0-test",
      schema: "0001_test",
      created_ms: createdMs,
      sequence,
      reason,
      site: { id: "test", name: "test" },
      files: unpackedBytes === undefined
        ? []
        : [{ path: "perch.db", bytes: unpackedBytes, sha256: "0".repeat(64) }],
      counts: {},
      environment: {},
    },
  };
  await writeReceipt(archive, receipt);
  return receipt;
}
