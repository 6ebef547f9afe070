import type { App, Started } from "../app.ts";
import type { HandedOver, Restarting, RestoreJob } from "../backup/restores.ts";
import type { Config } from "../base/config.ts";
import type { Log } from "../base/log.ts";
import { VERSION } from "../base/version.ts";
import type { ExitCode } from "./command.ts";
import type { Foreground } from "./console/foreground.ts";
import { isScarce } from "../base/scarce.ts";
import { createService, type Service, serviceManager } from "../health/watchdog/service.ts";
import { createControl } from "./create_control.ts";
import { checkSocketPath, serveControl } from "./control_socket.ts";
import { type DataLock, takeLock } from "./lock.ts";
import { startOrWait } from "./start_or_wait.ts";
import { commandLog } from "./logging.ts";
import type { Terminal } from "./terminal.ts";

export interface RunAppOptions {
  config: Config;
  /** Name of the command, for the lock. */
  command: string;
  terminal: Terminal;
  build: (options: {
    config: Config;
    version: string;
    log: Log;
    onFatal: (error: Error) => void;
    restarting: Restarting;
    /** It ran before in this process, and starts again. */
    again: boolean;
  }) => App;
  /** The terminal that it was started on by hand, if one was. */
  foreground?: Foreground | null;
  /** Called when everything answers; what it returns is called before the end. */
  onStarted?: (app: App, started: Started, log: Log) => Promise<() => Promise<void>>;
}

/** Ending takes at most this long; then the process ends as it is. What was acknowledged is on disk. */
const STOP_MS = 9_500;
const REPORT_EVERY_MS = 60_000;

/**
 * Holds the data directory's lock, starts the app and the control socket, and stays until SIGTERM, SIGINT
 * or a fault that only a restart can mend; a restore that is asked for meanwhile ends the app and starts it again.
 * Exit code 0 after a clean end, 1 after a fault, 2 at the end of safe mode.
 */
export async function runApp(options: RunAppOptions): Promise<ExitCode> {
  const { config, command, terminal } = options;
  const log = commandLog(config, terminal);
  for (const warning of config.warnings) log.warn(warning);
  const lock = await takeLock(config.dataDir, command).catch(async (error) => {
    const { withWayOut } = await import("../app/way_out.ts");
    throw await withWayOut(error, config);
  });
  const ending = untilEnd(log);
  const stopOutliving = outliveScarcity(log);
  const service = createService(serviceManager(config.service, Deno.pid));
  try {
    checkSocketPath(config.dataDir);
    let run: Run = { config, again: false, failure: null };
    for (;;) {
      const end = await runOnce({ ...options, log, lock, ending, service }, run);
      if (typeof end === "number") return end;
      const { restoreBetween } = await import("../app/between.ts");
      const failure = await restoreBetween({ config: end.config, log, handed: end.handed });
      run = { config: end.config, again: true, failure };
    }
  } finally {
    stopOutliving();
    ending.stopListening();
    lock.release();
  }
}

interface Run {
  config: Config;
  again: boolean;
  /** Why the restore before it did not come about. */
  failure: RestoreJob | null;
}

type RunOptions = RunAppOptions & {
  log: Log;
  lock: DataLock;
  ending: ReturnType<typeof untilEnd>;
  service: Service;
};

/** From a start to its end: an exit code, or what is to be restored before the next start. */
async function runOnce(
  { command, terminal, log, lock, ending, service, foreground, ...options }: RunOptions,
  { config, again, failure }: Run,
): Promise<ExitCode | { handed: HandedOver; config: Config }> {
  const restore = Promise.withResolvers<HandedOver>();
  const restarting = { handOver: restore.resolve, failure };
  const common = { version: VERSION, log, onFatal: ending.fail, restarting, again };
  service.starting();
  const running = await startOrWait({
    config,
    log,
    terminal,
    lock,
    mayWait: command === "serve",
    ended: ending.promise,
    service,
    build: (chosen) => options.build({ config: chosen, ...common }),
  });
  if (typeof running === "number") return running;
  const { app, started } = running;
  const calls = createControl(app.parts(), config);
  const control = serveControl({
    dataDir: config.dataDir,
    control: calls,
    log: log.child("control"),
  });
  lock.describe({
    url: started.url,
    socket: control.path,
    safeMode: undefined,
    standsBy: undefined,
  });
  log.info(`perch ${VERSION} is ready at ${started.secureUrl ?? started.url}`, {
    dataDir: config.dataDir,
  });
  const before = await options.onStarted?.(app, started, log);
  const { clock } = app.parts();
  const stopWatching = foreground?.watch({ calls, clock, log, onEnd: ending.end });
  service.running();
  const end = await Promise.race([ending.promise, restore.promise]);
  if (typeof end === "number") service.stopping();
  else service.starting();
  const overdue = setTimeout(() => {
    log.error("stopping takes too long; ending now");
    Deno.exit(1);
  }, STOP_MS);
  await stopWatching?.();
  await before?.();
  await control.stop();
  await app.stop();
  clearTimeout(overdue);
  log.info("stopped");
  if (typeof end === "number") return end;
  // The same port again, where any was free.
  const port = Number(new URL(started.url).port) || config.http.port;
  return { handed: end, config: { ...config, http: { ...config.http, port } } };
}

/**
 * The last net under everything that opens files or sockets: what nobody caught because the system had no more
 * file descriptors (or a connection was gone) does not end Perch. Any other fault does, as ever.
 */
function outliveScarcity(log: Log): () => void {
  let reportedMs = -Infinity;
  const survive = (event: PromiseRejectionEvent | ErrorEvent) => {
    const error = "reason" in event ? event.reason : event.error;
    if (!isScarce(error)) return;
    event.preventDefault();
    if (performance.now() - reportedMs < REPORT_EVERY_MS) return;
    reportedMs = performance.now();
    log.error("the system has no more to give; what was asked for failed", { error });
  };
  globalThis.addEventListener("unhandledrejection", survive);
  globalThis.addEventListener("error", survive);
  return () => {
    globalThis.removeEventListener("unhandledrejection", survive);
    globalThis.removeEventListener("error", survive);
  };
}

function untilEnd(log: Log) {
  const { promise, resolve } = Promise.withResolvers<ExitCode>();
  const signals = ["SIGTERM", "SIGINT"] as const;
  let asked = false;
  const listeners = signals.map((signal) => {
    const listener = () => {
      // A terminal signals the whole group, and a task runner passes it on once more.
      if (!asked) log.info(`${signal}: stopping`);
      asked = true;
      resolve(0);
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return {
    promise,
    /** A person asked for it. */
    end: () => resolve(0),
    fail: (error: Error) => {
      log.error("a fault that only a restart can mend; stopping", { error });
      resolve(1);
    },
    stopListening: () => listeners.forEach((stop) => stop()),
  };
}
