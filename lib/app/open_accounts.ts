import type { Access } from "../access/access.ts";
import { systemClock } from "../base/clock.ts";
import type { Config } from "../base/config.ts";
import { silentLog } from "../base/log.ts";
import { createSteadyClock } from "../base/steady_clock.ts";
import type { Settings } from "../settings/settings.ts";
import { createAppAccess } from "./access.ts";
import { createEndings } from "./endings.ts";
import { openFoundation } from "./foundation.ts";
import { createAppLogs } from "./log_files.ts";
import { startFault } from "./storage_faults.ts";
import { createStorageTroubles } from "./storage_troubles.ts";
import { withWayOut } from "./way_out.ts";

export interface Accounts {
  access: Access;
  settings: Settings;
  close(): Promise<void>;
}

/**
 * Opens accounts, keys and settings, for a command while no Perch runs: a third of what a start opens and loads.
 * @throws PerchError whose message is for people
 */
export async function openAccounts(config: Config): Promise<Accounts> {
  const clock = createSteadyClock(systemClock());
  // What goes wrong is thrown; the log would say it twice.
  const { logFiles, log } = createAppLogs({ config, log: silentLog(), clock });
  const endings = createEndings(log);
  try {
    const foundation = await openFoundation({
      config,
      log,
      logFiles,
      clock,
      storageTroubles: createStorageTroubles(),
      ending: endings.add,
      httpPort: () => config.http.port,
      securePort: () => config.tls?.port ?? null,
    });
    // Nobody asks for a link by mail here.
    foundation.late.fill("notify", { canMail: () => false });
    const access = createAppAccess(foundation);
    await access.load();
    return { access, settings: foundation.settings, close: endings.run };
  } catch (error) {
    await endings.run();
    throw await withWayOut(startFault(error, config.dataDir), config);
  }
}
