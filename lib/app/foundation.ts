import { readJwtKey } from "../access/access.ts";
import { finishRestore } from "../backup/after.ts";
import { failureEvent } from "../backup/failure_event.ts";
import type { Restarting } from "../backup/restores.ts";
import { type Bus, createBus } from "../base/bus.ts";
import type { Config } from "../base/config.ts";
import { mapCarried } from "../base/carried_memory.ts";
import { openFreeMemory } from "../base/free_memory.ts";
import { openOwnProcess } from "../base/own_process.ts";
import { letGoOfProgram } from "../base/program_pages.ts";
import type { PerchError, RefusalKind } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Clock } from "../base/clock.ts";
import type { SteadyClock } from "../base/steady_clock.ts";
import { VERSION } from "../base/version.ts";
import { keepTime, loadTime } from "../db/clock_store.ts";
import type { RunnerOptions } from "../detect/runner/options.ts";
import { createEventLog, type EventLog } from "../events/events_store.ts";
import { createEventFeed, type EventFeed } from "../events/feed.ts";
import type { LogFiles } from "../events/logs/log_files.ts";
import { createIntakePause, type IntakePause } from "../intake/pause.ts";
import { type Components, createComponents } from "../live/components.ts";
import type { Settings } from "../settings/settings.ts";
import { restoredByItself } from "./auto_restore.ts";
import { keepBeforeUpgrade } from "./before_upgrade.ts";
import type { HostWatch } from "../health/history/host_watch.ts";
import type { HostPlace } from "../sources/hardware/driver.ts";
import type { HostSystem } from "./own_system.ts";
import { type Checkpoints, createCheckpoints } from "./checkpoints.ts";
import { createShedding, type Shedding } from "../health/emergency/shedding.ts";
import { createLate, type Late } from "./late.ts";
import { logLimits } from "./log_files.ts";
import { createAppSettings } from "./settings.ts";
import { siteZone } from "./site.ts";
import { openStorage, type Storage } from "./storage.ts";
import { cutText } from "./storage_files.ts";
import { createStorageGuard, type StorageGuard } from "./storage_guard.ts";
import type { StorageTroubles } from "./storage_troubles.ts";
import type { Topics } from "./topics.ts";
import { wayOut } from "./way_out.ts";

export interface BuildOptions {
  config: Config;
  log: Log;
  clock: SteadyClock;
  storageTroubles: StorageTroubles;
  logFiles: LogFiles;
  /** Takes what ends a part; `stop` calls the latest first. */
  ending: (end: () => void | Promise<void>) => void;
  /** The port that the pages are on, or will be. */
  httpPort: () => number;
  /** That of HTTPS; null: it is off. */
  securePort: () => number | null;
  /** Called when Perch cannot go on (the database worker died); the process should end and be restarted. */
  onFatal?: (error: Error) => void;
  /** A person confirmed that a new plant begins although something is left of one (`perch serve --new`). */
  anew?: boolean;
  /** Of who runs Perch: a restore can be asked for while it runs. */
  restarting?: Restarting;
  /** Gives the database worker. Default: a new one. */
  storageWorker?: () => Worker;
  /** For tests: the migrations of another release. */
  migrationsFolder?: string;
  /** For tests: bound of the write-ahead log. */
  walMostBytes?: number;
  /** For sabotage in tests only: without it every commit waits for the disk. */
  synchronous?: "full" | "normal";
  /** For benchmarks, which cannot wait ten minutes for a checkpoint. */
  detection?: Partial<RunnerOptions>;
  /** How the host is looked at. Default: nobody looks at it. */
  host?: (clock: Clock) => HostWatch;
  /** Which tree of the kernel's files its sensors stand in. Default: the host's own. */
  hardware?: HostPlace;
  /** Addresses with their port that Perch may connect to beyond what the environment opens: the simulated camera. */
  openedPlaces?: () => readonly string[];
  /** For tests: whether a time server has set the host's clock. Default: as systemd says. */
  clockSynchronised?: () => Promise<boolean | null>;
  /** For tests: after how long a history server is believed. */
  historySettleMs?: number;
  /** What manages the host. Default: it is not touched. */
  system?: HostSystem;
}

/** What every room's wiring is handed. */
export interface Foundation
  extends
    Pick<BuildOptions, "config" | "log" | "logFiles" | "clock" | "storageTroubles" | "ending"> {
  /** When this Perch was started. */
  sinceMs: number;
  storage: Storage;
  storageGuard: StorageGuard;
  checkpoints: Checkpoints;
  /** Why no readings and files are taken at the moment; null: they are. */
  refusal: () => PerchError | null;
  /** A restore that nobody asked for and nobody has confirmed; null: none. */
  restoredByItself: string | null;
  settings: Settings;
  /** The site's time zone, an IANA name, as it is set now. */
  zone: () => string;
  events: EventLog;
  /** Hands on what comes into the event log, over the bus. */
  eventFeed: EventFeed;
  components: Components;
  bus: Bus<Topics>;
  /** A person may pause the whole intake. */
  intakePause: IntakePause;
  /** Gives back what the C library keeps of memory that was freed; null: it cannot. */
  freeMemory: (() => Promise<void>) | null;
  /** What waits while the host is in need. */
  shedding: Shedding;
  late: Late;
}

const CRITICAL_PARTS = ["storage", "intake"];

