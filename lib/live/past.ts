/**
 * What is kept of how sensors and machines were, for reports: each status as it was judged then, from when on.
 * Where nobody could know, because Perch did not run or could not hear its sources, it is `unknown`. What lasts
 * less than the time between two writes may be missing.
 */
import type { Sensor } from "../machines/sensor.ts";
import type { MachineStatus, SensorStatus } from "./status_words.ts";

export type PastStatus = MachineStatus | "unknown";

export interface PastChange {
  subject: string;
  tMs: number;
  status: PastStatus;
}

export interface Past {
  /** Called with everything, once a second: sensors first. */
  begin(nowMs: number): void;
  sensor(sensor: Sensor, status: SensorStatus): void;
  machine(id: string, path: string, status: MachineStatus): void;
  /** What changed since the last call, in order. */
  take(): PastChange[];
  /** The same, which stays to be taken. */
  pending(): PastChange[];
  /** These were not written. */
  putBack(changes: readonly PastChange[]): void;
  /** Perch ends: nothing is known from now on. */
  end(nowMs: number): void;
}

/** The process stood still for so long: the host slept, or its clock was set. */
const STOOD_STILL_MS = 60_000;
/** Subject of the rows that say `normal` while Perch ran, and `unknown` from its end on. */
export const PERCH = "perch";

export function createPast(deps: {
  recent: {
    /** When its last reading arrived. */
    seenMs(sensor: Sensor): number | null;
    /** How long it may be silent. */
    silenceMs(sensor: Sensor): number;
  };
  /** Some source cannot be heard at the moment. */
  deaf: () => boolean;
  /** What was written last of each subject, as far as it is known. */
  written?: readonly { subject: string; status: PastStatus }[];
  /** When the Perch before this one was last seen, where it did not write its end. */
  endedMs?: number | null;
}): Past {
  const { recent, endedMs = null } = deps;
  const last = new Map<string, PastStatus>();
  for (const { subject, status } of deps.written ?? []) last.set(subject, status);
  /** The last one counts: what flickers costs one row in ten seconds. */
  let changed = new Map<string, PastChange>();
  /** Of Perch itself; both ends of a pause. */
  let pauses: PastChange[] = endedMs === null
    ? []
    : [{ subject: PERCH, tMs: endedMs, status: "unknown" }];
  /** Sensors that were silent while nobody listened, and have not spoken since. */
  const dark = new Set<number>();
  let atMs: number | null = null;
  /** How far the clock was before it was set back. */
  let aheadMs = -Infinity;
  let isDeaf = true;
  /** By path of the machine. */
  let unheard = new Set<string>();
  let critical = new Set<string>();

  function note(subject: string, status: PastStatus): void {
    if (last.get(subject) === status) return;
    last.set(subject, status);
    changed.set(subject, { subject, tMs: atMs!, status });
  }

  return {
    begin(nowMs) {
      // The first look, too: before it nobody listened.
      isDeaf = atMs === null || deps.deaf();
      const jumpMs = atMs === null ? 0 : nowMs - atMs;
      if (jumpMs >= STOOD_STILL_MS) pauses.push({ subject: PERCH, tMs: atMs!, status: "unknown" });
      // What was written while the clock was ahead stays; it ends where that time has come.
      if (jumpMs <= -STOOD_STILL_MS) aheadMs = Math.max(aheadMs, atMs!);
      const hasCome = nowMs > aheadMs && aheadMs > -Infinity;
      if (hasCome) {
        aheadMs = -Infinity;
        last.clear();
      }
      if (atMs === null || hasCome || Math.abs(jumpMs) >= STOOD_STILL_MS) {
        pauses.push({ subject: PERCH, tMs: nowMs, status: "normal" });
        isDeaf = true;
      }
      atMs = nowMs;
      unheard = new Set();
      critical = new Set();
    },
    sensor(sensor, status) {
      if (isDeaf || dark.size > 0) {
        const seenMs = recent.seenMs(sensor);
        const quiet = status !== "offline" && seenMs !== null &&
          atMs! - seenMs > recent.silenceMs(sensor);
        if (!quiet) dark.delete(sensor.num);
        else if (isDeaf) dark.add(sensor.num);
      }
      const known = dark.has(sensor.num) ? "unknown" : status;
      if (known === "unknown") unheard.add(sensor.machine);
      if (known === "critical") critical.add(sensor.machine);
      note(sensor.id, known);
    },
    machine(id, path, status) {
      const doubtful = unheard.has(path) && status !== "maintenance" && !critical.has(path);
      note(id, doubtful ? "unknown" : status);
    },
    pending: () => [...pauses, ...changed.values()],
    take() {
      const taken = [...pauses, ...changed.values()];
      pauses = [];
      changed = new Map();
      return taken;
    },
    putBack(changes) {
      pauses.unshift(...changes.filter(({ subject }) => subject === PERCH));
      for (const one of changes) {
        if (one.subject !== PERCH && !changed.has(one.subject)) changed.set(one.subject, one);
      }
    },
    end(nowMs) {
      pauses.push({ subject: PERCH, tMs: nowMs, status: "unknown" });
    },
  };
}
