import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import type { Sensor } from "../../machines/sensor.ts";
import type { Draft } from "../../readings/reading.ts";
import { MINUTE_MS } from "../../words/times.ts";
import type { HostWatch } from "./host_watch.ts";
import type { HostSensors } from "./host_sensors.ts";
import { type HostReading, Minute } from "./minute.ts";
import { POWER_BITS } from "./power.ts";
import { type Observed, type OwnSample, QUANTITIES } from "./quantities.ts";
import { countsOf, ratesBetween, type WriteCounts } from "./writes.ts";

/*
 * DESIGN
 * A sample every 15 s stays in memory; a minute of them makes one reading of each quantity. Readings of several
 * minutes are committed together, because a commit costs the card more than what is in it: at once a minute while
 * other readings are being committed anyway or something is beyond its limits, else every ten minutes. So an
 * idle Perch writes little, and a power cut costs ten quiet minutes of its history at most. Nothing is
 * made or written in the first minute.
 */

const IDLE_COMMIT_MS = 10 * MINUTE_MS;
/** More than this waits only when nothing can be stored: the oldest is given up then. */
const WAITING_MOST = 60 * (QUANTITIES.length + POWER_BITS.length);

export interface RecorderDeps extends HostWatch {
  clock: Clock;
  log: Log;
  own: () => Promise<OwnSample>;
  sensors: HostSensors;
  /** Commits readings. */
  offer: (drafts: readonly Draft[]) => Promise<unknown>;
  /** Commit groups since the start, of all sources. */
  groups: () => number;
  /** Time between two samples. */
  intervalMs: () => number;
  /** Whether readings are kept. */
  isKept: () => boolean;
  /** Called with each sample. */
  onSample?: (observed: Observed) => Promise<void>;
}

export interface Recorder {
  task: Task;
  /** The latest sample; null before the first. */
  latest(): Observed | null;
  /** Takes one now, for somebody who waits for it; the recorder's own rhythm stays. */
  look(): Promise<Observed>;
  /** Readings that wait for their commit, oldest first. */
  waiting(): readonly HostReading[];
}

export function createRecorder(deps: RecorderDeps): Recorder {
  const { clock, log, sensors } = deps;
  const minute = new Minute();
  let latest: Observed | null = null;
  let counts: WriteCounts | null = null;
  let minuteMs = clock.monotonic();
  let committedMs = clock.monotonic();
  let groups = deps.groups();
  let waiting: HostReading[] = [];
  let wasBeyond = false;

  async function observe(): Promise<Observed> {
    const [sample, databaseWrites, own] = await Promise.all([
      deps.sample(),
      deps.databaseWrites(),
      deps.own(),
    ]);
    const now = countsOf(
      sample,
      { databaseBytes: databaseWrites, pictureBytes: own.pictureBytes },
      clock.monotonic(),
    );
    const observed = { sample, own, writes: ratesBetween(counts, now) };
    counts = now;
    return observed;
  }

  async function take(): Promise<void> {
    latest = await observe();
    minute.add(latest);
    await deps.onSample?.(latest);
    const nowMs = clock.monotonic();
    if (nowMs - minuteMs < MINUTE_MS) return;
    minuteMs = nowMs;
    const readings = [...minute.take(latest.sample.atMs), ...changedPower(latest)];
    if (!deps.isKept()) return void (waiting = []);
    waiting = [...waiting, ...readings].slice(-WAITING_MOST);
    if (isDue(nowMs, readings)) await commit(nowMs);
  }

  /** Conditions of the supply that are not as they were stored last. */
  function changedPower({ sample: { power, atMs } }: Observed): HostReading[] {
    return POWER_BITS.flatMap(({ bit, name }) => {
      const isNow = power?.[bit] ?? null;
      const stored = sensors.find(name)?.last?.value ?? null;
      const before = waiting.findLast((one) => one.name === name)?.value ?? stored;
      return isNow === null || Number(isNow) === before
        ? []
        : [{ name, tMs: atMs, value: Number(isNow) }];
    });
  }

  function isDue(nowMs: number, readings: readonly HostReading[]): boolean {
    const isBeyond = readings.some(({ name, value }) => isBeyondLimit(sensors.find(name), value));
    const isUrgent = isBeyond || wasBeyond;
    wasBeyond = isBeyond;
    return isUrgent || deps.groups() !== groups || nowMs - committedMs >= IDLE_COMMIT_MS;
  }

  async function commit(nowMs: number): Promise<void> {
    committedMs = nowMs;
    const offered = waiting;
    try {
      await sensors.make([...new Set(offered.map(({ name }) => name))]);
      const drafts = offered.flatMap((one) => draftOf(one, sensors.find(one.name)) ?? []);
      if (drafts.length > 0) await deps.offer(drafts);
      waiting = waiting.filter((one) => !offered.includes(one));
    } catch (error) {
      // They wait for the next minute; why nothing can be stored is said by the intake.
      log.debug("readings of this host wait", { error: messageOf(error) });
    }
    groups = deps.groups();
  }

  return {
    task: {
      name: "host",
      async run(signal) {
        for (;;) {
          await take();
          try {
            await clock.sleep(deps.intervalMs(), signal);
          } catch (error) {
            if (waiting.length > 0 && deps.isKept()) await commit(clock.monotonic());
            throw error;
          }
        }
      },
    },
    latest: () => latest,
    look: async () => latest ??= await observe(),
    waiting: () => waiting,
  };
}

function draftOf({ tMs, value }: HostReading, sensor: Sensor | null): Draft | null {
  if (sensor === null) return null;
  return { sensor: sensor.name, tMs, value: sensor.kind === "binary" ? value === 1 : value };
}

/** Whether a value is beyond a limit of its sensor now, however long that has to last. */
export function isBeyondLimit(sensor: Sensor | null, value: number): boolean {
  if (sensor === null) return false;
  const { warning_low, warning_high, critical_low, critical_high } = sensor.settings;
  const high = warning_high ?? critical_high ?? Infinity;
  const low = warning_low ?? critical_low ?? -Infinity;
  return value >= high || value <= low;
}
