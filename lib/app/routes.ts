import type { Hono } from "hono";
import { plantChoices } from "../../routes/machines/choices.ts";
import { createPageFrame } from "../../routes/frame/layout.tsx";
import { mount } from "../../routes/http/mount.ts";
import { createShell } from "../../routes/frame/shell.tsx";
import { createBarePage } from "../../routes/frame/bare.tsx";
import { createExpiredPage } from "../../routes/frame/expired.tsx";
import { createErrorPage } from "../../routes/frame/error.tsx";
import type { Route } from "../../routes/http/route.ts";
import { allRoutes, type RouteParts } from "../../routes/mod.ts";
import type { Assets } from "../../routes/http/static.ts";
import type { Simulator } from "../../sim/simulator.ts";
import type { DemoUser } from "../access/demo.ts";
import { settingsOf } from "./judge.ts";
import { changesOf } from "../live/past_store.ts";
import { createTrends } from "../live/timeline.ts";
import { createEventsBetween } from "../events/between_store.ts";
import { perchFigures } from "./figures.ts";
import { perchMetrics } from "./metrics.ts";
import type { Clock } from "../base/clock.ts";
import type { SqlStatement } from "../db/client.ts";
import { confirmTime } from "../db/clock_store.ts";
import type { Config } from "../base/config.ts";
import { createLogReports } from "../events/logs/read_logs.ts";
import type { Log } from "../base/log.ts";
import type { Certificates } from "../tls/certificates.ts";
import type { LimitSocket } from "../live/socket_limits.ts";
import { pauseJson } from "../faults/shapes.ts";
import { LineNames } from "../sources/dialects/mod.ts";
import { parseBatch, parseLinesBody, parseOne } from "../sources/http_bodies.ts";
import { logsFolder } from "./log_files.ts";
import type { Parts } from "./parts.ts";
import { sensorAtMachine } from "./damage.ts";
import { notReady } from "./ready.ts";
import { scriptFigures } from "./script_figures.ts";
import type { ViewerZone } from "../../routes/http/viewer_zone.ts";
import { preferredUnits } from "./settings.ts";
import { shownOf } from "../machines/shown_unit.ts";

export interface RouteOptions {
  config: Config;
  certificates: Certificates | null;
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
  viewerZone: ViewerZone;
}

const SIMULATED =
  "Simulated plant: its readings are made up, and its accounts are for demonstration.";

/** The route table of the whole product. */
export function appRoutes(parts: Parts, options: RouteOptions): Route[] {
  const table: Route[] = allRoutes(routeParts(parts, options, () => table));
  return table;
}

/** What the routes take, by the names that they know. */
function routeParts(
  parts: Parts,
  {
    clock,
    version,
    startedMs,
    config,
    certificates,
    assets,
    simulator,
    demoUsers,
    limitSocket,
    viewerZone,
  }: RouteOptions,
  routes: () => readonly Route[],
): RouteParts {
  const { registry, access, recent, hub } = parts;
  const { audit } = access;
  const readings = { ...parts.storage.readings, ...parts.history.readings };
  const { publicUrl } = config.http;
  const uptimeS = () => (clock.monotonic() - startedMs) / 1000;
  const lineNames = new LineNames();
  const trouble = troubleOf(parts);
  const past = async (subject: string, range: { fromMs: number; toMs: number }) => [
    ...await changesOf(parts.storage.db, subject, range),
    ...parts.statuses.notWritten().filter((one) => one.subject === subject && one.tMs < range.toMs),
  ];
  const preferredUnit = preferredUnits(parts.settings);
  return {
    ...parts.tickets,
    access,
    alarms: parts.alarms,
    analyst: {
      analyses: parts.analyses,
      chat: parts.chat,
      budget: parts.budget,
      asker: parts.asker,
      mailReport: parts.mailReport,
    },
    anomalies: {
      sensors: registry,
      findings: parts.detection.findings,
      judge: parts.detection.judge,
      audit,
    },
    annotations: parts.annotations,
    notes: parts.notes,
    assets,
    shell: createShell(assets, config.http.base),
    audit,
    backtests: parts.backtests,
    backup: parts.backup,
    restores: parts.restores,
    uploads: parts.uploads,
    broker: parts.broker,
    cameras: parts.cameras,
    cameraImages: parts.cameraImages,
    commands: parts.commands,
    clock,
    clockNotes: parts.clockNotes,
    clocks: {
      clock: parts.clock,
      confirm: (also: readonly SqlStatement[]) => confirmTime(parts.storage.db, parts.clock, also),
      audit,
    },
    components: parts.components,
    dashboards: parts.dashboards,
    base: config.http.base,
    past,
    kioskLinks: parts.kioskLinks,
    computed: parts.computed,
    damage: {
      damage: parts.damage,
      sensorName: (num: number) => registry.byNum(num)?.name ?? null,
      sensorAtMachine: (num: number) => sensorAtMachine(registry, num),
      audit,
      clock,
    },
    demoUsers,
    deviceService: parts.deviceService,
    events: parts.events,
    sites: parts.sites,
    forwarder: parts.forwarder,
    eventsBetween: createEventsBetween(parts.storage.db),
    exports: parts.exports,
    faults: parts.faults,
    corrections: parts.corrections,
    healing: parts.healing,
    figures: () => perchFigures(parts, uptimeS()),
    frame: createPageFrame(assets, {
      notice: config.mode === "sim" ? SIMULATED : null,
      trouble,
      paused: () => parts.faults.paused().map(pauseJson),
      alarms: () => parts.alarms.counts(),
      place: () => hub.place(),
      base: config.http.base,
      choices: plantChoices(parts.registry.machines, parts.registry),
      zone: viewerZone,
    }),
    hardware: parts.hardware,
    history: parts.history,
    hostView: parts.hostView,
    hub,
    jobs: parts.jobs,
    imports: parts.imports,
    importFiles: parts.importFiles,
    ownSite: { id: parts.backup.siteUid, name: parts.backup.site },
    intake: parts.intake,
    limitSocket,
    logReports: createLogReports({
      folder: logsFolder(config.dataDir),
      flush: parts.logFiles.flush,
      lost: parts.logFiles.dropped,
    }),
    machines: registry.machines,
    metrics: (sensors) => perchMetrics(parts, { version, uptimeS: uptimeS(), sensors }),
    mostViewers: () => parts.settings.get("cameras.most_viewers"),
    mqtt: { ...brokerAddress(config), publicUrl },
    notify: parts.notify,
    notReady: () => notReady(parts),
    parse: {
      one: parseOne,
      batch: (body) => parseBatch(body, true),
      lines: (body, precision) => parseLinesBody(body, precision, lineNames),
    },
    people: () => peopleOf(access),
    photos: parts.photos,
    place: () => hub.place(),
    polls: parts.polls,
    pollSensors: parts.pollSensors,
    pollUptime: parts.pollUptime,
    missingKind: parts.missingKind,
    predictions: parts.predictions,
    publicUrl,
    siteBroker: siteBroker(config),
    push: parts.push,
    readings,
    recent,
    rejects: parts.rejects,
    reported: parts.reported,
    reports: parts.reports,
    reportSchedules: parts.reportSchedules,
    routes,
    scripts: parts.scripts,
    scriptFigures: (ref) => scriptFigures(parts, ref),
    sensors: registry,
    shown: (sensor) => shownOf(sensor, preferredUnit),
    service: parts.machines,
    settings: parts.settings,
    settingsOf,
    simulator,
    site: { id: config.siteId, name: Deno.hostname(), address: config.announcedAddress, version },
    sources: () => parts.sources.map((source) => source.state()),
    status: parts.status,
    clockOffsets: parts.clockOffsets,
    statuses: parts.statuses,
    stored: () => readings.stats(),
    thingspeak: parts.thingspeak,
    system: parts.system.control,
    trends: createTrends({
      readings,
      past,
      silenceMs: recent.silenceMs,
      nowMs: () => clock.now(),
    }),
    trouble,
    trust: trustOf(certificates),
    uptimeS,
    users: access.users,
    version,
    get zone() {
      return viewerZone.zone();
    },
    get siteZone() {
      return viewerZone.site();
    },
  };
}

