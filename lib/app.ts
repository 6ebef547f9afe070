import type { Route } from "../routes/http/route.ts";
import { systemActor } from "./access/audit_row.ts";
import type { Parts } from "./app/parts.ts";
import { describeParts } from "./app/ready.ts";
import { accessLimits, createAppSettings } from "./app/settings.ts";
import { demoMode, siteTime, siteZone } from "./app/site.ts";
import type { Sensor } from "./machines/sensor.ts";
import { type AccessStart, createAccess, readJwtKey } from "./access/access.ts";
import type { Simulator } from "../sim/simulator.ts";
import { createBus } from "./base/bus.ts";
import { type Clock, systemClock } from "./base/clock.ts";
import { createSteadyClock } from "./base/steady_clock.ts";
import type { Config } from "./base/config.ts";
import { keepTime, keepTimeTask, loadTime } from "./db/clock_store.ts";
import type { Log } from "./base/log.ts";
import { createSupervisor } from "./base/supervisor.ts";
import { join } from "node:path";
import { createAssets } from "../routes/http/static.ts";
import { appRoutes, mountApp } from "./app/routes.ts";
import { alarmRules, createAlarmParts } from "./app/alarms.ts";
import { createDetection } from "./app/detection.ts";
import { createCheckpoints } from "./app/checkpoints.ts";
import { createSystemFacts } from "./app/system_facts.ts";
import type { Told } from "./alarms/keeper.ts";
import { isUrgent } from "./alarms/signal.ts";
import type { StoredFinding } from "./detect/findings_store.ts";
import { createNotifyParts } from "./app/notify.ts";
import { createAppOutgoing } from "./app/outgoing.ts";
import { createThingSpeak } from "./app/thingspeak.ts";
import { openPoison } from "./app/poison.ts";
import { sensorEvent } from "./app/sensor_events.ts";
import { createSources } from "./app/sources.ts";
import { sensorAtMachine, watchDamage } from "./app/damage.ts";
import { diskUsed, forgetReadings, houseKeeping, readingsUpkeep, seedRecent } from "./app/tasks.ts";
import { createTicketRoom } from "./app/tickets.ts";
import { openDeadLetters } from "./intake/dead_letter.ts";
import type { CommittedGroup } from "./intake/committed.ts";
import { CLOCK_NOTE_MS, createClockNotes } from "./intake/clock_notes.ts";
import { loadClockNotes } from "./intake/clock_notes_store.ts";
import { AHEAD_MOST_MS } from "./intake/device_time.ts";
import { createEventLog } from "./events/events_store.ts";
import { createIntake } from "./intake/create_intake.ts";
import type { RunnerOptions } from "./detect/runner/runner.ts";
import { createBacktests } from "./detect/backtest/jobs.ts";
import { createPredictions } from "./detect/predict/predictions.ts";
import { createRejectLog } from "./intake/rejects.ts";
import { loadRetainedMarks } from "./intake/retained_store.ts";
import { createReplay } from "./intake/replay.ts";
import { createComponents } from "./live/components.ts";
import { type ConnectionLimits, createConnectionGuard } from "./live/connection_guard.ts";
import { measureLoopLag } from "./live/loop_lag.ts";
import { createHearing } from "./live/hearing.ts";
import { createRecent } from "./live/recent.ts";
import { createSocketLimiter } from "./live/socket_limits.ts";
import { loadStatuses, statusStatement } from "./live/status_store.ts";
import { createSockets } from "./live/sockets.ts";
import { createStatuses } from "./live/statuses.ts";
import { createStatusBoard } from "./live/status.ts";
import { createStreamHub, type StreamHub } from "./live/stream.ts";
import { createRegistry } from "./machines/registry.ts";
import { createFileStore } from "./base/file_store.ts";
import { createPhotos, PHOTO_BYTES_MOST, PHOTO_TYPES } from "./machines/photos.ts";
import { purgeTask } from "./machines/purge.ts";
import { createMachinesService, type MoveElsewhere } from "./machines/service.ts";
import { hasLimits } from "./machines/sensor_settings.ts";
import { loadRegistry, loadWindows } from "./machines/store.ts";
import { createWindowWatch } from "./machines/windows.ts";
import { limitFaults, limitJudge, limitsOf } from "./app/judge.ts";
import { type HttpServer, serveHttp } from "./app/server.ts";
import { createDecode } from "./sources/dialects/mod.ts";
import { decodeHttp } from "./sources/http_bodies.ts";
import { openStorage } from "./app/storage.ts";
import { cutText } from "./app/storage_files.ts";
import { createStorageGuard, startFault } from "./app/storage_guard.ts";
import { createStorageTroubles } from "./app/storage_troubles.ts";

