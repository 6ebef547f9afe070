import type { Task } from "../base/supervisor.ts";
import { createDayCounts, type DayCounts } from "../events/day_counts_store.ts";
import { createExternalEvents, type ExternalEvents } from "../events/external_events.ts";
import type { Accepted } from "../events/external_events.ts";
import { createReportLimits, type ReportLimits } from "../events/report_limits.ts";
import { createIdempotency, type Idempotency } from "../intake/idempotency.ts";
import { type Activity, createActivity } from "../live/activity.ts";
import { componentWatch } from "../live/component_watch.ts";
import type { ComponentState } from "../live/components.ts";
import { createReportedComponents, type ReportedComponents } from "../live/reported.ts";
import type { StreamHub } from "../live/stream.ts";
import type { Notify } from "../notify/notify.ts";
import { isAtLeast, namesType } from "../notify/rule.ts";
import { isCameraPart } from "./camera_component.ts";
import type { Foundation } from "./foundation.ts";
import { timeIn } from "./site.ts";

/** What other programs report, and what is counted. */
export interface Reported {
  external: ExternalEvents;
  components: ReportedComponents;
  limits: ReportLimits;
  idempotency: Idempotency<Accepted>;
  activity: Activity;
  counts: DayCounts;
  tasks: Task[];
}

const KEEP_COUNTS_EVERY_MS = 10 * 60_000;
/** Fewer readings than these are kept once an hour: each time costs the card something. */
const FEW = 1_000;
const KEEP_FEW_EVERY_MS = 3_600_000;

export async function createReported(
  { clock, log, storage: { db }, settings, events, components, bus, ending, zone }: Foundation,
  { hub, notify }: { hub: Pick<StreamHub, "publish">; notify: Pick<Notify, "rules"> },
): Promise<Reported> {
  const counts = createDayCounts({ db, clock, zone });
  const limits = createReportLimits({
    clock,
    counts,
    perMinute: () => settings.get("events.per_minute"),
    perDay: () => settings.get("events.per_day"),
  });
  const external = createExternalEvents({
    db,
    log: events,
    limits,
    clock,
    isBuiltIn: components.isBuiltIn,
    routed: (type, severity) =>
      notify.rules.all().some((rule) =>
        rule.enabled && namesType(rule.events, type) && isAtLeast(severity, rule.severity)
      ),
  });
  const publish = (state: ComponentState) =>
    hub.publish("component", { ...state, overall: components.overall() });
  const reported = createReportedComponents({
    db,
    clock,
    isBuiltIn: components.isBuiltIn,
    timeText: timeIn(zone),
    onChange: publish,
  });
  await reported.load();
  components.alongside(reported.states);
  ending(() => reported.store());

  const activity = createActivity(clock);
  bus.subscribe("readings", ({ n }) => {
    activity.add("readings", n);
    counts.add("readings", n);
  });
  bus.subscribe("events", (news) => {
    activity.add("events", news.length);
    activity.add("alarms", news.filter(({ type }) => type === "alarm.raised").length);
  });
  let kept = 0;
  let keptMs = clock.monotonic();
  async function keepCounts(): Promise<void> {
    if (counts.of("readings") === kept) return;
    keptMs = clock.monotonic();
    await counts.load();
    await db.write([counts.statement("readings")]);
    kept = counts.of("readings");
  }
  ending(keepCounts);

  const watch = componentWatch({
    clock,
    log: log.child("components"),
    components,
    expire: reported.expire,
    publish,
    append: async (event) => {
      if (!isCameraPart(event.subject.slice("component:".length))) await events.append(event);
    },
  });
  const keeping: Task = {
    name: "counts",
    async run(signal) {
      for (;;) {
        await clock.sleep(KEEP_COUNTS_EVERY_MS, signal);
        const isFew = Math.abs(counts.of("readings") - kept) < FEW;
        if (!isFew || clock.monotonic() - keptMs >= KEEP_FEW_EVERY_MS) await keepCounts();
      }
    },
  };
  return {
    external,
    components: reported,
    limits,
    idempotency: createIdempotency<Accepted>({ db, nowMs: clock.trustedMs }),
    activity,
    counts,
    tasks: [watch, keeping],
  };
}
