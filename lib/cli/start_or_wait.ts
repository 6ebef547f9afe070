import type { App, Started } from "../app.ts";
import type { Config } from "../base/config.ts";
import { messageOf, type PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { RunningStandby } from "../app/nodes/standby.ts";
import { isTaken } from "../db/owner.ts";
import type { Service } from "../health/watchdog/service.ts";
import type { ExitCode } from "./command.ts";
import type { DataLock } from "./lock.ts";
import type { Terminal } from "./terminal.ts";

export interface StartOptions {
  config: Config;
  log: Log;
  terminal: Terminal;
  lock: Pick<DataLock, "describe">;
  /** Where the start is refused for damage and a good backup is there, wait in safe mode. */
  mayWait: boolean;
  service: Pick<Service, "starting" | "waiting">;
  /** The end was asked for. */
  ended: Promise<ExitCode>;
  build: (config: Config) => App;
}

/**
 * Starts the app. As one of several nodes, where another keeps the site, serves without the lease until that is free,
 * and starts then. Where that is refused because the database is damaged or missing, and a good backup is there:
 * restores it when that was configured (`AUTO_RESTORE`), else stays in safe mode until a person has restored one,
 * and starts then. An exit code: the end was asked for meanwhile.
 * @throws PerchError the refusal
 */
export async function startOrWait(
  options: StartOptions,
): Promise<{ app: App; started: Started } | ExitCode> {
  let { config } = options;
  let standby: RunningStandby | null = null;
  try {
    for (;;) {
      const app = options.build(config);
      try {
        const started = await app.start();
        standby?.tookOver();
        return { app, started };
      } catch (error) {
        if (config.node !== null && isTaken(error)) {
          standby ??= await standByFor(options, config);
          const end = await Promise.race([standby.untilFree().then(() => null), options.ended]);
          if (end !== null) return end;
          options.service.starting();
          continue;
        }
        if (!options.mayWait) throw error;
        const port = await mended(options, config, error);
        if (port === null) return 2;
        config = { ...config, http: { ...config.http, port } };
      }
    }
  } finally {
    // What it still answers is not waited for.
    standby?.stop().catch((error) => options.log.warn("standing by did not end", { error }));
  }
}

/** Another node has the lease. */
async function standByFor(
  { log, lock, service }: StartOptions,
  config: Config,
): Promise<RunningStandby> {
  const { standBy } = await import("../app/nodes/standby.ts");
  const standby = await standBy({ config, log });
  const standsBy = "another node keeps the site, and commands run there";
  lock.describe({ url: standby.url, standsBy });
  log.info(`standing by at ${standby.url}: ${standsBy}`);
  service.waiting("Another node keeps the site; this one would take over.");
  return standby;
}

/** A backup was restored: the port to go on with. Null: the end was asked for. @throws what was thrown */
async function mended(
  { log, terminal, lock, ended, service }: StartOptions,
  config: Config,
  thrown: unknown,
): Promise<number | null> {
  const { safeModeBackups, startSafeMode } = await import("../app/safe_mode.ts");
  const { restorer } = await import("../app/safe_restore.ts");
  const { restoreByItself } = await import("../app/auto_restore.ts");
  const backups = await safeModeBackups(thrown, config);
  if (backups.length === 0) throw thrown;
  const error = thrown as PerchError;
  const restore = restorer(config);
  if (await restoreByItself({ config, log, error, backups, restore })) return config.http.port;
  const safe = await startSafeMode({
    config,
    log,
    error,
    backups,
    restore,
    say: (line) => terminal.err(line),
  }).catch((second) => {
    log.error(`safe mode is not served either: ${messageOf(second)}`);
    throw error;
  });
  lock.describe({ url: safe.url, safeMode: error.message });
  service.waiting(`Safe mode, at ${safe.url}: a backup can be restored there.`);
  const restored = await Promise.race([safe.restored.then(() => true), ended.then(() => false)]);
  service.starting();
  await safe.stop();
  return restored ? safe.port : null;
}
