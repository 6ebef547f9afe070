/** What raises and ends alarms: findings, predictions, rules about Perch and people, in one shape. */
import type { StoredFinding } from "../detect/findings_store.ts";
import { headlineOf } from "../detect/headline.ts";
import type { StoredOutlook } from "../detect/predict/shapes.ts";
import { CUSTOM, isCustomDetector } from "../words/detectors.ts";
import { type Severity, severityRank } from "../words/severity.ts";
import type { AlarmSource } from "./alarm.ts";

/** Something came or goes on (`present`), or is over. */
export interface Observation {
  key: string;
  cause: string;
  source: AlarmSource;
  detector: string | null;
  /** Storage number. */
  sensor: number | null;
  /** Path; null: Perch itself. */
  machine: string | null;
  present: boolean;
  /** A single odd reading. */
  point: boolean;
  severity: Severity;
  text: string;
  value: number | null;
  limit: number | null;
  /** By the sensor's own clock. */
  tMs: number;
  finding: number | null;
  /** Storage numbers of the sensors that a prediction named. */
  drivers: number[];
  /** Name of the person who raises it. */
  by?: string;
}

/** What an observation needs to know of a sensor. */
export interface ObservedSensor {
  num: number;
  id: string;
  machine: string;
  sensor: string;
  unit: string | null;
  settings: { display_name: string | null };
}

export interface ObservationRules {
  /** Detectors whose findings raise alarms; `custom` stands for all that somebody wrote. */
  detectors: ReadonlySet<string>;
  leastSeverity: Severity;
}

/** Sensors of a prediction that count as what drove it. */
const DRIVERS_MOST = 5;

function raises({ detectors }: ObservationRules, detector: string): boolean {
  return detectors.has(isCustomDetector(detector) ? CUSTOM : detector);
}

/** True for findings that somebody waits for: they are stored without delay. */
export function isUrgent(
  finding: Pick<StoredFinding, "detector" | "phase">,
  rules: ObservationRules,
): boolean {
  return raises(rules, finding.detector);
}

/**
 * Null when it raises and ends no alarm. A single odd reading is a hint at most, and only when its detector
 * says that it is one: healthy sensors have several a week.
 */
export function observationOfFinding(
  found: StoredFinding,
  sensor: ObservedSensor,
  machineId: string,
  rules: ObservationRules,
): Observation | null {
  if (!raises(rules, found.detector)) return null;
  const silent = found.detector === "silence";
  const key = `sensor:${sensor.id}:${found.detector}`;
  const odd = found.phase === "point";
  if (found.detector === "streaming" && odd && found.reason.numbers?.hint === undefined) {
    return null;
  }
  const severity = odd ? "info" : found.severity;
  const present = found.phase !== "cleared" &&
    severityRank(severity) >= severityRank(rules.leastSeverity);
  if (odd && !present) return null;
  return {
    key,
    cause: silent ? `machine:${machineId}:silence` : key,
    source: silent ? "silence" : found.detector === "threshold" ? "threshold" : "detector",
    detector: found.detector,
    sensor: sensor.num,
    machine: sensor.machine,
    present,
    point: odd,
    severity,
    text: headlineOf(found, sensor),
    value: found.reason.value ?? null,
    limit: found.reason.numbers?.limit ?? null,
    tMs: found.tMs,
    finding: found.id,
    drivers: [],
  };
}

/**
 * The class of a machine; the same class again is no new occurrence. Alone it is a hint: a model knows what it
 * was taught, and a healthy machine does much that it was not. Limits that somebody set, and findings of the
 * machine's sensors that last, make more of it.
 */
export function observationOfOutlook(
  outlook: StoredOutlook,
  machineId: string,
  numOf: (sensor: string) => number | undefined,
  rules: ObservationRules,
): Observation {
  const key = `machine:${machineId}:prediction`;
  const severity = outlook.class === "normal" || isGuess(outlook) ? "info" : outlook.class;
  const named = outlook.sensors.toSorted((a, b) => b.contribution - a.contribution)
    .flatMap(({ name }) => numOf(name) ?? []);
  return {
    key,
    cause: key,
    source: "prediction",
    detector: null,
    sensor: null,
    machine: outlook.machine,
    present: outlook.class !== "normal" &&
      severityRank(severity) >= severityRank(rules.leastSeverity),
    point: false,
    severity,
    text: outlook.summary,
    value: null,
    limit: null,
    tMs: outlook.tMs,
    finding: null,
    drivers: named.slice(0, DRIVERS_MOST),
  };
}

/** What a person has seen at a machine. It stands until a person resolves it; no other alarm takes it in. */
export function observationOfPerson(
  id: string,
  { machine, severity, text }: Pick<Observation, "severity" | "text"> & { machine: string },
  by: string,
  nowMs: number,
): Observation {
  const key = `person:${id}`;
  return {
    ...{ key, cause: key, source: "person", machine, severity, text, by, tMs: nowMs },
    ...{ detector: null, sensor: null, present: true, point: false },
    ...{ value: null, limit: null, finding: null, drivers: [] },
  };
}

/** Within the limits that people set: unlike what was learned, which is not the same as wrong. */
function isGuess({ confidence }: StoredOutlook): boolean {
  return confidence < 1;
}
