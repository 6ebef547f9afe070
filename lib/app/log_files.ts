import { join } from "node:path";
import type { Config } from "../base/config.ts";
import { alsoTo, type Log, type LogEntry } from "../base/log.ts";
import type { SteadyClock } from "../base/steady_clock.ts";
import { createLogFiles, type LogFiles } from "../events/logs/log_files.ts";
import type { RotationLimits } from "../events/logs/rotation.ts";
import type { Settings } from "../settings/settings.ts";
import { DAY_MS } from "../words/times.ts";

const MEGABYTE = 1_000_000;

/** Where the log files of a data directory lie. */
export const logsFolder = (dataDir: string) => join(dataDir, "logs");

/** The log files, and the log whose warnings and errors go there too, and to who listens. */
export function createAppLogs(
  { config, log, clock }: { config: Config; log: Log; clock: SteadyClock },
): { logFiles: LogFiles; log: Log; onEntry: (listener: (entry: LogEntry) => void) => void } {
  const folder = logsFolder(config.dataDir);
  const logFiles = createLogFiles({ folder, clock, log: log.child("logs") });
  const listeners = [logFiles.entry];
  const hear = (entry: LogEntry) => listeners.forEach((listener) => listener(entry));
  return {
    logFiles,
    log: alsoTo(log, () => clock.now(), hear),
    onEntry: (listener) => void listeners.push(listener),
  };
}

/** Sizes and ages as the settings say at the moment. */
export function logLimits(settings: Settings): RotationLimits {
  return {
    fileBytes: settings.get("logs.file_mb") * MEGABYTE,
    totalBytes: settings.get("logs.total_mb") * MEGABYTE,
    keepMs: settings.get("logs.keep_days") * DAY_MS,
  };
}