/*
 * DESIGN
 * The only wiring. `start` builds the parts from the disk upwards (storage, registry, intake, stream,
 * access, HTTP, sources) and `stop` ends them from the outside inwards: sources first, so that nothing new
 * is offered; then what is in the intake is committed and acknowledged; storage last.
 */

export interface AppOptions {
  config: Config;
  version: string;
  log: Log;
  clock?: Clock;
  /** Called when Perch cannot go on (the database worker died); the process should end and be restarted. */
  onFatal?: (error: Error) => void;
  /** A person said that a new plant begins although something is left of one (`perch serve --new`). */
  anew?: boolean;
  /** Only `perch sim` has one; its routes exist only then. It is started and stopped by who made it. */
  simulator?: Simulator | null;
  /** For tests: bound of the write-ahead log. */
  walMostBytes?: number;
  /** For sabotage in tests only: without it every commit waits for the disk. */
  synchronous?: "full" | "normal";
  /** For benchmarks, which cannot wait ten minutes for a checkpoint. */
  detection?: Partial<RunnerOptions>;
  /** Default `CONNECTION_LIMITS`; the tests of slow connections take them away. */
  connectionLimits?: ConnectionLimits;
}

export interface Started {
  /** Address to open in a browser. */
  url: string;
  access: AccessStart;
  /** From the call of `start` to listening. */
  startMs: number;
}

export interface App {
  /** Rejects with a PerchError whose message is for people; nothing runs then. */
  start(): Promise<Started>;
  /** Opens the database and what stands on it without listening, for a command while nothing else runs. */
  open(): Promise<Parts>;
  /** Ends within 10 s, streams open or not. Everything acknowledged is on disk. */
  stop(): Promise<void>;
  /** Answers a request without a socket (tests). */
  fetch(request: Request): Promise<Response>;
  /** @throws Error before start and after stop */
  parts(): Parts;
  /** The route table, for what derives from it (tests of policies, the API document). Empty before start. */
  routes(): readonly Route[];
}

/** What is told to whoever listens. */
interface Topics {
  /** One commit group, after COMMIT. */
  readings: CommittedGroup;
  /** What detection found, after COMMIT. */
  findings: readonly StoredFinding[];
  /** Steps and changes of alarms, after COMMIT. */
  alarms: Told;
}

const HTTP_GRACE_MS = 3_000;
const TASKS_GRACE_MS = 2_000;
const MEGABYTE = 1_000_000;
const CRITICAL_PARTS = ["storage", "intake"];

