import { buildApp } from "../app.ts";
import { silentLog } from "../base/log.ts";
import { VERSION } from "../base/version.ts";
import type { OpenOffline } from "./control.ts";
import { createControl } from "./create_control.ts";

/** Opens the database for long work while no Perch runs: nothing listens, and of what runs by itself only the jobs. */
export const openForJobs: OpenOffline = async (config) => {
  const app = buildApp({ config, version: VERSION, log: silentLog() });
  const parts = await app.open();
  const ending = new AbortController();
  const working = parts.jobs.task.run(ending.signal).catch(() => {});
  return {
    control: createControl(parts, config),
    async close() {
      ending.abort();
      await working;
      await app.stop();
    },
  };
};
