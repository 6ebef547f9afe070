import { buildApp } from "../app.ts";
import { silentLog } from "../base/log.ts";
import { VERSION } from "../base/version.ts";
import type { OpenOffline } from "./control.ts";
import { createControl } from "./create_control.ts";

// What goes wrong is thrown; the log would say it twice.
/** Opens the database for the length of a command: no listener, no source, no background work. */
export const openOffline: OpenOffline = async (config) => {
  const app = buildApp({ config, version: VERSION, log: silentLog() });
  const parts = await app.open();
  return { control: createControl(parts, config), close: () => app.stop() };
};
