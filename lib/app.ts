import type { Route } from "../routes/http/route.ts";
import { createAssets } from "../routes/http/static.ts";
import { createViewerZone } from "../routes/http/viewer_zone.ts";
import type { Simulator } from "../sim/simulator.ts";
import type { AccessStart } from "./access/access.ts";
import { build } from "./app/build.ts";
import { createEndings } from "./app/endings.ts";
import type { BuildOptions } from "./app/foundation.ts";
import { createAppLogs } from "./app/log_files.ts";
import type { Parts } from "./app/parts.ts";
import { appRoutes, mountApp } from "./app/routes.ts";
import { demoMode } from "./app/site.ts";
import { startFault } from "./app/storage_faults.ts";
import { createStorageTroubles } from "./app/storage_troubles.ts";
import { tasksOf } from "./app/tasks.ts";
import { httpsState, openCertificates, type Pages, servePages } from "./app/tls.ts";
import { watchTasks } from "./app/watch_tasks.ts";
import { tellWhatHung, watchdogTasks } from "./app/watchdog.ts";
import { withWayOut } from "./app/way_out.ts";
import { type Clock, systemClock } from "./base/clock.ts";
import { createRests } from "./base/rests.ts";
import { createSteadyClock } from "./base/steady_clock.ts";
import { createSupervisor, type Task } from "./base/supervisor.ts";
import { type ConnectionLimits, createConnectionGuard } from "./live/connection_guard.ts";
import { createSocketLimiter } from "./live/socket_limits.ts";
import { createSockets } from "./live/sockets.ts";

/*
 * DESIGN
 * The only wiring. `start` builds the parts from the disk upwards (`app/build.ts`), listens, starts what runs by
 * itself (`app/tasks.ts`) and then the sources. `stop` ends them from the outside inwards: sources first, so
 * that nothing new is offered; then what is in the intake is committed and acknowledged; storage last.
 */

export interface AppOptions extends
  Omit<
    BuildOptions,
    "clock" | "storageTroubles" | "logFiles" | "ending" | "httpPort" | "securePort"
  > {
  version: string;
  clock?: Clock;
  /** Only `perch sim` has one; its routes exist only then. It is started and stopped by who made it. */
  simulator?: Simulator | null;
  /** For tests of faults: what is to be run instead of a task. */
  taskFault?: (task: Task) => Task;
  /** Default `CONNECTION_LIMITS`; the tests of slow connections take them away. */
  connectionLimits?: ConnectionLimits;
}

export interface Started {
  /** Address to open in a browser. */
  url: string;
  /** The same over HTTPS; null: it is off. */
  secureUrl: string | null;
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

const HTTP_GRACE_MS = 3_000;
const TASKS_GRACE_MS = 2_000;

/** Puts Perch together; nothing is opened before `start`. */
export function buildApp(options: AppOptions): App {
  const { config } = options;
  const steady = createSteadyClock(options.clock ?? systemClock());
  const rests = createRests();
  const clock = rests.observing(steady);
  const { logFiles, log, onEntry } = createAppLogs({ config, log: options.log, clock });
  const supervisor = createSupervisor({ clock: steady, log: log.child("tasks"), rests });
  let parts: Parts | null = null;
  let http: Pages | null = null;
  let table: readonly Route[] = [];
  let answer: ReturnType<typeof mountApp> | null = null;
  const storageTroubles = createStorageTroubles();
  const endings = createEndings(log);

  const buildParts = () =>
    build({
      ...options,
      log,
      clock,
      storageTroubles,
      logFiles,
      ending: endings.add,
      httpPort: () => http?.port ?? config.http.port,
      securePort: () => http?.secure?.port ?? config.tls?.port ?? null,
    }, { supervisor, onLogEntry: onEntry });

  async function start(): Promise<Started> {
    const startedMs = clock.monotonic();
    parts = await buildParts();
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
    const certificates = await openCertificates(config, {
      now: () => clock.now(),
      log: log.child("https"),
    });
    const viewerZone = createViewerZone(parts.zone);
    table = appRoutes(parts, {
      config,
      certificates,
      clock,
      version: options.version,
      startedMs,
      limitSocket: createSocketLimiter(),
      demoUsers: demoMode(config) === "loopback" ? accessStart.demoUsers : [],
      simulator: options.simulator ?? null,
      assets,
      viewerZone,
    });
    answer = mountApp(table, {
      clock,
      access,
      assets,
      config,
      log: log.child("http"),
      storageTroubles,
      emergency: parts.emergency,
      viewerZone,
    });
    const sockets = createSockets();
    const guard = createConnectionGuard({
      clock,
      log: log.child("http"),
      sockets,
      ports: () => http === null ? [] : [http.port, ...http.secure ? [http.secure.port] : []],
      limits: options.connectionLimits,
    });
    http = servePages({
      ...{ config, certificates, guard, sockets, clock },
      fetch: answer.fetch,
      routes: table,
      log: log.child("http"),
    });
    endings.add(() => http!.stop(HTTP_GRACE_MS));
    parts.components.register("pages", () => {
      const paused = http?.paused() ?? null;
      return paused === null
        ? { health: "ok", detail: `Listening at ${http?.secure?.url ?? http?.url}.` }
        : { health: "degraded", detail: paused };
    });
    if (certificates !== null) {
      parts.components.register("https", () => httpsState(certificates));
    }
    endings.add(() => hub.stop());
    watchTasks(supervisor, parts);
    tellWhatHung(parts, { dataDir: config.dataDir, log });
    const begin = (task: Task) => supervisor.start(options.taskFault?.(task) ?? task);
    [...tasksOf(parts, log, guard, config), ...http.tasks].forEach(begin);
    endings.add(() => supervisor.stop(TASKS_GRACE_MS));
    for (const source of [...sources, parts.sparkplug]) {
      endings.add(() => source.stop());
      // A source that cannot start says so in its state; the rest goes on.
      await source.start().catch((error) =>
        log.error(`source ${source.name}: not started`, { error })
      );
    }
    // A service manager hears that Perch is ready once it can be asked.
    watchdogTasks(parts, { config, log, end: (error) => options.onFatal?.(error) }).forEach(begin);
    return {
      url: http.url,
      secureUrl: http.secure?.url ?? null,
      access: accessStart,
      startMs: clock.monotonic() - startedMs,
    };
  }

  async function stop(): Promise<void> {
    await endings.run();
    parts = null;
  }

  return {
    async start() {
      try {
        return await start();
      } catch (error) {
        await stop();
        throw await withWayOut(startFault(error, config.dataDir), config);
      }
    },
    async open() {
      try {
        parts = await buildParts();
        await parts.access.load();
        return parts;
      } catch (error) {
        await stop();
        throw await withWayOut(startFault(error, config.dataDir), config);
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
