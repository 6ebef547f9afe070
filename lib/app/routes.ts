import type { Hono } from "hono";
import { accountPages } from "../../routes/access/pages/mod.ts";
import { docsPage } from "../../routes/site/docs.tsx";
import { createPageFrame } from "../../routes/frame/layout.tsx";
import { verifyRoutes } from "../../routes/access/verify.ts";
import { alarmRoutes } from "../../routes/alarms/api.ts";
import { anomalyRoutes } from "../../routes/sensors/anomalies_api.ts";
import { attentionRoutes } from "../../routes/overview/attention.ts";
import { backtestRoutes } from "../../routes/detection/backtests_api.ts";
import { accessRoutes } from "../../routes/access/mod.ts";
import { channelRoutes } from "../../routes/notify/channels_api.ts";
import { clockRoutes } from "../../routes/site/clock_api.ts";
import { damageRoutes } from "../../routes/site/damage_api.ts";
import { deliveryRoutes } from "../../routes/notify/deliveries_api.ts";
import { ruleRoutes } from "../../routes/notify/rules_api.ts";
import { thingspeakRoutes } from "../../routes/notify/thingspeak_api.ts";
import { webhookRoutes } from "../../routes/notify/webhooks_api.ts";
import { healthRoutes } from "../../routes/site/health_api.ts";
import { ingestRoutes } from "../../routes/site/ingest_api.ts";
import { mqttRoutes } from "../../routes/site/mqtt_api.ts";
import { machineRoutes, photoRoutes } from "../../routes/machines/api.ts";
import { maintenanceRoutes } from "../../routes/machines/maintenance_api.ts";
import { mount } from "../../routes/http/mount.ts";
import { createExpiredPage } from "../../routes/frame/expired.tsx";
import { createErrorPage } from "../../routes/frame/error.tsx";
import { channelPages } from "../../routes/notify/channels.tsx";
import { deliveryPages } from "../../routes/notify/deliveries.tsx";
import { rulePages } from "../../routes/notify/rules.tsx";
import { toldPages } from "../../routes/notify/told.tsx";
import { predictionPages } from "../../routes/detection/predictions.tsx";
import { modelPages } from "../../routes/detection/models.tsx";
import { aiRoutes } from "../../routes/detection/models_api.ts";
import { predictionRoutes } from "../../routes/detection/predictions_api.ts";
import { pageRoutes } from "../../routes/mod.ts";
import { readingRoutes } from "../../routes/sensors/readings_api.ts";
import { registryRoutes } from "../../routes/machines/registry_api.ts";
import { discussionRoutes } from "../../routes/discussion/api.ts";
import { ticketPages } from "../../routes/tickets/one.tsx";
import { ticketsPages } from "../../routes/tickets/list.tsx";
import { ticketRoutes } from "../../routes/tickets/api.ts";
import { settingRoutes } from "../../routes/site/settings_api.ts";
import { openapiRoutes } from "../../routes/site/openapi.ts";
import type { Route } from "../../routes/http/route.ts";
import { sensorRoutes } from "../../routes/sensors/api.ts";
import type { Assets } from "../../routes/http/static.ts";
import { simulatorRoutes } from "../../routes/site/simulator_api.ts";
import { statusRoutes } from "../../routes/site/status_api.ts";
import { streamRoutes } from "../../routes/site/stream_api.ts";
import type { Simulator } from "../../sim/simulator.ts";
import type { DemoUser } from "../access/demo.ts";
import { limitJudge, settingsOf } from "./judge.ts";
import { createTrends } from "../live/timeline.ts";
import { perchMetrics } from "./metrics.ts";
import type { Clock } from "../base/clock.ts";
import type { SqlStatement } from "../db/client.ts";
import { confirmTime } from "../db/clock_store.ts";
import type { Config } from "../base/config.ts";
import type { Log } from "../base/log.ts";
import type { LimitSocket } from "../live/socket_limits.ts";
import { LineNames } from "../sources/dialects/mod.ts";
import { parseBatch, parseLinesBody, parseOne } from "../sources/http_bodies.ts";
import type { Parts } from "./parts.ts";
import { notReady } from "./ready.ts";
import { siteZone } from "./site.ts";

