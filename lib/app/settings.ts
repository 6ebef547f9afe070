import type { AccessOptions } from "../access/access.ts";
import { ATTEMPT_LIMITS } from "../access/attempts.ts";
import { RATE_LIMITS } from "../access/rate_limit.ts";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../base/config.ts";
import type { Log } from "../base/log.ts";
import type { Database } from "../db/client.ts";
import type { ObservationRules } from "../alarms/observation.ts";
import { MINUTE_DAYS } from "../settings/registry/readings.ts";
import { namesOf } from "../settings/setting.ts";
import { sparkplugByDefault } from "../sources/sparkplug/topic.ts";
import { UNIT_SETTINGS } from "../settings/registry/units.ts";
import type { Preferred } from "../machines/shown_unit.ts";
import { createSettings, type Settings } from "../settings/settings.ts";
import { DAY_MS } from "../words/times.ts";

const MEGABYTE = 1_000_000;
/** A burst is so many seconds' worth of requests. */
const BURST_S = 10;

/** The settings, with what the environment says as their defaults. */
export function createAppSettings(
  { config, db, clock, log }: { config: Config; db: Database; clock: Clock; log: Log },
): Settings {
  const { retention, intake, thingspeak, gemini, history } = config;
  return createSettings({
    db,
    clock,
    log: log.child("settings"),
    defaults: {
      "retention.days": retention.days ?? 0,
      "retention.minute_days": Math.max(MINUTE_DAYS, retention.days ?? 0),
      "retention.max_database_mb": Math.ceil((retention.maxDatabaseBytes ?? 0) / MEGABYTE),
      "intake.new_sensors": intake.newSensors,
      "intake.new_sensors_per_hour": intake.newSensorsPerHour,
      "devices.sparkplug": sparkplugByDefault(config.mqtt),
      "forwarding.line": config.upstream?.reveal() ?? "",
      "ai.model": gemini.model,
      "ai.model_fix": gemini.modelFix,
      "history.url": history.url ?? "",
      "history.user": history.user ?? "",
      "history.password": history.password?.reveal() ?? "",
      "history.token": history.token?.reveal() ?? "",
      "thingspeak.channel": thingspeak.channelId ?? "",
      "thingspeak.write_key": thingspeak.writeKey?.reveal() ?? "",
      "thingspeak.read_key": thingspeak.readKey?.reveal() ?? "",
      "thingspeak.interval_s": Math.max(15, Math.round(thingspeak.intervalMs / 1000)),
    },
  });
}

/** The units that the site prefers, by quantity. */
export function preferredUnits(settings: Pick<Settings, "get">): Preferred {
  return (quantity) => {
    const key = `units.${quantity}`;
    if (!Object.hasOwn(UNIT_SETTINGS, key)) return null;
    const unit = settings.get(key as keyof typeof UNIT_SETTINGS);
    return unit === "as sent" ? null : unit;
  };
}

/** The limits of the access room as the settings say at the moment. */
export function accessLimits(
  settings: Settings,
): Pick<AccessOptions, "attemptLimits" | "sessionIdleMs" | "rateLimits"> {
  return {
    attemptLimits: () => ({
      ...ATTEMPT_LIMITS,
      perAccount: settings.get("access.wrong_sign_ins"),
    }),
    sessionIdleMs: () => settings.get("access.session_idle_days") * DAY_MS,
    rateLimits: () => {
      const perSecond = settings.get("access.requests_per_second");
      return { ...RATE_LIMITS, requests: { perSecond, burst: perSecond * BURST_S } };
    },
  };
}

/** Which findings and predictions raise alarms, as the settings say at the moment. */
export function alarmRules(settings: Settings): ObservationRules {
  return {
    detectors: new Set(namesOf(settings.get("alarms.raised_by"))),
    leastSeverity: settings.get("alarms.least_severity"),
  };
}
