import type { Alarms } from "../alarms/alarms.ts";
import { eventOf, isPrivate } from "../events/event.ts";
import type { Intake } from "../intake/intake.ts";
import { type ClockOffsets, createClockOffsets } from "../live/clock_offsets.ts";
import { createHearing, type Hearing } from "../live/hearing.ts";
import { type LoopLag, measureLoopLag } from "../live/loop_lag.ts";
import { createPast, type Past } from "../live/past.ts";
import { changeStatement, loadBefore } from "../live/past_store.ts";
import { createRecent, type Recent } from "../live/recent.ts";
import { createStatusBoard, type StatusBoard } from "../live/status.ts";
import { loadStatuses, statusStatement, type StoredStatus } from "../live/status_store.ts";
import { createStatuses, type Statuses } from "../live/statuses.ts";
import { createStreamHub, type StreamHub } from "../live/stream.ts";
import type { Foundation } from "./foundation.ts";
import { limitJudge } from "./judge.ts";
import type { MachineParts } from "./machines.ts";
import { diskUsed } from "./upkeep.ts";

export interface LiveParts {
  hub: StreamHub;
  hearing: Hearing;
  recent: Recent;
  statuses: Statuses;
  clockOffsets: ClockOffsets;
}

/** What pages see of the moment; it follows every committed reading. */
export async function createLiveParts(
  { clock, storage, bus, late, ending, intakePause }: Foundation,
  { registry, windowOf }: MachineParts,
): Promise<LiveParts> {
  const hub = createStreamHub({ clock, sensors: registry });
  const listening = () =>
    intakePause.paused() === null &&
    late.get("sources").every((source) =>
      ["connected", "listening"].includes(source.state().state)
    );
  const hearing = createHearing({ clock, listening });
  const recent = createRecent({
    clock,
    sensors: registry,
    rhythmMs: (num) => late.get("detection").runner.silenceMs(num),
    heardSinceMs: hearing.sinceMs,
  });
  const stored = await loadStatuses(storage.db);
  const past = await openPast({ clock, storage, registry, stored, recent, listening });
  const statuses = createStatuses({
    clock,
    sensors: registry,
    machines: registry.machines,
    recent,
    judge: limitJudge,
    stored,
    past,
    save: async (changed, changes) =>
      void await storage.db.write([
        ...changed.map(statusStatement),
        ...changes.map(changeStatement),
      ]),
    windowOf,
    openAt: (path) => late.get("alarms").openAt(path),
    said: (sensor) => late.get("devices").said(sensor),
  });
  ending(() => {
    past.end(clock.now());
    return statuses.store();
  });
  bus.subscribe("sensor.changed", (sensor) => statuses.renew(sensor));
  bus.subscribe("readings", (group) => recent.add(group));
  bus.subscribe("readings", (group) => statuses.add(group));
  bus.subscribe("readings", (group) => hub.publishReadings(group));
  const clockOffsets = createClockOffsets({ clock, sensors: registry });
  bus.subscribe("readings", (group) => clockOffsets.add(group));
  bus.subscribe("events", (news) => {
    for (const one of news) if (!isPrivate(one.type)) hub.publish("event", eventOf(one));
  });
  return { hub, hearing, recent, statuses, clockOffsets };
}

/** What is kept of how sensors and machines were; it goes on from what the last Perch wrote. */
async function openPast(
  { clock, storage, registry, stored, recent, listening }:
    & Pick<Foundation, "clock" | "storage">
    & Pick<MachineParts, "registry">
    & { stored: readonly StoredStatus[]; recent: Recent; listening: () => boolean },
): Promise<Past> {
  const before = await loadBefore(storage.db);
  const nowMs = clock.now();
  // It ran for as long as it stored something.
  const newestMs = registry.all().reduce((ms, { last }) => {
    const tMs = last?.tMs ?? 0;
    return tMs <= nowMs ? Math.max(ms, tMs) : ms;
  }, 0);
  return createPast({
    recent,
    deaf: () => !listening(),
    endedMs: before.endedMs === null ? null : Math.min(nowMs, Math.max(before.endedMs, newestMs)),
    written: before.empty ? [] : [
      ...stored.map(({ id, status }) => ({ subject: id, status })),
      ...before.unknown.map((subject) => ({ subject, status: "unknown" as const })),
    ],
  });
}

/** How Perch as a whole is doing, for the status that pages show. */
export function createStatusParts(
  { config, clock, storage, components, ending }: Foundation,
  { registry }: MachineParts,
  { hub, recent, statuses }: LiveParts,
  { intake, alarms, backupMs }: {
    intake: Pick<Intake, "stats">;
    alarms: Pick<Alarms, "counts">;
    backupMs: () => number | null;
  },
): { loopLag: LoopLag; status: StatusBoard } {
  const loopLag = measureLoopLag();
  ending(() => loopLag.stop());
  const status = createStatusBoard({
    clock,
    sensors: registry,
    recent,
    machines: registry.machines,
    statuses,
    intake,
    alarms: () => alarms.counts(),
    stored: () => storage.readings.stats(),
    overall: () => components.overall(),
    diskUsed: () => diskUsed(config.dataDir),
    backupMs,
    hub,
  });
  return { loopLag, status };
}
