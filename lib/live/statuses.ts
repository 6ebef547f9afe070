/**
 * The status of every sensor and machine: the level of its values against its limits, `offline` when it
 * is silent, `maintenance` while a window is open. Levels follow each committed group; silence, delays and
 * windows are looked at once a second.
 */
import { createBreath } from "../base/breath.ts";
import type { Clock } from "../base/clock.ts";
import type { Task } from "../base/supervisor.ts";
import type { CommittedGroup } from "../intake/committed.ts";
import type { MachineDirectory, Sensor, SensorDirectory } from "../machines/sensor.ts";
import { hasLimits, type SensorSettings } from "../machines/sensor_settings.ts";
import type { MaintenanceWindow } from "../machines/windows.ts";
import { NONE_OPEN, type OpenAt, statusWords } from "../words/alarms.ts";
import type { Past, PastChange } from "./past.ts";
import type { Recent } from "./recent.ts";
import type { Status } from "./status_shape.ts";
import type { StoredStatus } from "./status_store.ts";
import { type MachineStatus, SENSOR_STATUSES, type SensorStatus } from "./status_words.ts";

type Level = Exclude<SensorStatus, "offline">;

/** What is worse: silence hides a warning, not what was critical when it fell silent. */
const RANK: Record<SensorStatus, number> = { normal: 0, warning: 1, offline: 2, critical: 3 };
const TICK_MS = 1_000;
/** Sensors and machines that are looked at together. */
const STEP = 200;
/** Statuses that changed are stored this often: one that flickers costs the card one row each time. */
const STORE_MS = 10_000;
/** Changes that are kept until the next `status` event; more than this are left out of it. */
const CHANGES_MOST = 1_000;

/** The threshold evaluator, handed in by the app. `state` is its own; NaN says that time has passed. */
export interface LimitJudge<State> {
  fresh(): State;
  /** The state after a restart, of a sensor that had `level` with this value. */
  resume(settings: SensorSettings, level: Level, value: number, tMs: number): State;
  step(settings: SensorSettings, state: State, value: number, tMs: number): Level;
  /** The same for each value of a run, `from` up to `to` of the columns; the level after the last. */
  steps(
    settings: SensorSettings,
    state: State,
    run: { tMs: Float64Array; value: Float64Array; from: number; to: number },
  ): Level;
}

/** A status that changed, as the `status` event sends it. */
export type StatusChange = Status["changes"][number];

export interface MachineState {
  status: MachineStatus;
  sinceMs: number;
  /** The worst of its sensors, maintenance or not. */
  worst: SensorStatus;
  sensors: Record<SensorStatus, number>;
  window: MaintenanceWindow | null;
}

/** How a machine is, with what is open there: nothing is called normal over an alarm. */
export interface MachineCondition {
  status: MachineStatus;
  /** The status in words, or what is open. */
  text: string;
  sinceMs: number;
}

export interface Statuses {
  add(group: CommittedGroup): void;
  sensor(sensor: Sensor): SensorStatus;
  /** Since when the sensor has its status. */
  sinceOf(sensor: Sensor): number;
  machine(path: string): MachineState;
  /** What pages, counts and filters go by. */
  condition(path: string): MachineCondition;
  /** Its limits were changed: judged anew from its last value. */
  renew(sensor: Sensor): void;
  /** Looks at everything that changes by itself. */
  tick(): void;
  /** Changes since the last call, oldest first. */
  takeChanges(): StatusChange[];
  /** What is kept of how they were and not written yet. */
  notWritten(): readonly PastChange[];
  /** Writes what changed since the last time. */
  store(): Promise<void>;
  task: Task;
}

