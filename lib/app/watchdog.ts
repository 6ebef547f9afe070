import type { Config } from "../base/config.ts";
import type { Log } from "../base/log.ts";
import type { PerchError } from "../base/errors.ts";
import type { Task } from "../base/supervisor.ts";
import { hungNotePath, keepHungNote, takeHungNote } from "../health/watchdog/hung_note.ts";
import { pulseTask } from "../health/watchdog/pulse.ts";
import { type ServiceManager, serviceManager } from "../health/watchdog/service.ts";
import type { Parts } from "./parts.ts";

export interface WatchdogOptions {
  config: Config;
  log: Log;
  end: (error: PerchError) => void;
  onReady?: () => void;
}

/** Sends the signs of life that the service manager asks for; nothing runs where it asks for none. */
export function watchdogTasks(parts: Parts, options: WatchdogOptions): Task[] {
  const manager = serviceManager(options.config.service, Deno.pid);
  if (manager.socket === null && manager.deadlineMs === null) return [];
  return [taskFor(manager, parts, options)];
}

function taskFor(
  { socket, deadlineMs, endsItself }: ServiceManager,
  { clock, storage, intake, components }: Parts,
  { config, log, end, onReady }: WatchdogOptions,
): Task {
  const notePath = hungNotePath(config.dataDir);
  return pulseTask({
    clock,
    log: log.child("watchdog"),
    deadlineMs,
    pulse: (request) => storage.pulse({ ...request, socket, endsItself, notePath }),
    intake() {
      const { groups, queued, failing, messages, refusedFull } = intake.stats();
      return { groups, queued, failing, offered: messages + refusedFull };
    },
    status: () => `${components.overall()}, ${intake.stats().ratePerS.toFixed(1)} readings/s.`,
    end: endsItself ? end : null,
    say: (what) => keepHungNote(notePath, what === null ? null : { atMs: clock.now(), what }),
    onReady,
  });
}

/** Tells once that the process before this one hung and was ended. */
export function tellWhatHung(
  { events, clock }: Pick<Parts, "events" | "clock">,
  { dataDir, log }: { dataDir: string; log: Log },
): void {
  const note = takeHungNote(hungNotePath(dataDir));
  if (note === null) return;
  const text = `Perch hung, was ended and started again. ${note.what.replace(/\.$/, "")}`;
  const [type, severity] = ["task.restarted", "warning"] as const;
  events.append({
    type,
    subject: "perch",
    severity,
    tMs: clock.now(),
    text,
    actor: null,
    body: note,
    route: true,
  }).then(() => log.warn(text, { event: type, severity }), () => log.warn(text));
}
