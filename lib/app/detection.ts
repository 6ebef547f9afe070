import type { SqlStatement } from "../db/client.ts";
import { isUrgent } from "../alarms/observation.ts";
import { type Backtests, createBacktests } from "../detect/backtest/jobs.ts";
import { natureFor } from "../detect/departure/nature.ts";
import { anomalyOf } from "../detect/anomaly.ts";
import {
  createFindingStore,
  type FindingName,
  type FindingStore,
  type StoredFinding,
} from "../detect/findings_store.ts";
import type { Failure } from "../detect/predict/fleet_lives.ts";
import { createPredictions, type Predictions } from "../detect/predict/predictions.ts";
import { planOf } from "../detect/runner/plan.ts";
import { createRunner, type Runner } from "../detect/runner/runner.ts";
import type { Watch } from "../detect/runner/watched.ts";
import { hostPath, plantSensors } from "../machines/host_machine.ts";
import type { Sensor, SensorDirectory } from "../machines/sensor.ts";
import { hasLimits } from "../machines/sensor_settings.ts";
import type { Verdict } from "../words/verdict.ts";
import type { BuildOptions, Foundation } from "./foundation.ts";
import { limitsOf } from "./judge.ts";
import type { LiveParts } from "./live.ts";
import type { MachineParts } from "./machines.ts";
import { alarmRules } from "./settings.ts";
import { timeIn } from "./site.ts";

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

export interface DetectionParts {
  detection: Detection;
  predictions: Predictions;
  backtests: Backtests;
}

/** What judges committed readings: detectors, predictions, and backtests of both. */
export async function createDetectionParts(
  foundation: Foundation,
  machines: MachineParts,
  live: LiveParts,
  options: BuildOptions["detection"],
): Promise<DetectionParts> {
  const { clock, log, storage, settings, bus } = foundation;
  const detection = await createDetection(foundation, machines, live, options);
  const predictions = createPredictions({
    clock,
    log: log.child("predictions"),
    db: storage.db,
    sensors: ownSensors(foundation, machines),
    readings: storage.readings,
    limitsOf: (sensor) => hasLimits(sensor.settings) ? limitsOf(sensor.settings) : null,
    publish(type, data) {
      live.hub.publish(type, data);
      bus.publish("predictions", data);
    },
    retrainDays: () => settings.get("predictions.retrain_days"),
    failures: failuresOf(foundation, machines),
    calledOf: (machine) => calledIn(machines.registry.machines.find(machine)?.tags ?? []),
    freeMemory: foundation.freeMemory,
  });
  bus.subscribe("readings", (group) => predictions.add(group));
  bus.subscribe("sensor.changed", ({ machine }) => predictions.renew(machine));
  const backtests = createBacktests({
    clock,
    log: log.child("backtests"),
    readings: storage.readings,
    plan: detection.plan,
    timeText: timeIn(foundation.zone),
  });
  return { detection, predictions, backtests };
}

/** Those of the plant that are judged here. */
function ownSensors(
  { late }: Pick<Foundation, "late">,
  { registry }: Pick<MachineParts, "registry">,
): SensorDirectory {
  const plant = plantSensors(registry, registry.machines);
  const own = (sensor: Sensor) => !late.get("sites").has(sensor.machine);
  return {
    find: (idOrName) => plant.find(idOrName),
    byNum(num) {
      const sensor = plant.byNum(num);
      return sensor !== undefined && own(sensor) ? sensor : undefined;
    },
    all: () => plant.all().filter(own),
  };
}

/** Tag of machines that ran until they failed; their last reading is their end. */
const FAILED_TAG = "failed";

/** Begins a tag that says what kind a machine is: it learns from machines of that kind alone. */
const KIND_TAG = "kind:";

function calledIn(tags: readonly string[]): string | null {
  const tag = tags.find((one) => one.toLowerCase().startsWith(KIND_TAG));
  return tag?.slice(KIND_TAG.length).trim().toLowerCase() || null;
}

