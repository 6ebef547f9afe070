import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import { HOUR_MS } from "../words/times.ts";
import type { Uploads } from "./uploads.ts";

/** What was uploaded and forgotten does not stay. */
export function sweepTask(
  name: string,
  uploads: Pick<Uploads<unknown>, "sweep">,
  { clock, log }: { clock: Pick<Clock, "sleep">; log: Pick<Log, "warn"> },
): Task {
  return {
    name,
    async run(signal) {
      while (!signal.aborted) {
        await uploads.sweep().catch((error) => log.warn("old uploads stay", { error }));
        await clock.sleep(HOUR_MS, signal);
      }
    },
  };
}