/** What the page says that tells how to trust Perch; null: HTTPS is off. */
function trustOf(certificates: Certificates | null): RouteParts["trust"] {
  if (certificates === null) return null;
  const { authority, names, validToMs } = certificates;
  return { authority, names, validToMs };
}

/** Mounts the table with the policies, limits and headers that hold for all of it. */
export function mountApp(
  routes: readonly Route[],
  { clock, config, log, access, assets, storageTroubles, emergency, viewerZone }: {
    clock: Clock;
    config: Config;
    log: Log;
    access: Parts["access"];
    assets: Assets;
    storageTroubles: Parts["storageTroubles"];
    emergency: Parts["emergency"];
    viewerZone: ViewerZone;
  },
): Hono {
  const bare = createBarePage(assets, troubleOf({ storageTroubles, emergency }), config.http.base);
  return mount({
    routes,
    now: () => clock.now(),
    resolve: (credentials) => access.resolve(credentials),
    watch: (who, onEnd) => access.watch(who, onEnd),
    admit: (request) => access.rateLimiter.admit(request),
    changes: access.audit.changes,
    around: viewerZone.within,
    log,
    errorPage: createErrorPage(bare),
    expiredPage: createExpiredPage(bare),
    trustedProxies: config.http.trustedProxies,
    ports: [config.http.port, ...config.tls === null ? [] : [config.tls.port]],
    publicUrl: config.http.publicUrl === null ? null : new URL(config.http.publicUrl),
    base: config.http.base,
    corsOrigins: config.http.corsOrigins,
    allowedNetworks: config.http.allowedNetworks,
    hostName: Deno.hostname(),
  });
}

/** What stops readings from being stored, or else what keeps Perch from all other work, for the banner of the pages. */
function troubleOf(
  { storageTroubles, emergency }: Pick<Parts, "storageTroubles" | "emergency">,
): () => string | null {
  return () => {
    const worst = storageTroubles.worst();
    return worst?.health === "error" ? worst.detail : emergency?.sentence() ?? null;
  };
}

/** Those who can be notified at their own address. */
function peopleOf(access: Parts["access"]): { id: string; name: string }[] {
  return access.users.list().filter((user) => user.state === "active")
    .map(({ id, name, email }) => ({ id, name: name || email }));
}

/** Where sites reach this Perch through the broker, without its user; null: they cannot. */
function siteBroker({ mqtt }: Config): string | null {
  if (mqtt.url === null) return null;
  const { protocol, host } = new URL(mqtt.url);
  return /^mqtts?:$/.test(protocol) ? `${protocol}//${host}` : null;
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