export function createStatuses<State>(deps: {
  clock: Clock;
  sensors: SensorDirectory;
  machines: MachineDirectory;
  recent: Pick<Recent, "status" | "seenMs" | "remember">;
  judge: LimitJudge<State>;
  /** The window that a machine is in. */
  windowOf: (path: string, nowMs: number) => MaintenanceWindow | null;
  /** What the sensor's device says itself of whether it can be reached; null: nothing. Default: nothing. */
  said?: (sensor: Sensor) => "offline" | "normal" | null;
  /** The alarms that are open at a machine. Default: none. */
  openAt?: (path: string) => OpenAt;
  /** As they were stored before the start. */
  stored?: readonly StoredStatus[];
  save?: (changed: readonly StoredStatus[], past: readonly PastChange[]) => Promise<void>;
  /** What is kept of how they were. Default: nothing. */
  past?: Past;
}): Statuses {
  const { clock, sensors, machines, recent, judge, windowOf } = deps;
  const judged = new Map<number, { state: State; level: Level }>();
  const seen = new Map<string, StoredStatus>();
  for (const one of deps.stored ?? []) seen.set(keyOf(one.kind, one.id), one);
  /** Levels from before the start, of sensors that were not judged since. */
  const levels = new Map<number, Level>();
  for (const { id, num } of sensors.all()) {
    const before = seen.get(keyOf("sensor", id))?.status;
    if (before === undefined) continue;
    recent.remember(num, before === "offline" ? "offline" : "normal");
    if (before === "warning" || before === "critical") levels.set(num, before);
  }
  let unsaved = new Set<StoredStatus>();
  let states = new Map<string, MachineState>();
  let changes: StatusChange[] = [];
  let writing: readonly PastChange[] = [];

  function judgedOf(sensor: Sensor) {
    let known = judged.get(sensor.num);
    if (known === undefined) {
      const { last, settings } = sensor;
      const before = levels.get(sensor.num) ?? "normal";
      levels.delete(sensor.num);
      const state = last === null
        ? judge.fresh()
        : judge.resume(settings, before, last.value, last.tMs);
      const level = last === null ? "normal" : judge.step(settings, state, last.value, last.tMs);
      judged.set(sensor.num, known = { state, level });
    }
    return known;
  }

  function levelOf(sensor: Sensor): Level {
    return isJudged(sensor) ? judgedOf(sensor).level : "normal";
  }

  const isSilent = (sensor: Sensor) => (deps.said?.(sensor) ?? recent.status(sensor)) === "offline";

  function sensorStatus(sensor: Sensor): SensorStatus {
    const level = levelOf(sensor);
    return level !== "critical" && isSilent(sensor) ? "offline" : level;
  }

  /** Time passes for delays, in the sensor's own time. */
  function pass(sensor: Sensor, nowMs: number): void {
    if (sensor.settings.delay_ms === 0 || !isJudged(sensor) || sensor.last === null) {
      return;
    }
    const known = judgedOf(sensor);
    const quietMs = Math.max(0, nowMs - (recent.seenMs(sensor) ?? nowMs));
    known.level = judge.step(sensor.settings, known.state, NaN, sensor.last.tMs + quietMs);
  }

  function report(
    kind: StoredStatus["kind"],
    id: string,
    what: { machine: string } | { sensor: string },
    status: MachineStatus,
  ) {
    const key = keyOf(kind, id);
    const before = seen.get(key);
    if (before?.status === status) return before.sinceMs;
    const sinceMs = clock.now();
    const now = { kind, id, status, sinceMs };
    seen.set(key, now);
    if (before) unsaved.delete(before);
    unsaved.add(now);
    if (before !== undefined && changes.length < CHANGES_MOST) {
      changes.push({ ...what, status, before: before.status, at_ms: sinceMs, ts: sinceMs });
    }
    return sinceMs;
  }

  /** Counts looks: one that another began after is given up. */
  let looks = 0;

  /** A look, step by step: of ten thousand sensors it is not to be taken in one go. */
  function* steps(): Generator<undefined, void> {
    const look = ++looks;
    const nowMs = clock.now();
    const counts = new Map<string, Record<SensorStatus, number>>();
    deps.past?.begin(nowMs);
    for (const [i, sensor] of [...sensors.all()].entries()) {
      if (i % STEP === STEP - 1) {
        yield;
        if (look !== looks) return;
      }
      if (sensor.deletedMs !== null) continue;
      pass(sensor, nowMs);
      const status = sensorStatus(sensor);
      deps.past?.sensor(sensor, status);
      report("sensor", sensor.id, { sensor: sensor.name }, status);
      let count = counts.get(sensor.machine);
      if (!count) counts.set(sensor.machine, count = noSensors());
      count[status]++;
    }
    const next = new Map<string, MachineState>();
    for (const [i, { id, path }] of machines.all().entries()) {
      if (i % STEP === STEP - 1) {
        yield;
        if (look !== looks) return;
      }
      const count = counts.get(path) ?? noSensors();
      const worst = worstOf(count);
      const window = windowOf(path, nowMs);
      const status = window === null ? worst : "maintenance";
      deps.past?.machine(id, path, status);
      const sinceMs = report("machine", id, { machine: path }, status);
      next.set(path, { status, sinceMs, worst, sensors: count, window });
    }
    states = next;
  }

  function tick(): void {
    for (const _ of steps());
  }

  async function tickInTurns(): Promise<void> {
    const breath = createBreath();
    for (const _ of steps()) {
      const pause = breath();
      if (pause !== undefined) await pause;
    }
  }

  async function store(): Promise<void> {
    const past = deps.past?.take() ?? [];
    if (unsaved.size === 0 && past.length === 0) return;
    const changed = unsaved;
    unsaved = new Set();
    writing = past;
    try {
      await deps.save?.([...changed], past);
    } catch (error) {
      // What changed again meanwhile is in the new set already.
      for (const one of changed) if (seen.get(keyOf(one.kind, one.id)) === one) unsaved.add(one);
      deps.past?.putBack(past);
      throw error;
    } finally {
      writing = [];
    }
  }

  function machineState(path: string): MachineState {
    const known = states.get(path);
    if (known) return known;
    tick();
    return states.get(path) ??
      {
        status: "normal",
        sinceMs: clock.now(),
        worst: "normal",
        sensors: noSensors(),
        window: null,
      };
  }

  return {
    tick,
    sensor: sensorStatus,
    sinceOf: (sensor) => seen.get(keyOf("sensor", sensor.id))?.sinceMs ?? clock.now(),
    add({ runs }) {
      const { tMs, value, starts } = runs;
      for (let k = 0; k < runs.sensors.length; k++) {
        const sensor = sensors.byNum(runs.sensors[k]);
        if (sensor === undefined || !isJudged(sensor)) continue;
        const isNew = !judged.has(sensor.num);
        const known = judgedOf(sensor);
        // What it is judged by at first is the last value that came.
        const run = { tMs, value, from: starts[k] + (isNew ? 1 : 0), to: starts[k + 1] };
        known.level = judge.steps(sensor.settings, known.state, run);
      }
    },
    machine: machineState,
    condition(path) {
      const { status, sinceMs } = machineState(path);
      const open = deps.openAt?.(path) ?? NONE_OPEN;
      const { tone, text } = statusWords(status, open);
      const isOpen = tone !== status && open.sinceMs !== null;
      return { status: tone, text, sinceMs: isOpen ? open.sinceMs! : sinceMs };
    },
    renew(sensor) {
      judged.delete(sensor.num);
      levels.delete(sensor.num);
      tick();
    },
    takeChanges() {
      const taken = changes;
      changes = [];
      return taken;
    },
    notWritten: () => [...writing, ...deps.past?.pending() ?? []],
    store,
    task: {
      name: "statuses",
      async run(signal) {
        let storedMs = clock.monotonic();
        for (;;) {
          await tickInTurns();
          if (clock.monotonic() - storedMs >= STORE_MS) {
            storedMs = clock.monotonic();
            await store();
          }
          await clock.sleep(TICK_MS, signal);
        }
      },
    },
  };
}

/** Codes of texts are no numbers to be compared with limits. */
function isJudged({ kind, settings }: Sensor): boolean {
  return kind !== "text" && hasLimits(settings);
}

function keyOf(kind: StoredStatus["kind"], id: string): string {
  return `${kind} ${id}`;
}

function noSensors(): Record<SensorStatus, number> {
  return { normal: 0, warning: 0, critical: 0, offline: 0 };
}

/** The worst status that occurs; `normal` for a machine without sensors. */
export function worstOf(counts: Record<SensorStatus, number>): SensorStatus {
  return SENSOR_STATUSES.reduce<SensorStatus>(
    (worst, status) => counts[status] > 0 && RANK[status] > RANK[worst] ? status : worst,
    "normal",
  );
}
