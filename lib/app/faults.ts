import type { Supervisor } from "../base/supervisor.ts";
import type { FaultSource, Pausable } from "../faults/fault.ts";
import { createFaults, type Faults } from "../faults/faults.ts";
import { faultJson } from "../faults/shapes.ts";
import { componentSource } from "../faults/sources/components.ts";
import { configurationSource } from "../faults/sources/configuration.ts";
import { eventSource } from "../faults/sources/events.ts";
import { taskSource } from "../faults/sources/tasks.ts";
import type { StreamHub } from "../live/stream.ts";
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

export interface FaultNeeds {
  hub: Pick<StreamHub, "publish">;
  supervisor: Pick<Supervisor, "states">;
  /** Where other rooms see faults: codecs, detectors, custom fault detectors. */
  sources: readonly FaultSource[];
  /** What other rooms can pause. */
  pausables: () => readonly Pausable[];
}

/** Looks for what is wrong with Perch itself, and pauses what must not go on. */
export async function createFaultParts(
  { clock, log, storage, events, bus, components, settings, ending }: Foundation,
  { hub, supervisor, sources, pausables }: FaultNeeds,
): Promise<Faults> {
  const errors = eventSource({ clock });
  bus.subscribe("events", errors.hear);
  bus.subscribe("faults", (changed) => {
    for (const fault of changed) hub.publish("fault", faultJson(fault));
  });
  const faults = createFaults({
    db: storage.db,
    clock,
    log: log.child("faults"),
    events,
    sources: [
      taskSource({ clock, states: supervisor.states, essential: ESSENTIAL_TASKS }),
      componentSource({
        clock,
        states: components.all,
        critical: CRITICAL_PARTS,
        elsewhere: SEEN_ELSEWHERE,
      }),
      errors,
      configurationSource({ unusedSettings: settings.unused }),
      ...sources,
    ],
    pausables,
    publish: (changed) => bus.publish("faults", changed),
    deletionMs: clock.deletionMs,
  });
  await faults.load();
  ending(() => faults.store());
  return faults;
}