export interface RouteOptions {
  config: Config;
  clock: Clock;
  version: string;
  /** Monotonic time of the start. */
  startedMs: number;
  limitSocket: LimitSocket;
  /** Sign-ins the sign-in page may show: the simulator's on loopback. */
  demoUsers: readonly DemoUser[];
  /** Null outside `perch sim`. */
  simulator: Simulator | null;
  /** Style sheet, scripts and icons. */
  assets: Assets;
}

const SIMULATED =
  "Simulated plant: its readings are made up, and its accounts are for demonstration.";

/** The route table of the whole product. */
export function appRoutes(parts: Parts, options: RouteOptions): Route[] {
  const { clock, version, startedMs } = options;
  const { intake, hub, registry, components, access, recent } = parts;
  const { readings } = parts.storage;
  const lineNames = new LineNames();
  const uptimeS = () => (clock.monotonic() - startedMs) / 1000;
  const sources = () => parts.sources.map((source) => source.state());
  const registered = {
    sensors: registry,
    machines: registry.machines,
    statuses: parts.statuses,
    service: parts.machines,
    photos: parts.photos,
    audit: access.audit,
  };
  const document = {
    routes: () => table,
    version,
    publicUrl: options.config.http.publicUrl,
  };
  const frame = createPageFrame(options.assets, {
    notice: options.config.mode === "sim" ? SIMULATED : null,
    trouble: troubleOf(parts),
    waiting: () => parts.alarms.counts().waiting,
  });
  const predictionParts = {
    predictions: parts.predictions,
    audit: access.audit,
    sensors: registry,
    frame,
    clock,
    place: () => hub.place(),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  const trends = createTrends({
    readings,
    judge: limitJudge,
    silenceMs: recent.silenceMs,
    nowMs: () => clock.now(),
  });
  const anomalies = {
    sensors: registry,
    findings: parts.detection.findings,
    judge: parts.detection.judge,
    audit: access.audit,
  };
  const alarms = {
    alarms: parts.alarms,
    events: parts.events,
    sensors: registry,
    machines: registry.machines,
    audit: access.audit,
    clock,
  };
  const clocks = {
    clock: parts.clock,
    confirm: (also: readonly SqlStatement[]) => confirmTime(parts.storage.db, parts.clock, also),
    audit: access.audit,
  };
  const damage = {
    damage: parts.damage,
    sensorName: (num: number) => registry.byNum(num)?.name ?? null,
    audit: access.audit,
    clock,
  };
  const outbox = { notify: parts.notify, audit: access.audit, clock };
  const outboxPages = { ...outbox, frame, zone: siteZone(), place: () => hub.place() };
  const ticketParts = {
    ...parts.tickets,
    machines: registry.machines,
    users: access.users,
    audit: access.audit,
    events: parts.events,
    frame,
    clock,
    zone: siteZone(),
    alarms: parts.alarms,
    place: () => hub.place(),
  };
  const table: Route[] = [
    ...healthRoutes({
      version,
      components,
      uptimeS,
      notReady: () => notReady(parts),
      metrics: () => perchMetrics(parts, { version, uptimeS: uptimeS() }),
    }),
    ...accessRoutes({ access, demoUsers: options.demoUsers, trouble: troubleOf(parts) }),
    ...verifyRoutes({
      access,
      site: {
        id: options.config.siteId,
        name: Deno.hostname(),
        address: options.config.announcedAddress,
        version,
      },
    }),
    ...settingRoutes({ settings: parts.settings, audit: access.audit }),
    ...channelRoutes(outbox),
    ...webhookRoutes(outbox),
    ...deliveryRoutes(outbox),
    ...ruleRoutes(outbox),
    ...thingspeakRoutes({ thingspeak: parts.thingspeak }),
    ...ingestRoutes({
      intake,
      parse: {
        one: parseOne,
        batch: parseBatch,
        lines: (body, precision) => parseLinesBody(body, precision, lineNames),
      },
    }),
    ...mqttRoutes({ broker: parts.broker }),
    ...simulatorRoutes({ simulator: options.simulator }),
    ...streamRoutes({ hub, sensors: registry, limitSocket: options.limitSocket }),
    ...sensorRoutes({ ...registered, recent, trends, clock }),
    ...machineRoutes(registered),
    ...photoRoutes(registered),
    ...attentionRoutes({
      ...registered,
      alarms: parts.alarms,
      recent,
      predictions: parts.predictions,
      clock,
      zone: siteZone(),
    }),
    ...registryRoutes(registered),
    ...maintenanceRoutes({ ...registered, clock, zone: siteZone() }),
    ...readingRoutes({ sensors: registry, readings, clock }),
    ...anomalyRoutes(anomalies),
    ...ticketRoutes(ticketParts),
    ...discussionRoutes(ticketParts),
    ...backtestRoutes({ backtests: parts.backtests, sensors: registry, clock }),
    ...predictionRoutes({ predictions: parts.predictions, audit: access.audit }),
    ...alarmRoutes(alarms),
    ...aiRoutes({ predictions: parts.predictions, audit: access.audit, clock }),
    ...statusRoutes({
      status: parts.status,
      components,
      stored: () => readings.stats(),
      sources,
      rejects: parts.rejects,
      clockNotes: parts.clockNotes,
      clock,
      version,
      uptimeS,
    }),
    ...clockRoutes(clocks),
    ...damageRoutes(damage),
    ...pageRoutes({
      ...registered,
      clock,
      clocks,
      damage,
      readings,
      trends,
      alarms: parts.alarms,
      events: parts.events,
      anomalies,
      predictions: parts.predictions,
      backtests: parts.backtests,
      settingsOf,
      ...parts.tickets,
      recent,
      status: parts.status,
      sources,
      rejects: parts.rejects,
      clockNotes: parts.clockNotes,
      simulator: options.simulator,
      mqtt: brokerAddress(options.config),
      place: () => hub.place(),
      version,
      assets: options.assets,
      frame,
    }),
    ...deliveryPages(outboxPages),
    ...channelPages(outboxPages),
    ...rulePages({ ...outboxPages, people: () => peopleOf(access) }),
    ...toldPages({ ...outboxPages, events: parts.events }),
    ...ticketsPages(ticketParts),
    ...ticketPages(ticketParts),
    ...predictionPages(predictionParts),
    ...modelPages(predictionParts),
    ...accountPages({
      access,
      settings: parts.settings,
      frame,
      clock,
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      publicUrl: options.config.http.publicUrl,
    }),
    ...openapiRoutes(document),
    docsPage({ ...document, frame }),
  ];
  return table;
}

/** Mounts the table with the policies, limits and headers that hold for all of it. */
export function mountApp(
  routes: readonly Route[],
  { clock, config, log, access, assets, storageTroubles }: {
    clock: Clock;
    config: Config;
    log: Log;
    access: Parts["access"];
    assets: Assets;
    storageTroubles: Parts["storageTroubles"];
  },
): Hono {
  return mount({
    routes,
    now: () => clock.now(),
    resolve: (credentials) => access.resolve(credentials),
    watch: (who, onEnd) => access.watch(who, onEnd),
    admit: (request) => access.rateLimiter.admit(request),
    changes: access.audit.changes,
    log,
    errorPage: createErrorPage(assets, troubleOf({ storageTroubles })),
    expiredPage: createExpiredPage(assets),
    trustedProxies: config.http.trustedProxies,
    publicUrl: config.http.publicUrl === null ? null : new URL(config.http.publicUrl),
    hostName: Deno.hostname(),
  });
}

/** What stops readings from being stored, for the banner of the pages. */
function troubleOf({ storageTroubles }: Pick<Parts, "storageTroubles">): () => string | null {
  return () => {
    const worst = storageTroubles.worst();
    return worst?.health === "error" ? worst.detail : null;
  };
}

/** Those who can be told by their own address. */
function peopleOf(access: Parts["access"]): { id: string; name: string }[] {
  return access.users.list().filter((user) => user.state === "active")
    .map(({ id, name, email }) => ({ id, name: name || email }));
}

/** Where devices publish to, as the examples on empty pages show it. */
function brokerAddress({ mqtt, broker }: Config): { host: string; port: number } {
  if (mqtt.url === null) {
    const everywhere = broker.host === "0.0.0.0" || broker.host === "::";
    return { host: everywhere ? Deno.hostname() : broker.host, port: broker.port };
  }
  const url = new URL(mqtt.url);
  return {
    host: url.hostname,
    port: Number(url.port) || (url.protocol === "mqtts:" ? 8883 : 1883),
  };
}
