import { eitherSignal } from "../base/clock.ts";
import type { Task } from "../base/supervisor.ts";
import type { CustomDetectors, CustomStats } from "../detect/custom/custom.ts";
import { savedDetectors } from "../detect/custom/custom_store.ts";
import type { FaultSource, Pausable } from "../faults/fault.ts";
import type { ComponentState } from "../live/components.ts";
import { shownValue } from "../machines/sensor.ts";
import { customName } from "../words/detectors.ts";
import { type DetectionParts, findingsPublisher } from "./detection.ts";
import type { Foundation } from "./foundation.ts";
import type { LiveParts } from "./live.ts";
import type { MachineParts } from "./machines.ts";
import type { ScriptParts } from "./scripts.ts";

/** Detectors that somebody wrote. Nothing of them is loaded before there is one. */
export interface CustomDetection {
  /** Whether a detector (`custom:…`) watches a sensor (storage number). */
  watches(sensor: number, detector: string): boolean;
  faults: FaultSource;
  pausables(): Pausable[];
  stats(): ReturnType<CustomDetectors["stats"]>;
  /** Calls the listener when one of them cannot go on. */
  onStop(listener: () => void): void;
  task: Task;
}

const LOOK_MS = 10 * 60_000;

export function createCustomDetection(
  { clock, log, storage, bus, late, components }: Foundation,
  { machines: { registry }, live: { hub }, scripts: { scripts }, detection }: {
    machines: Pick<MachineParts, "registry">;
    live: Pick<LiveParts, "hub">;
    scripts: Pick<ScriptParts, "scripts">;
    detection: DetectionParts;
  },
): CustomDetection {
  let room: CustomDetectors | null = null;
  let wake = () => {};
  let stopped = () => {};
  components.registerAll(() => room?.stats().map(stateOf) ?? []);
  scripts.onChange((kind) => kind === "detector" && wake());
  bus.subscribe("readings", (group) => room?.take(group));
  bus.subscribe("sensor.changed", ({ num }) => room?.replan(num));

  async function open(): Promise<CustomDetectors> {
    const { createCustomDetectors } = await import("../detect/custom/custom.ts");
    return createCustomDetectors({
      clock,
      log: log.child("detect"),
      db: storage.db,
      readings: storage.readings,
      findings: detection.detection.findings,
      scripts,
      sensorOf(num) {
        const sensor = registry.byNum(num);
        if (sensor === undefined || sensor.deletedMs !== null) return null;
        const { name: path, unit } = sensor;
        return { path, unit, shown: (value) => shownValue(sensor, value) };
      },
      publish: findingsPublisher({ bus, hub, registry }),
      changed() {
        for (const { num } of registry.all()) late.get("alarms").recheck(num);
      },
      stopped: () => stopped(),
    });
  }

  const isNeeded = async () =>
    scripts.runnable("detector").length > 0 || (await savedDetectors(storage.db)).length > 0;

  return {
    watches: (sensor, detector) =>
      room?.watches(sensor, detector) ??
        scripts.find({ kind: "detector", name: customName(detector) }) !== null,
    faults: { name: "custom detectors", look: () => room?.troubles() ?? [] },
    pausables: () => room?.pausables() ?? [],
    stats: () => room?.stats() ?? [],
    onStop: (listener) => void (stopped = listener),
    task: {
      name: "custom detectors",
      async run(signal, beat) {
        while (room === null) {
          const woken = new AbortController();
          wake = () => woken.abort();
          if (await isNeeded()) break;
          await clock.sleep(LOOK_MS, eitherSignal(signal, woken.signal)).catch(() => {});
          if (signal.aborted) return;
        }
        room ??= await open();
        await room.task.run(signal, beat);
      },
    },
  };
}

/** What is wrong is a fault of its own. */
function stateOf({ name, title, stopped, paused, behind, findings }: CustomStats): ComponentState {
  const detail = stopped !== null
    ? `Cannot go on: ${stopped}.`
    : paused
    ? "Paused."
    : behind
    ? "Reads the journal."
    : `${title ?? name}: findings since the start: ${findings}.`;
  const well = stopped === null && !paused;
  return { name: `detector:${name}`, health: well ? "ok" : "degraded", detail };
}
