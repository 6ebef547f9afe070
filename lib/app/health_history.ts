import { systemActor } from "../access/audit_row.ts";
import type { Access } from "../access/access.ts";
import type { Emergency } from "../health/emergency/emergency.ts";
import { createWriteBudget } from "../health/history/budget.ts";
import { createHostSensors } from "../health/history/host_sensors.ts";
import type { HostWatch } from "../health/history/host_watch.ts";
import { createNotices } from "../health/history/notices.ts";
import type { OwnSample } from "../health/history/quantities.ts";
import { createRecorder } from "../health/history/recorder.ts";
import { createHostView, type HostParts, type HostView } from "../health/history/view.ts";
import { hasDoubled } from "../health/history/writes.ts";
import type { Intake } from "../intake/intake.ts";
import type { SystemFacts } from "../alarms/system_facts.ts";
import type { Foundation } from "./foundation.ts";
import type { LiveParts } from "./live.ts";
import type { MachineParts } from "./machines.ts";

/** The history of the host as readings of a machine. Null: nobody looks at the host. */
export function createHostParts(
  { config, clock, log, storage, settings, events, late }: Foundation,
  { watch, machines: { registry, machines }, intake, access }: {
    watch: HostWatch | null;
    machines: MachineParts;
    intake: Intake;
    access: Pick<Access, "audit">;
  },
): HostParts | null {
  if (watch === null) return null;
  const sensors = createHostSensors({
    registry,
    service: machines,
    audited: (change) => access.audit.statement({ actor: systemActor("Perch"), ...change }),
  });
  const notices = createNotices({ clock, log: log.child("host"), events });
  const { url } = config.database;
  const path = url.startsWith("file:") ? url.slice("file:".length) : null;
  const recorder = createRecorder({
    clock,
    log: log.child("host"),
    ...watch,
    own: async (): Promise<OwnSample> => ({
      loopLagMs: late.get("loopLag").quantileMs(0.99),
      databaseBytes: await sizeOf(path),
      walBytes: await sizeOf(path === null ? null : `${path}-wal`),
      pictureBytes: late.get("cameras").writtenBytes(),
    }),
    sensors,
    offer: (drafts) => intake.offerBatch({ source: "host", topic: "host", drafts, rejects: [] }),
    groups: () => intake.stats().groups,
    intervalMs: () => settings.get("host.sample_s") * 1000,
    isKept: () => settings.get("host.history"),
    onSample: ({ sample }) => notices.see(sample),
  });
  const budget = createWriteBudget({ clock, readings: storage.readings, sensors });
  return { recorder, sensors, budget, trouble: notices.trouble };
}

/** What is wrong with the host, for the rules about Perch itself; null: nobody looks at it. */
export async function hostFacts(host: HostParts | null): Promise<SystemFacts["host"]> {
  if (host === null) return null;
  const trend = await host.budget.trend();
  return {
    ...host.trouble(),
    doubledWrites: hasDoubled(trend) ? { day: trend.day!, usual: trend.usual! } : null,
    disk: host.sensors.find("disk")?.settings.warning_high != null,
  };
}

async function sizeOf(path: string | null): Promise<number | null> {
  if (path === null) return null;
  return await Deno.stat(path).then(({ size }) => size, () => null);
}

/** The host for the API, the page and the command line. */
export function createAppHostView(
  { clock, storage, settings }: Pick<Foundation, "clock" | "storage" | "settings">,
  { host, emergency, statuses, backupMs }: {
    host: HostParts | null;
    emergency: Pick<Emergency, "need"> | null;
    statuses: Pick<LiveParts["statuses"], "sensor">;
    backupMs: () => number | null;
  },
): HostView {
  return createHostView({
    clock,
    readings: storage.readings,
    host,
    rating: () => ({
      ratedTb: settings.get("host.card_tb"),
      amplification: settings.get("host.card_amplification"),
    }),
    backupMs,
    need: () => emergency?.need() ?? null,
    levelOf(name) {
      const sensor = host?.sensors.find(name) ?? null;
      if (sensor === null) return null;
      const status = statuses.sensor(sensor);
      return status === "offline" ? "normal" : status;
    },
  });
}
