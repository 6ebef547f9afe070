import type { Bus } from "../base/bus.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { SqlStatement } from "../db/client.ts";
import type { Finding } from "../detect/detector.ts";
import { natureFor } from "../detect/departure/nature.ts";
import { anomalyOf } from "../detect/anomaly.ts";
import {
  createFindingStore,
  type FindingName,
  type FindingStore,
  type StoredFinding,
} from "../detect/findings_store.ts";
import { planOf, STREAMING_THRESHOLD } from "../detect/runner/plan.ts";
import { createRunner, type Runner, type RunnerOptions } from "../detect/runner/runner.ts";
import type { Watch } from "../detect/runner/watched.ts";
import type { CommittedGroup } from "../intake/committed.ts";
import type { StreamHub } from "../live/stream.ts";
import type { SensorDirectory } from "../machines/sensor.ts";
import type { Verdict } from "../words/verdict.ts";
import { limitsOf } from "./judge.ts";
import type { Storage } from "./storage.ts";

/** Detection over every committed reading, and what it found. */
export interface Detection {
  runner: Runner;
  findings: FindingStore;
  /** How a sensor (storage number) is watched now; null when it is not known or deleted. */
  plan(sensor: number): Watch[] | null;
  /** Keeps what a person said of a finding; the streaming detector of the sensor follows at once. */
  judge(
    finding: StoredFinding,
    verdict: Verdict,
    by: string,
    extra: readonly SqlStatement[],
  ): Promise<void>;
  /** Verdicts on these were stored: the detectors of their sensors follow. */
  learn(findings: readonly FindingName[]): Promise<void>;
  /** Names of the detectors that watch a sensor. */
  watches(sensor: number): ReadonlySet<string>;
}

export interface DetectionDeps {
  clock: Clock;
  log: Log;
  storage: Storage;
  registry: SensorDirectory;
  hub: Pick<StreamHub, "publish">;
  bus: Bus<{ readings: CommittedGroup; findings: readonly StoredFinding[] }>;
  /** Findings that somebody waits for: stored without delay. */
  urgent: (finding: Finding) => boolean;
  /** Since when Perch has been listening without a break. */
  heardSinceMs: () => number;
  options?: Partial<RunnerOptions>;
}

/** Puts detection together and listens; it judges once its task runs. */
export async function createDetection(deps: DetectionDeps): Promise<Detection> {
  const { clock, log, storage, registry, hub } = deps;
  const findings = createFindingStore(storage.db);
  const thresholds = await findings.thresholds();
  function plan(num: number): Watch[] | null {
    const sensor = registry.byNum(num);
    if (sensor === undefined || sensor.deletedMs !== null) return null;
    return planOf({
      kind: sensor.kind,
      limits: limitsOf(sensor.settings),
      expectedMs: sensor.settings.expected_interval_ms,
      maxPerMinute: sensor.settings.max_per_minute,
      nature: natureFor(sensor.sensor, sensor.unit),
      stuckMs: sensor.settings.stuck_after_ms,
      streamingThreshold: thresholds.get(num) ?? STREAMING_THRESHOLD,
    });
  }
  const runner = createRunner({
    clock,
    log,
    readings: storage.readings,
    db: storage.db,
    findings,
    plan,
    othersOf(num) {
      const machine = registry.byNum(num)?.machine;
      return registry.all().filter((one) => one.machine === machine && one.num !== num)
        .map((one) => one.num);
    },
    heardSinceMs: deps.heardSinceMs,
    urgent: deps.urgent,
    publish(found) {
      // First, so that nobody who waits for an alarm waits for the encoding of these.
      deps.bus.publish("findings", found);
      for (const one of found) hub.publish("anomaly", anomalyOf(one, registry));
    },
    options: deps.options,
  });
  deps.bus.subscribe("readings", (group) => runner.take(group));
  async function learn(judged: readonly FindingName[]): Promise<void> {
    const sensors = new Set(
      judged.filter(({ detector }) => detector === "streaming").map(({ sensor }) => sensor),
    );
    for (const sensor of sensors) {
      const moved = await findings.thresholds(sensor);
      for (const [num, threshold] of moved) thresholds.set(num, threshold);
      runner.replan(sensor);
    }
  }
  return {
    runner,
    findings,
    plan,
    async judge(finding, verdict, by, extra) {
      await findings.say(finding, verdict, { name: by, atMs: clock.now() }, extra);
      await learn([finding]);
    },
    learn,
    watches: (sensor) => new Set((plan(sensor) ?? []).map(({ detector }) => detector.name)),
  };
}
