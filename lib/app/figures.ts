import { byType, type Figures, minuteOf, successOf } from "../live/figures.ts";
import { HOUR_MS } from "../words/times.ts";
import type { Parts } from "./parts.ts";

const MINUTES_SHOWN = 10;

/** The answer of `/api/metrics`. */
export async function perchFigures(parts: Parts, uptimeS: number): Promise<Figures> {
  const { clock, intake, events, notify, alarms, reported, detection } = parts;
  const { activity, counts, components } = reported;
  const nowMs = clock.now();
  const today = counts.today();
  const flow = intake.stats();
  await counts.load();
  const [ofToday, ofHour, outbox, triedToday] = await Promise.all([
    events.countsSince(today.fromMs),
    events.countsSince(nowMs - HOUR_MS),
    notify.counts(),
    notify.triedSince(today.fromMs),
  ]);
  const sum = (by: ReadonlyMap<string, number>) => [...by.values()].reduce((a, b) => a + b, 0);
  const tried = ({ tries, good }: { tries: number; good: number }) => ({
    tries,
    good,
    success: successOf(tries, good),
  });
  return {
    at_ms: nowMs,
    uptime_s: Math.floor(uptimeS),
    zone: parts.zone(),
    today_from_ms: today.fromMs,
    readings: {
      today: counts.of("readings"),
      last_hour: activity.lastHour().readings,
      per_s: Math.round(flow.ratePerS * 10) / 10,
      rejected: flow.rejected,
    },
    events: { today: sum(ofToday), last_hour: sum(ofHour), by_type: byType(ofToday, ofHour) },
    alarms: {
      today: ofToday.get("alarm.raised") ?? 0,
      last_hour: ofHour.get("alarm.raised") ?? 0,
      open: alarms.counts(),
    },
    deliveries: { today: tried(triedToday), last_hour: tried(outbox), failed: outbox.failed },
    queues: {
      intake: flow.queued,
      detection: detection.runner.stats().queuedReadings,
      deliveries: outbox.waiting,
    },
    components: components.states().map((state) => ({
      ...state,
      success: successOf(state.reported!.tries, state.reported!.successes),
    })),
    activity: activity.minutes(MINUTES_SHOWN).map(minuteOf),
  };
}
