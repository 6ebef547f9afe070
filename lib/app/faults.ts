import type { Clock } from "../base/clock.ts";
import type { LogEntry } from "../base/log.ts";
import type { Supervisor } from "../base/supervisor.ts";
import type { FaultSource, Pausable, Pause } from "../faults/fault.ts";
import { createFaults, type Faults } from "../faults/faults.ts";
import { createSelfHealing, type SelfHealing } from "../faults/healing.ts";
import { createHealingWatch } from "../faults/healing_watch.ts";
import { faultJson } from "../faults/shapes.ts";
import { componentSource } from "../faults/sources/components.ts";
import { configurationSource } from "../faults/sources/configuration.ts";
import { eventSource } from "../faults/sources/events.ts";
import { logErrorSource } from "../faults/sources/log_errors.ts";
import { taskSource } from "../faults/sources/tasks.ts";
import type { ComponentState } from "../live/components.ts";
import type { StreamHub } from "../live/stream.ts";
import { FAULT_ACTIONS } from "../words/fault.ts";
import { isCameraPart } from "./camera_component.ts";
import type { Foundation } from "./foundation.ts";

/** Without these Perch does not do what it promises. */
const ESSENTIAL_TASKS = new Set([
  "alarms",
  "checkpoints",
  "detection",
  "notify router",
  "notify sender",
  "storage guard",
]);
const CRITICAL_PARTS = new Set(["storage", "intake"]);
/** Parts of the status that another source looks at more closely. */
const SEEN_ELSEWHERE = new Set(["tasks", "faults"]);

/** Tasks whose work waits without harm until they are resumed. */
const PAUSABLE_TASKS = [
  "backtests",
  "backups",
  "event log",
  "notify sender",
  "purge of deleted machines",
  "readings check",
  "readings upkeep",
  "thingspeak",
  "training",
  "training schedule",
];

export interface FaultNeeds {
  hub: Pick<StreamHub, "publish">;
  supervisor: Pick<Supervisor, "states" | "restart" | "pause" | "resume">;
  onLogEntry(listener: (entry: LogEntry) => void): void;
  /** Where other rooms see faults: codecs, detectors, custom fault detectors. */
  sources: readonly FaultSource[];
  /** What other rooms can pause. */
  pausables: () => readonly Pausable[];
}

export interface FaultParts {
  /** What is wrong with Perch itself, and what is paused. */
  faults: Faults;
  /** What Perch did about it by itself. */
  healing: SelfHealing;
}

/** Looks for what is wrong with Perch itself, and pauses what must not go on. */
export async function createFaultParts(
  { config, clock, log, storage, events, bus, components, settings, ending, intakePause }:
    Foundation,
  { hub, supervisor, onLogEntry, sources, pausables }: FaultNeeds,
): Promise<FaultParts> {
  const healing = createSelfHealing({ clock, log: log.child("faults"), append: events.append });
  const watch = createHealingWatch({
    clock,
    healing,
    tasks: supervisor.states,
    components: components.all,
    restart: (task) => void supervisor.restart(task),
  });
  bus.subscribe("events", watch.hear);
  const logged = logErrorSource({ clock });
  onLogEntry(logged.hear);
  const errors = eventSource({ clock });
  bus.subscribe("events", errors.hear);
  bus.subscribe("faults", (changed) => {
    for (const fault of changed) hub.publish("fault", faultJson(fault));
  });
  const intake: Pausable = {
    component: "intake",
    // Never because of a fault: nothing but people may stop all readings.
    byPersonOnly: true,
    pause: (by) => Promise.resolve(intakePause.pause(by)),
    resume: () => Promise.resolve(intakePause.resume()),
    paused: intakePause.paused,
  };
  const tasks = createPausableTasks(clock, supervisor);
  const faults = createFaults({
    db: storage.db,
    clock,
    log: log.child("faults"),
    events,
    sources: [
      taskSource({ clock, states: supervisor.states, essential: ESSENTIAL_TASKS }),
      componentSource({
        clock,
        states: () => components.all().filter(({ name }) => !isCameraPart(name)),
        critical: CRITICAL_PARTS,
        elsewhere: SEEN_ELSEWHERE,
      }),
      errors,
      logged,
      { name: "healing", look: () => (watch.look(), []) },
      configurationSource({ unusedSettings: settings.unused, warnings: config.warnings }),
      ...sources,
    ],
    pausables: () => [intake, ...tasks(), ...pausables()],
    restarts: {
      names: () => supervisor.states().map(({ name }) => `task:${name}`),
      restart: (component) => void supervisor.restart(component.slice("task:".length)),
    },
    isExhausted: healing.isExhausted,
    publish: (changed) => bus.publish("faults", changed),
    deletionMs: clock.deletionMs,
  });
  await faults.load();
  components.register("faults", () => describe(faults));
  ending(() => faults.store());
  return { faults, healing };
}

function createPausableTasks(
  clock: Pick<Clock, "now">,
  supervisor: FaultNeeds["supervisor"],
): () => Pausable[] {
  const pauses = new Map<string, Pause>();
  const pausable = (name: string): Pausable => ({
    component: `task:${name}`,
    byPersonOnly: true,
    async pause(by) {
      await supervisor.pause(name);
      pauses.set(name, { sinceMs: clock.now(), by });
    },
    resume() {
      supervisor.resume(name);
      pauses.delete(name);
      return Promise.resolve();
    },
    paused: () => pauses.get(name) ?? null,
  });
  const all = PAUSABLE_TASKS.map(pausable);
  return () => {
    const running = new Set(supervisor.states().map(({ name }) => `task:${name}`));
    return all.filter(({ component }) => running.has(component));
  };
}

/** How Perch is by its own eyes. */
function describe(faults: Pick<Faults, "open" | "paused">): Omit<ComponentState, "name"> {
  const [worst, ...others] = faults.open();
  const paused = faults.paused().map(({ component }) => component);
  if (worst === undefined) {
    return { health: "ok", detail: "Perch finds nothing wrong with itself." };
  }
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  const waits = paused.length === 0 ? "" : ` Paused: ${paused.join(", ")}.`;
  const isSmall = FAULT_ACTIONS[worst.severity] === "log" && paused.length === 0;
  return { health: isSmall ? "ok" : "degraded", detail: `${worst.message}${more}.${waits}` };
}
