import { systemActor } from "../access/audit_row.ts";
import { freeMemoryTask } from "../base/free_memory.ts";
import { openOwnProcess } from "../base/own_process.ts";
import { letGoOfProgram } from "../base/program_pages.ts";
import type { Config } from "../base/config.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import { keepTimeTask } from "../db/clock_store.ts";
import { createEventPurge } from "../events/purge_store.ts";
import { createEventSearch } from "../events/search_store.ts";
import { eventUpkeep } from "../events/upkeep.ts";
import type { ConnectionGuard } from "../live/connection_guard.ts";
import { purgeTask } from "../machines/purge.ts";
import { nodeTasks } from "./nodes/nodes.ts";
import type { Parts } from "./parts.ts";
import { houseKeeping, readingsUpkeep, seedRecent } from "./upkeep.ts";

/** Everything that runs by itself between start and stop, in the order in which it is started. */
export function tasksOf(
  parts: Parts,
  log: Log,
  guard: ConnectionGuard,
  config: Config,
): Task[] {
  const { clock, storage, settings, access } = parts;
  return [
    ...nodeTasks({ config, db: storage.db, clock, components: parts.components }),
    parts.storageGuard.task,
    parts.checkpoints.task,
    access.task,
    parts.eventFeed.task,
    parts.logFiles.task,
    guard.task,
    ...memoryTasks(parts),
    keepTimeTask({ db: storage.db, steady: clock, clock }),
    parts.restamper.task,
    houseKeeping({ clock, storage }),
    eventUpkeep({
      clock,
      search: createEventSearch(storage.db),
      purge: createEventPurge(storage.db),
      kept: () => ({ days: settings.get("events.keep_days"), most: settings.get("events.most") }),
    }),
    readingsUpkeep({
      ...{ clock, log, storage, settings, paused: parts.checkpoints.paused },
      importing: () => parts.jobs.isOpen("import"),
      mayGo: parts.history.mayGo,
    }),
    parts.damage.task,
    parts.statuses.task,
    parts.status.task,
    seedRecent(parts),
    parts.photos.task,
    purgeTask({
      clock,
      log: log.child("machines"),
      service: parts.machines,
      deletionMs: clock.deletionMs,
      audited: (change) => access.audit.statement({ actor: systemActor("purge"), ...change }),
    }),
    parts.scripts.task,
    parts.detection.runner.task,
    parts.custom.task,
    ...parts.tickets.tasks,
    ...parts.predictions.tasks,
    parts.backtests.task,
    parts.alarms.task,
    parts.faults.task,
    parts.analyses.task,
    parts.corrections.task,
    ...parts.notify.tasks,
    ...parts.reported.tasks,
    parts.cameras.task,
    parts.hardware.task,
    parts.cameraImages.task,
    parts.computed.task,
    parts.polls.task,
    parts.announcer.task,
    parts.mdns.task,
    parts.commands.task,
    parts.thingspeak.task,
    parts.forwarder.task,
    ...parts.siteDeskTasks,
    ...parts.mqttFeedTasks,
    parts.backup.task,
    parts.history.task,
    parts.uploadsTask,
    parts.importUploadsTask,
    parts.jobs.task,
    parts.reportSchedules.task,
    ...parts.system.tasks,
    ...(parts.emergency === null ? [] : [parts.emergency.task]),
    ...(parts.host === null ? [] : [parts.host.recorder.task]),
  ];
}

/** None where the C library is another, or the host none of Linux. */
function memoryTasks({ clock, freeMemory }: Parts): Task[] {
  const own = openOwnProcess();
  if (own === null || freeMemory === null) return [];
  const afterStart = () => void letGoOfProgram(own);
  return [freeMemoryTask({ clock, free: freeMemory, afterStart, bytes: own.anonymousBytes })];
}
