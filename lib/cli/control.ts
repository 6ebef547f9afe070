import type { Config } from "../base/config.ts";
import type { CameraStatus } from "../cameras/camera_view.ts";
import type { CameraTest } from "../cameras/test_camera.ts";
import type { BackupJson, JobJson } from "../backup/shapes.ts";
import type { AccessKey } from "../access/key_store.ts";
import type { User } from "../access/user_store.ts";
import type { HostReport } from "../health/history/report.ts";
import type { DeadLetter } from "../intake/dead_letter.ts";
import type { ReplayOutcome } from "../intake/replay.ts";
import type { Condition } from "./condition.ts";
import type { ConsoleCalls } from "./console/view.ts";
import type { Flow } from "./optimise/proposals.ts";
import type { JobJson as LongJob } from "../jobs/shape.ts";
import type { SettingView } from "../settings/setting.ts";
import type { SiteToType } from "../transfer/import/confirm_site.ts";
import type { ReportAsked } from "../reports/asked.ts";
import type { ImportOptions } from "../transfer/import/format.ts";
import type { ImportOrder, ImportPreview } from "../transfer/import/imports.ts";

/*
 * What the command line asks of Perch: of the running one through the control socket, else of one that is
 * opened on the database for the length of a command. Both sides are these interfaces.
 */

/** What is asked about accounts, keys and settings. */
export interface AccountsControl {
  /** @throws PerchError `validation`, `conflict` */
  addUser(user: { email: string; role: string; password: string }): Promise<UserAdded>;
  /**
   * Sets a person's password, turns their second factor off and ends their sign-ins.
   * @throws PerchError `not_found`, `validation`
   */
  resetUser(user: { email: string; password: string }): Promise<UserAdded>;
  /** Without the deleted ones. */
  listUsers(): Promise<User[]>;
  /**
   * Disables, enables or deletes a person; their sign-ins and streams end with them.
   * @throws PerchError `not_found`, `conflict`
   */
  changeUser(
    user: { email: string; state: "active" | "disabled" | "deleted" },
  ): Promise<UserAdded>;
  /** @throws PerchError `validation`, `conflict` */
  addKey(key: NewKey): Promise<KeyAdded>;
  listKeys(): Promise<AccessKey[]>;
  /** Ends a key, by name or id. @throws PerchError `not_found` */
  removeKey(key: { nameOrId: string }): Promise<AccessKey>;
  listSettings(): Promise<SettingView[]>;
  /** Changes a setting; null puts its default back. @throws PerchError `validation` */
  setSetting(setting: { key: string; value: unknown }): Promise<SettingView>;
}

/** What is asked about history from elsewhere; `path` is on this host. */
export interface ImportControl {
  importFormats(): Promise<{ id: string; title: string }[]>;
  /** @throws PerchError `not_found`, `validation` */
  inspectImport(
    given: { path: string; options: ImportOptions & { format?: string } },
  ): Promise<{ preview: ImportPreview; site: SiteToType; name: string }>;
  /** @throws PerchError `validation`, and what orders do */
  beginImport(given: { order: ImportOrder }): Promise<LongJob>;
  /** @throws PerchError `not_found` */
  importJob(given: { id: string }): Promise<LongJob>;
  /** @throws PerchError `not_found`, `conflict`: it has ended */
  cancelImport(given: { id: string }): Promise<LongJob>;
  /** The newest import of a file; null: there was none. A dry run is none. */
  lastImport(given: { path: string }): Promise<LongJob | null>;
}

/** What is asked about reports. */
export interface ReportControl {
  /** @throws PerchError `validation`, and what orders do */
  orderReport(given: { asked: ReportAsked }): Promise<LongJob>;
  /** @throws PerchError `not_found` */
  reportJob(given: { id: string }): Promise<LongJob>;
  /** Where its file lies on this host. @throws PerchError `not_found` */
  reportFile(given: { id: string }): Promise<{ path: string; name: string }>;
  /** @throws PerchError `not_found`, `conflict`: it has ended */
  cancelReport(given: { id: string }): Promise<LongJob>;
}

/** The whole of it. */
export interface Control extends AccountsControl, ConsoleCalls, ImportControl, ReportControl {
  /** The site's time zone, an IANA name: that of times which a command reads or shows. */
  siteZone(): Promise<string>;
  /** Offers each letter again, in order. At most `MOST_LETTERS`. */
  replay(letters: readonly DeadLetter[]): Promise<ReplayOutcome[]>;
  /** Begins a backup. @throws PerchError `conflict`, `storage_full` */
  beginBackup(): Promise<JobJson>;
  /** What is under way, or ended last since the start. */
  backupJob(): Promise<JobJson | null>;
  /** Newest first. */
  listBackups(): Promise<BackupJson[]>;
  /** Deletes what is older than so many days, never the newest; gives what is gone. */
  cleanupBackups(given: { keepDays: number }): Promise<BackupJson[]>;
  /** How readings come in, for `perch optimise`. */
  flow(): Promise<Flow>;
  /** Whether the mail servers of the channels answer; nothing is sent. `fault` is null where they do. */
  greetChannels(): Promise<{ name: string; fault: string | null }[]>;
  /** Problems that SQLite's quick_check finds; empty when the database is sound. */
  checkDatabase(): Promise<string[]>;
  /** How its parts are. */
  condition(): Promise<Condition>;
  /** By name. */
  cameraStates(): Promise<CameraStatus[]>;
  /** By id or name; without: the one that is meant. @throws PerchError `validation` when that is none */
  testCamera(given: { camera?: string }): Promise<CameraTested>;
  /** The same, after it was started anew. @throws PerchError `conflict` when it is switched off */
  recoverCamera(given: { camera?: string }): Promise<CameraTested>;
  /** The host as the running Perch sees it. */
  hostReport(): Promise<HostReport>;
}

/** What a test of a camera found. */
export type CameraTested = { id: string; name: string } & Omit<CameraTest, "frame">;

export interface UserAdded {
  id: string;
  email: string;
  role: string;
}
export interface NewKey {
  name: string;
  /** Left out for device keys. */
  role?: string;
  machine?: string;
  scopes?: string[];
  expiresMs?: number;
}
export interface KeyAdded {
  id: string;
  name: string;
  role: string;
  /** Shown once, kept nowhere. */
  key: string;
}

/** Letters per call, so that one request stays small. */
export const MOST_LETTERS = 100;

/** Opens what a command needs on the database itself, while nothing else runs on it. */
export type OpenOffline<C = Control> = (
  config: Config,
) => Promise<{ control: C; close(): Promise<void> }>;
