import type { Command } from "../command.ts";
import { backup, backupCleanup, backupList } from "./backup.ts";
import { bench } from "./bench.ts";
import { cameraRecover, cameraStatus, cameraTest } from "./camera.ts";
import { check } from "./check.ts";
import { consoleCommand } from "./console.ts";
import { health } from "./health.ts";
import { importCommand } from "./import.ts";
import { install } from "./install.ts";
import { keyAdd } from "./key_add.ts";
import { keyList } from "./key_list.ts";
import { keyRevoke } from "./key_revoke.ts";
import { logs } from "./logs.ts";
import { optimise } from "./optimise.ts";
import { replay } from "./replay.ts";
import { report } from "./report.ts";
import { restore } from "./restore.ts";
import { serve } from "./serve.ts";
import { settingsGet, settingsList, settingsReset, settingsSet } from "./settings.ts";
import { sim } from "./sim.ts";
import { uninstall } from "./uninstall.ts";
import { userAdd } from "./user_add.ts";
import { userList } from "./user_list.ts";
import { userReset } from "./user_reset.ts";
import { userDelete, userDisable, userEnable } from "./user_state.ts";
import { version } from "./version.ts";

/** Every command of `perch`. */
export const COMMANDS: readonly Command[] = [
  serve,
  sim,
  check,
  health,
  consoleCommand,
  logs,
  bench,
  optimise,
  backup,
  backupList,
  backupCleanup,
  cameraStatus,
  cameraTest,
  cameraRecover,
  replay,
  restore,
  importCommand,
  report,
  settingsList,
  settingsGet,
  settingsSet,
  settingsReset,
  userList,
  userAdd,
  userReset,
  userDisable,
  userEnable,
  userDelete,
  keyList,
  keyAdd,
  keyRevoke,
  install,
  uninstall,
  version,
];
