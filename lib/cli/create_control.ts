import { systemActor } from "../access/audit_row.ts";
import { createHostReadings } from "../app/host_readings.ts";
import type { Parts } from "../app/parts.ts";
import type { Config } from "../base/config.ts";
import { backupOf, jobOf } from "../backup/shapes.ts";
import { quickCheck } from "../db/quick_check.ts";
import { createAccountsControl } from "./accounts_control.ts";
import { conditionOf } from "./condition.ts";
import { createCameraControl } from "./camera_control.ts";
import { createConsoleControl } from "./console_control.ts";
import type { Control } from "./control.ts";
import { createImportControl, type ImportControlParts } from "./import_control.ts";
import { createReportControl } from "./report_control.ts";
import { flowOf } from "./optimise/flow.ts";

/** The commands on an opened Perch, whether it also serves or not. */
export function createControl(
  parts:
    & Pick<
      Parts,
      | "access"
      | "backup"
      | "broker"
      | "cameras"
      | "clock"
      | "components"
      | "corrections"
      | "emergency"
      | "faults"
      | "hostView"
      | "intake"
      | "notify"
      | "registry"
      | "replay"
      | "reports"
      | "settings"
      | "storage"
      | "zone"
    >
    & ImportControlParts,
  config: { broker: Pick<Config["broker"], "host"> },
): Control {
  const { access } = parts;
  const { backups } = parts.backup;
  const condition = () => conditionOf(parts, config);
  return {
    ...createAccountsControl(parts),
    ...createConsoleControl(parts, condition),
    ...createCameraControl(parts),
    ...createReportControl(parts),
    ...createImportControl(parts),
    siteZone: () => Promise.resolve(parts.zone()),
    async replay(letters) {
      const outcomes = [];
      for (const letter of letters) outcomes.push(await parts.replay(letter));
      return outcomes;
    },
    async beginBackup() {
      const actor = systemActor("command line");
      const { job, ended } = await backups.begin("asked", actor.name);
      // The job says how it ended.
      ended.catch(() => {});
      const entry = { action: "backup.begin", resource: "backup", touches: [] };
      await access.audit.record({ actor, ...entry, after: { number: job.id } });
      return jobOf(job);
    },
    backupJob() {
      const job = backups.job();
      return Promise.resolve(job === null ? null : jobOf(job));
    },
    listBackups: async () => (await backups.list()).map(backupOf),
    cleanupBackups: async ({ keepDays }) => (await backups.cleanup(keepDays)).map(backupOf),
    flow: () => flowOf(parts, createHostReadings(parts)),
    greetChannels: () => parts.notify.greet(),
    checkDatabase: () => quickCheck(parts.storage.db),
    condition: () => Promise.resolve(condition()),
    hostReport: () => parts.hostView.report(),
  };
}
