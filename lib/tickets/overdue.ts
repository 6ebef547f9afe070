import type { Clock } from "../base/clock.ts";
import type { Task } from "../base/supervisor.ts";
import type { Tickets } from "./tickets.ts";

const PERIOD_MS = 30_000;

/** Tells of tickets whose due date is over; what was told stands in the database, so restarts repeat none. */
export function overdueTask(deps: { clock: Clock; tickets: Pick<Tickets, "tellOverdue"> }): Task {
  return {
    name: "overdue tickets",
    async run(signal) {
      for (;;) {
        while (await deps.tickets.tellOverdue() > 0) signal.throwIfAborted();
        await deps.clock.sleep(PERIOD_MS, signal);
      }
    },
  };
}
