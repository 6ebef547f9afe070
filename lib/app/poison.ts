import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { EventLog } from "../events/events_store.ts";
import { bootId, openPoisonWatch, type PoisonWatch } from "../intake/poison.ts";

export interface PoisonParts {
  dataDir: string;
  clock: Clock;
  log: Log;
  events: Pick<EventLog, "append">;
}

/** Watches for messages that end the process, and reports those that were set aside. */
export function openPoison({ dataDir, clock, log, events }: PoisonParts): PoisonWatch {
  return openPoisonWatch({
    dataDir,
    boot: bootId(),
    onError: (error) => log.warn("large messages cannot be noted before they are read", { error }),
    onAside({ source, topic }, file) {
      const from = topic.slice(0, 200);
      const [type, severity] = ["intake.quarantined", "warning"] as const;
      const say = (fields: object) =>
        log.error("a message ended Perch twice and was set aside", {
          source,
          topic: from,
          file,
          ...fields,
        });
      events.append({
        type,
        subject: `source:${source}`,
        severity,
        tMs: clock.now(),
        text: `A message from ${from} ended Perch twice and was set aside`,
        actor: null,
        body: { source, topic: from, file },
        route: false,
      }).then(() => say({ event: type, severity }), (error) => {
        say({});
        log.error("an event could not be written", { error });
      });
    },
  });
}
