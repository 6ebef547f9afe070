import type { Clock } from "./base/clock.ts";
import type { Config } from "./base/config.ts";
import type { Log } from "./base/log.ts";
import type { Task } from "./base/supervisor.ts";
import { purgeIdempotency } from "./intake/idempotency.ts";
import type { Storage } from "./storage.ts";

const PERIOD_MS = 10 * 60_000;
const FIRST_MS = 30_000;
const DAY_MS = 86_400_000;

/** Deletes what its retention ends, and forgotten idempotency keys, every ten minutes. */
export function houseKeeping(
  deps: { clock: Clock; log: Log; storage: Storage; retention: Config["retention"] },
): Task {
  const { clock, log, storage, retention } = deps;
  return {
    name: "house-keeping",
    async run(signal) {
      await clock.sleep(FIRST_MS, signal);
      for (;;) {
        await storage.db.write([purgeIdempotency(clock.now())]);
        if (retention.days !== null || retention.maxDatabaseBytes !== null) {
          const freed = await storage.readings.retain({
            beforeMs: retention.days === null ? 0 : clock.now() - retention.days * DAY_MS,
            maxBytes: retention.maxDatabaseBytes ?? undefined,
          });
          if (freed.chunks > 0) log.info("old readings were deleted", freed);
        }
        await clock.sleep(PERIOD_MS, signal);
      }
    },
  };
}