/** Opens the database and reads the time and the settings. @throws PerchError whose message is for people */
export async function openFoundation(options: BuildOptions): Promise<Foundation> {
  const { config, log, logFiles, clock, storageTroubles, ending } = options;
  const sinceMs = clock.now();
  await Deno.mkdir(config.dataDir, { recursive: true });
  const finished = await finishRestore(config.dataDir);
  if (finished !== null) log.warn(finished);
  // Before anything is opened: a start that is refused changes nothing.
  if (config.jwtSecret === null) readJwtKey(config.dataDir);
  const freeMemory = openFreeMemory();
  const [{ withoutCopy, ...opened }] = await Promise.all([openDatabase(options), makeRoom()]);
  const { storage, storageGuard, checkpoints } = opened;
  // A start that is refused writes nothing.
  ending(logFiles.flush);
  ending(() => storage.close());
  await loadTime(storage.db, clock);
  ending(() => storage.db.write([keepTime(clock.kept())]).then(() => {}));
  const settings = createAppSettings({ config, db: storage.db, clock, log });
  await settings.load();
  storageGuard.setSizes(() => ({
    reserveMb: settings.get("storage.reserve_mb"),
    floorMb: settings.get("storage.floor_mb"),
  }));
  const bus = createBus<Topics>((topic, error) => log.error(`a listener of ${topic}`, { error }));
  const events = createEventLog(storage.db, () => eventFeed.expect());
  const eventFeed = createEventFeed({
    clock,
    log: events,
    afterId: await events.newest(),
    publish: (news) => bus.publish("events", news),
  });
  ending(eventFeed.look);
  logFiles.setLimits(() => logLimits(settings));
  bus.subscribe("events", (news) => news.forEach(logFiles.event));
  if (withoutCopy !== null) await events.append(notCopied(withoutCopy, clock.now()));
  return {
    config,
    log,
    logFiles,
    clock,
    storageTroubles,
    ending,
    sinceMs,
    ...opened,
    restoredByItself: await restoredByItself(config.dataDir),
    refusal: () => storageGuard.refusal() ?? checkpoints.refusal(),
    settings,
    zone: siteZone(settings),
    events,
    eventFeed,
    components: createComponents(CRITICAL_PARTS),
    bus,
    late: createLate(),
    shedding: createShedding(),
    freeMemory,
    intakePause: createIntakePause({ clock }),
  };
}

/** What comes needs memory: the copy of what is carried, and what the program has run through till here, give it. */
async function makeRoom(): Promise<void> {
  const own = openOwnProcess();
  if (own === null) return;
  await mapCarried(own);
  letGoOfProgram(own);
}

/** What the event log says of an upgrade before which no copy was kept. */
function notCopied(sentence: string, atMs: number) {
  const event = failureEvent({ code: "before_upgrade", sentence, atMs });
  return { ...event, text: sentence.replace(/\.$/, "") };
}

interface OpenedDatabase extends Pick<Foundation, "storage" | "storageGuard" | "checkpoints"> {
  /** Why no copy was kept before this start brought the database up to date; null: one was, or it did not. */
  withoutCopy: string | null;
}

async function openDatabase(options: BuildOptions): Promise<OpenedDatabase> {
  const { config, log, clock, storageTroubles } = options;
  let withoutCopy: string | null = null;
  const way = (kind: RefusalKind) =>
    wayOut({ kind, what: "" }, config, kind === "full" ? clock.deletionMs() : clock.now());
  const { url, authToken } = config.database;
  const storageGuard = createStorageGuard({
    clock,
    log: log.child("storage"),
    troubles: storageTroubles,
    url,
    dataDir: config.dataDir,
    wayOut: way,
  });
  const storage = storageGuard.around(
    await openStorage({
      url,
      authToken: authToken?.reveal(),
      log: log.child("storage"),
      // Warnings go to the log files too, whatever the console shows.
      logLevel: config.log.level === "error" ? "warn" : config.log.level,
      synchronous: options.synchronous,
      worker: options.storageWorker,
      migrationsFolder: options.migrationsFolder,
      dataDir: config.dataDir,
      anew: options.anew,
      livesMs: config.node?.leaseMs,
      beforeOpen: () => storageGuard.begin(),
      async beforeUpgrade(upgrade) {
        const deps = { config, log: log.child("backup"), version: VERSION };
        withoutCopy = await keepBeforeUpgrade(upgrade, deps);
      },
      onFault: (error) => {
        storageTroubles.say("worker", { health: "error", detail: error.message });
        log.error("the database cannot be used any more", { error });
        options.onFatal?.(error);
      },
      onLost: (error) => {
        const say = (detail: string) =>
          storageTroubles.say("identity", { health: "error", detail });
        say(error.message);
        log.error("the database was taken away", { error });
        way("lost").then((text) => text !== null && say(`${error.message}. ${text}`), () => {});
      },
    }),
  );
  for (const cut of storage.cuts) log.error(cutText(cut));
  const checkpoints = createCheckpoints({
    clock,
    log: log.child("storage"),
    storage,
    troubles: storageTroubles,
    walPath: url.startsWith("file:") ? `${url.slice("file:".length)}-wal` : null,
    mostBytes: options.walMostBytes,
  });
  return { storage, storageGuard, checkpoints, withoutCopy };
}
