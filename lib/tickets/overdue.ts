import type { Clock } from "../base/clock.ts";
import type { Task } from "../base/supervisor.ts";
import type { Tickets } from "./tickets.ts";

const PERIOD_MS = 30_000;

/** Reports tickets whose due date has passed, each once: the database remembers it over restarts. */
export function overdueTask(deps: { clock: Clock; tickets: Pick<Tickets, "reportOverdue"> }): Task {
  return {
    name: "overdue tickets",
    async run(signal) {
      for (;;) {
        while (await deps.tickets.reportOverdue() > 0) signal.throwIfAborted();
        await deps.clock.sleep(PERIOD_MS, signal);
      }
    },
  };
}