/** Machines that failed: those with the tag, and those that a resolved ticket says so of. */
function failuresOf(
  { late }: Pick<Foundation, "late">,
  { registry: { machines } }: Pick<MachineParts, "registry">,
): () => Promise<Failure[]> {
  return async () => [
    ...machines.all().filter(({ tags }) => tags.includes(FAILED_TAG))
      .map(({ path }): Failure => ({ machine: path, atMs: null, backMs: null })),
    ...(await late.get("tickets").failures()).flatMap(({ machineId, atMs, backMs }) => {
      const machine = machines.find(machineId);
      return machine === undefined ? [] : [{ machine: machine.path, atMs, backMs }];
    }),
  ];
}

/** Says what was found, to those who wait for alarms first. */
export function findingsPublisher(
  { bus, hub, registry }:
    & Pick<Foundation, "bus">
    & Pick<LiveParts, "hub">
    & Pick<MachineParts, "registry">,
): (found: StoredFinding[]) => void {
  return (found) => {
    bus.publish("findings", found);
    for (const one of found) hub.publish("anomaly", anomalyOf(one, registry));
  };
}

/** Puts detection together and listens; it judges once its task runs. */
async function createDetection(
  { clock, log, storage, settings, bus, late }: Foundation,
  { registry }: MachineParts,
  { hub, hearing }: LiveParts,
  options: BuildOptions["detection"],
): Promise<Detection> {
  const findings = createFindingStore(storage.db);
  const judged = await findings.judged();
  function plan(num: number): Watch[] | null {
    const sensor = registry.byNum(num);
    if (sensor === undefined || sensor.deletedMs !== null) return null;
    if (late.get("sites").has(sensor.machine)) return [];
    return planOf({
      kind: sensor.kind,
      limits: limitsOf(sensor.settings),
      expectedMs: sensor.settings.expected_interval_ms,
      maxPerMinute: sensor.settings.max_per_minute,
      nature: natureFor(sensor.sensor, sensor.unit),
      stuckMs: sensor.settings.stuck_after_ms,
      judged: judged.get(num),
      // A host's load comes in bursts, and what is learned of it costs the card more than its readings.
      learns: sensor.machine !== hostPath(registry.machines) || settings.get("host.detectors"),
    });
  }
  const runner = createRunner({
    clock,
    log: log.child("detect"),
    readings: storage.readings,
    db: storage.db,
    findings,
    plan,
    othersOf(num) {
      const machine = registry.byNum(num)?.machine;
      return registry.all().filter((one) => one.machine === machine && one.num !== num)
        .map((one) => one.num);
    },
    heardSinceMs: hearing.sinceMs,
    // Somebody waits for these: they are stored without delay.
    urgent: (finding) => isUrgent(finding, alarmRules(settings)),
    publish: findingsPublisher({ bus, hub, registry }),
    options,
  });
  bus.subscribe("readings", (group) => runner.take(group));
  bus.subscribe("sensor.changed", (sensor) => runner.replan(sensor.num));
  settings.onChange((key) => {
    if (key !== "host.detectors") return;
    const path = hostPath(registry.machines);
    for (const { num, machine } of registry.all()) if (machine === path) runner.replan(num);
  });
  async function learn(found: readonly FindingName[]): Promise<void> {
    const sensors = new Set(
      found.filter(({ detector }) => detector === "streaming").map(({ sensor }) => sensor),
    );
    for (const sensor of sensors) {
      for (const [num, said] of await findings.judged(sensor)) judged.set(num, said);
      runner.replan(sensor);
    }
  }
  return {
    runner,
    findings,
    plan,
    async judge(finding, verdict, by, extra) {
      await findings.judge(finding, verdict, { name: by, atMs: clock.now() }, extra);
      await learn([finding]);
    },
    learn,
    watches: (sensor) => new Set((plan(sensor) ?? []).map(({ detector }) => detector.name)),
  };
}
