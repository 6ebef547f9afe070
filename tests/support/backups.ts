/** Backups that lie in a data directory as far as their receipts say so. */
import { join } from "node:path";
import type { Manifest } from "../../lib/backup/manifest.ts";
import type { Receipt } from "../../lib/backup/types.ts";

/** Puts an archive of nothing with a good receipt into `<data>/backups` and gives the receipt. */
export function fakeBackup(
  dataDir: string,
  { sequence, createdMs, reason = "scheduled", encrypted = false }: {
    sequence: number;
    createdMs: number;
    reason?: Manifest["reason"];
    encrypted?: boolean;
  },
): Receipt {
  const folder = join(dataDir, "backups");
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const time = new Date(createdMs).toISOString().replaceAll(/[-:]|\.\d+/g, "").toLowerCase();
  const file = `perch-test-${time}-${sequence}.tar.gz${encrypted ? ".age" : ""}`;
  const receipt: Receipt = {
    file,
    encrypted,
    bytes: 1000,
    sha256: "0".repeat(64),
    verifiedMs: createdMs + 1000,
    manifest: {
      format: 1,
      perch: "0.1.0",
      schema: "0062_damage_acknowledged",
      created_ms: createdMs,
      sequence,
      reason,
      site: { id: "test", name: "Test" },
      files: [],
      counts: {},
      environment: {},
    },
  };
  Deno.writeFileSync(join(folder, file), new Uint8Array(1000), { mode: 0o600 });
  Deno.writeTextFileSync(join(folder, `${file}.json`), JSON.stringify(receipt), { mode: 0o600 });
  return receipt;
}
