import type { SteadyClock } from "../base/steady_clock.ts";
import type { Task } from "../base/supervisor.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../words/times.ts";
import type { EventsKept } from "./purge_store.ts";
import type { EventSearch } from "./search_store.ts";

const FIRST_MS = 20_000;
/** So long an event may be read instead of looked up. */
const LOOK_EVERY_MS = MINUTE_MS;
/** Fewer than that are read in no time: they wait for more. */
const WORTH_INDEXING = 100;
const PURGE_EVERY_MS = HOUR_MS;
const PURGE_AT_ONCE = 200;
/** Between two steps others have their turn. */
const PAUSE_MS = 100;

/** Puts events into the search index, many at once, and deletes what is beyond what the log keeps, in small steps. */
export function eventUpkeep(
  { clock, search, purge, kept }: {
    clock: Pick<SteadyClock, "sleep" | "monotonic" | "deletionMs">;
    search: Pick<EventSearch, "index" | "renew" | "waiting">;
    purge: (kept: EventsKept, atOnce: number) => Promise<number>;
    /** As it is set. */
    kept: () => { days: number; most: number };
  },
): Task {
  async function purgeAll(signal: AbortSignal): Promise<void> {
    const { days, most } = kept();
    const fromMs = clock.deletionMs() - days * DAY_MS;
    while (await purge({ fromMs, most }, PURGE_AT_ONCE) > 0) await clock.sleep(PAUSE_MS, signal);
    await search.renew();
  }

  return {
    name: "event log",
    async run(signal) {
      let purgedMs = -Infinity;
      await clock.sleep(FIRST_MS, signal);
      for (;;) {
        while (await search.waiting() >= WORTH_INDEXING) {
          await search.index();
          await clock.sleep(PAUSE_MS, signal);
        }
        if (clock.monotonic() - purgedMs >= PURGE_EVERY_MS) {
          purgedMs = clock.monotonic();
          await purgeAll(signal);
        }
        await clock.sleep(LOOK_EVERY_MS, signal);
      }
    },
  };
}