/** Puts Perch together; nothing is opened before `start`. */
export function buildApp(options: AppOptions): App {
  const { config, log } = options;
  const clock = createSteadyClock(options.clock ?? systemClock());
  const supervisor = createSupervisor({ clock, log: log.child("tasks") });
  let parts: Parts | null = null;
  let http: HttpServer | null = null;
  let table: readonly Route[] = [];
  let answer: ReturnType<typeof mountApp> | null = null;
  const storageTroubles = createStorageTroubles();
  /** What to end, latest first. */
  const endings: (() => void | Promise<void>)[] = [];

  async function build(): Promise<Parts> {
    const sinceMs = clock.now();
    await Deno.mkdir(config.dataDir, { recursive: true });
    // Before anything is opened: a start that is refused changes nothing.
    if (config.jwtSecret === null) readJwtKey(config.dataDir);
    const components = createComponents(CRITICAL_PARTS);
    const storageGuard = createStorageGuard({
      clock,
      log: log.child("storage"),
      troubles: storageTroubles,
      url: config.database.url,
      dataDir: config.dataDir,
    });
    const storage = storageGuard.around(
      await openStorage({
        url: config.database.url,
        authToken: config.database.authToken?.reveal(),
        log: log.child("storage"),
        logLevel: config.log.level,
        synchronous: options.synchronous,
        dataDir: config.dataDir,
        anew: options.anew,
        beforeOpen: () => storageGuard.begin(),
        onFault: (error) => {
          storageTroubles.say("worker", { health: "error", detail: error.message });
          log.error("the database cannot be used any more", { error });
          options.onFatal?.(error);
        },
        onLost: (error) => {
          storageTroubles.say("identity", { health: "error", detail: error.message });
          log.error("the database was taken away", { error });
        },
      }),
    );
    for (const cut of storage.cuts) log.error(cutText(cut));
    const checkpoints = createCheckpoints({
      clock,
      log: log.child("storage"),
      storage,
      troubles: storageTroubles,
      walPath: config.database.url.startsWith("file:")
        ? `${config.database.url.slice("file:".length)}-wal`
        : null,
      mostBytes: options.walMostBytes,
    });
    const refusal = () => storageGuard.refusal() ?? checkpoints.refusal();
    endings.push(() => storage.close());
    await loadTime(storage.db, clock);
    endings.push(() => storage.db.write([keepTime(clock.kept())]).then(() => {}));
    const deadLetters = openDeadLetters(
      config.dataDir,
      (error) => log.error("refused messages cannot be written to rejected.jsonl", { error }),
    );
    endings.push(() => deadLetters.close());
    const poison = openPoison({
      dataDir: config.dataDir,
      clock,
      log: log.child("intake"),
      events: () => events,
    });
    endings.push(() => poison.close());
    const settings = createAppSettings({ config, db: storage.db, clock, log });
    await settings.load();
    storageGuard.setSizes(() => ({
      reserveMb: settings.get("storage.reserve_mb"),
      floorMb: settings.get("storage.floor_mb"),
    }));
    const registry = createRegistry({
      clock,
      rows: {
        ...await loadRegistry(storage.db),
        last: await storage.readings.lastValues(clock.now() + AHEAD_MOST_MS),
      },
      options: {
        autoRegister: () => settings.get("intake.new_sensors"),
        newPerHour: () => settings.get("intake.new_sensors_per_hour"),
        news: (news) => [events.statement(sensorEvent(news, clock.now()))],
        onKind: sensorChanged,
      },
    });
    function sensorChanged(sensor: Sensor): void {
      statuses.renew(sensor);
      detection.runner.replan(sensor.num);
      alarms.recheck(sensor.num);
    }
    const hub = createStreamHub({ clock, sensors: registry });
    const hearing = createHearing({
      clock,
      listening: () =>
        sources.every((source) => ["connected", "listening"].includes(source.state().state)),
    });
    const recent = createRecent({
      clock,
      sensors: registry,
      rhythmMs: (num) => detection.runner.silenceMs(num),
      heardSinceMs: hearing.sinceMs,
    });
    const machines = createMachinesService({
      db: storage.db,
      clock,
      registry,
      windows: await loadWindows(storage.db),
      limitFaults,
      onSensor: sensorChanged,
      onMove: async (from, to) => together(await predictions.move(from, to), alarms.move(from, to)),
      onPurge: async (sensor) =>
        await forgetReadings(storage.readings, sensor.num)
          ? detection.findings.forget(sensor.num)
          : null,
    });
    const photos = createPhotos({
      files: createFileStore({
        folder: join(config.dataDir, "files", "photos"),
        types: PHOTO_TYPES,
        mostBytes: PHOTO_BYTES_MOST,
        quotaBytes: () => settings.get("machines.photos_mb") * MEGABYTE,
        refusal,
      }),
      machines: registry.machines,
      service: machines,
      clock,
      log: log.child("photos"),
    });
    const windowOf = createWindowWatch({ windows: machines.windows, zone: siteZone() });
    const statuses = createStatuses({
      clock,
      sensors: registry,
      machines: registry.machines,
      recent,
      judge: limitJudge,
      stored: await loadStatuses(storage.db),
      save: async (changed) => void await storage.db.write(changed.map(statusStatement)),
      windowOf,
    });
    endings.push(() => statuses.store());
    const bus = createBus<Topics>((topic, error) => log.error(`a listener of ${topic}`, { error }));
    bus.subscribe("readings", (group) => recent.add(group));
    bus.subscribe("readings", (group) => statuses.add(group));
    bus.subscribe("readings", (group) => hub.publishReadings(group));
    const detection = await createDetection({
      clock,
      log: log.child("detect"),
      storage,
      registry,
      hub,
      bus,
      options: options.detection,
      urgent: (finding) => isUrgent(finding, alarmRules(settings)),
      heardSinceMs: hearing.sinceMs,
    });
    bus.subscribe("findings", () => alarms.wake());
    const predictions = createPredictions({
      clock,
      log: log.child("predictions"),
      db: storage.db,
      sensors: registry,
      readings: storage.readings,
      limitsOf: (sensor) => hasLimits(sensor.settings) ? limitsOf(sensor.settings) : null,
      publish(type, data) {
        hub.publish(type, data);
        alarms.wake();
      },
      retrainDays: () => settings.get("predictions.retrain_days"),
    });
    bus.subscribe("readings", (group) => predictions.add(group));
    const backtests = createBacktests({
      clock,
      log: log.child("backtests"),
      readings: storage.readings,
      plan: detection.plan,
      timeText: siteTime,
    });
    const events = createEventLog(storage.db);
    const access = createAccess({
      db: storage.db,
      clock,
      lifeClock: { ...clock, now: clock.trustedMs },
      log: log.child("access"),
      dataDir: config.dataDir,
      jwtSecret: config.jwtSecret,
      demo: demoMode(config),
      events,
      canMail: () => notify.canMail(),
      timeText: siteTime,
      ...accessLimits(settings),
    });
    endings.push(() => access.stop());
    const ownPorts = () => [http?.port ?? config.http.port, broker?.port() ?? 0];
    const outgoing = await createAppOutgoing({ config, settings, ownPorts });
    const thingspeak = createThingSpeak({
      config,
      clock,
      log: log.child("thingspeak"),
      storage,
      settings,
      sensors: registry,
      outgoing,
      components,
    });
    const notify = await createNotifyParts({
      config,
      clock,
      deletionMs: clock.deletionMs,
      log: log.child("notify"),
      db: storage.db,
      events,
      settings,
      registry,
      access,
      hub,
      components,
      windowOf,
      publishMqtt: (message, signal) => mqtt.publish(message, signal),
      outgoing,
      ownPorts,
      zone: siteZone(),
    });
    const alarms = await createAlarmParts({
      clock,
      deletionMs: clock.deletionMs,
      log: log.child("alarms"),
      db: storage.db,
      events,
      settings,
      registry,
      detection,
      outlooks: predictions.store,
      sayingOutlook: predictions.saying,
      inMaintenance: (machine, nowMs) => windowOf(machine, nowMs) !== null,
      facts: createSystemFacts({
        clock,
        sources: () => sources,
        intake: () => intake,
        registry,
        poison,
        runner: detection.runner,
        diskUsed: () => diskUsed(config.dataDir),
        storage: storageTroubles,
        cut: () => storage.cuts.length === 0 ? null : storage.cuts.map(cutText).join(" "),
        outbox: () => notify.counts(),
      }),
      escalationMinutes: (alarm) => notify.escalationMinutes(alarm),
      tell: (told) => bus.publish("alarms", told),
      alongside: (transitions, note) => ticketRoom.fromAlarms.alongside(transitions, note),
    });
    bus.subscribe("alarms", (told) => publishAlarms(hub, told, alarms.counts().waiting));
    bus.subscribe("alarms", () => notify.wake());
    const rejects = createRejectLog();
    const clockNotes = createClockNotes(
      await loadClockNotes(storage.db, clock.now() - CLOCK_NOTE_MS),
    );
    const decode = createDecode(config.mqtt.topics);
    const intake = await createIntake({
      clock,
      arrival: clock.arrival,
      trustedMs: clock.trustedMs,
      log: log.child("intake"),
      store: storage.readings,
      db: storage.db,
      registry,
      decode,
      rejects,
      deadLetters,
      poison,
      clockNotes,
      retained: await loadRetainedMarks(storage.db),
      publish: (group) => bus.publish("readings", group),
      refusal,
      commitIntervalMs: config.intake.commitIntervalMs,
    });
    storageGuard.onWell(() => intake.worksAgain());
    checkpoints.onWell(() => intake.worksAgain());
    endings.push(() => intake.close());
    const { sources, broker, mqtt } = await createSources({
      config,
      intake,
      rejects,
      access,
      clock,
      log: log.child("sources"),
    });
    const ticketRoom = createTicketRoom({
      db: storage.db,
      clock,
      log: log.child("tickets"),
      events,
      machines: registry.machines,
      settings,
      hub,
      access,
      refusal,
      dataDir: config.dataDir,
    });
    const tickets = ticketRoom.with(alarms);
    bus.subscribe("alarms", (told) => ticketRoom.follow(told.transitions));
    const loopLag = measureLoopLag();
    endings.push(() => loopLag.stop());
    describeParts(components, { storage, storageTroubles, intake, sources });
    const status = createStatusBoard({
      clock,
      sensors: registry,
      recent,
      machines: registry.machines,
      statuses,
      intake,
      alarms() {
        const { open, waiting } = alarms.counts();
        return { ...open, waiting };
      },
      stored: () => storage.readings.stats(),
      overall: () => components.overall(),
      diskUsed: () => diskUsed(config.dataDir),
      hub,
    });
    const replay = createReplay({ intake, decode, decodeHttp });
    return {
      clock,
      storage,
      storageTroubles,
      storageGuard,
      damage: watchDamage({
        clock,
        readings: storage.readings,
        troubles: storageTroubles,
        words: { sensor: (num) => sensorAtMachine(registry, num), time: siteTime },
        append: (event) => events.append(event),
        sinceMs,
      }),
      checkpoints,
      settings,
      registry,
      machines,
      photos,
      statuses,
      rejects,
      clockNotes,
      intake,
      replay,
      sources,
      broker,
      hub,
      detection,
      recent,
      status,
      access,
      components,
      loopLag,
      predictions,
      tickets,
      backtests,
      events,
      alarms,
      notify,
      thingspeak,
    };
  }

  async function start(): Promise<Started> {
    const startedMs = clock.monotonic();
    parts = await build();
    const { access, sources, hub } = parts;
    const accessStart = await access.start();
    hub.start();
    await access.audit.follow((row) => hub.publish("audit", row));
    const assets = createAssets();
    if (assets.url("built/perch.css") === null || assets.url("built/page.js") === null) {
      log.warn(
        "static/built is missing: pages have no style sheet and do not live; `deno task islands` builds it",
      );
    }
    table = appRoutes(parts, {
      config,
      clock,
      version: options.version,
      startedMs,
      limitSocket: createSocketLimiter(),
      demoUsers: demoMode(config) === "loopback" ? accessStart.demoUsers : [],
      simulator: options.simulator ?? null,
      assets,
    });
    answer = mountApp(table, {
      clock,
      access,
      assets,
      config,
      log: log.child("http"),
      storageTroubles,
    });
    const guard = createConnectionGuard({
      clock,
      log: log.child("http"),
      sockets: createSockets(),
      port: () => http?.port ?? 0,
      limits: options.connectionLimits,
    });
    http = serveHttp({ ...config.http, fetch: answer.fetch, guard, log: log.child("http") });
    endings.push(() => http!.stop(HTTP_GRACE_MS));
    parts.components.register("pages", () => {
      const paused = http?.paused() ?? null;
      return paused === null
        ? { health: "ok", detail: `Listening at ${http?.url}.` }
        : { health: "degraded", detail: paused };
    });
    endings.push(() => hub.stop());
    supervisor.start(parts.storageGuard.task);
    supervisor.start(parts.checkpoints.task);
    supervisor.start(access.task);
    supervisor.start(guard.task);
    supervisor.start(keepTimeTask({ db: parts.storage.db, steady: clock, clock }));
    supervisor.start(houseKeeping({ clock, storage: parts.storage }));
    supervisor.start(
      readingsUpkeep({ clock, log, storage: parts.storage, settings: parts.settings }),
    );
    supervisor.start(parts.damage.task);
    supervisor.start(parts.statuses.task);
    supervisor.start(parts.status.task);
    supervisor.start(seedRecent(parts));
    supervisor.start(parts.photos.task);
    supervisor.start(purgeTask({
      clock,
      log: log.child("machines"),
      service: parts.machines,
      deletionMs: clock.deletionMs,
      note: (change) => access.audit.statement({ actor: systemActor("purge"), ...change }),
    }));
    supervisor.start(parts.detection.runner.task);
    for (const task of parts.tickets.tasks) supervisor.start(task);
    for (const task of parts.predictions.tasks) supervisor.start(task);
    supervisor.start(parts.backtests.task);
    supervisor.start(parts.alarms.task);
    for (const task of parts.notify.tasks) supervisor.start(task);
    supervisor.start(parts.thingspeak.task);
    endings.push(() => supervisor.stop(TASKS_GRACE_MS));
    for (const source of sources) {
      endings.push(() => source.stop());
      // A source that cannot start says so in its state; the rest goes on.
      await source.start().catch((error) =>
        log.error(`source ${source.name}: not started`, { error })
      );
    }
    return { url: http.url, access: accessStart, startMs: clock.monotonic() - startedMs };
  }

  async function stop(): Promise<void> {
    for (const end of endings.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        log.warn("a part did not end cleanly", { error });
      }
    }
    parts = null;
  }

  return {
    async start() {
      try {
        return await start();
      } catch (error) {
        await stop();
        throw startFault(error, config.dataDir);
      }
    },
    async open() {
      try {
        parts = await build();
        await parts.access.load();
        return parts;
      } catch (error) {
        await stop();
        throw startFault(error, config.dataDir);
      }
    },
    stop,
    fetch: (request) => {
      if (answer === null) throw new Error("the app has not been started");
      return Promise.resolve(answer.fetch(request, LOOPBACK));
    },
    parts() {
      if (parts === null) throw new Error("the app is not running");
      return parts;
    },
    routes: () => table,
  };
}

const LOOPBACK = { remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 0 } } as const;

function together(...parts: MoveElsewhere[]): MoveElsewhere {
  return {
    statements: parts.flatMap(({ statements }) => statements),
    moved() {
      for (const part of parts) part.moved();
    },
  };
}

/** Alarms on the live stream; what only counted up is `updated`. */
function publishAlarms(hub: StreamHub, { transitions, updated }: Told, waiting: number): void {
  for (const { type, alarm, tMs, actor, note } of transitions) {
    hub.publish("alarm", { transition: type, ts: tMs, actor, note, alarm, waiting });
  }
  for (const alarm of updated) {
    const told = { ts: alarm.last_ms, actor: null, note: null };
    hub.publish("alarm", { transition: "updated", ...told, alarm, waiting });
  }
}
