import { type Access, createAccess } from "../access/access.ts";
import { pushEnds } from "../notify/push/push_store.ts";
import type { Foundation } from "./foundation.ts";
import { accessLimits } from "./settings.ts";
import { demoMode, timeIn } from "./site.ts";

/** People, keys and what they may do. Nobody is let in before it is started. */
export function createAppAccess(
  { config, clock, log, storage, settings, events, late, ending, zone }: Foundation,
): Access {
  const access = createAccess({
    db: storage.db,
    clock,
    lifeClock: { ...clock, now: clock.trustedMs },
    log: log.child("access"),
    dataDir: config.dataDir,
    jwtSecret: config.jwtSecret,
    demo: demoMode(config),
    events,
    canMail: () => late.get("notify").canMail(),
    timeText: timeIn(zone),
    alsoEnds: pushEnds(),
    ...accessLimits(settings),
  });
  ending(() => access.stop());
  return access;
}
