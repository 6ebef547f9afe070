/**
 * What Perch makes of readings, without a host: detection as it is planned for each sensor, the policy of
 * alarms, and silence, driven by the time of the readings. Two weeks of a house take seconds.
 */
import { createBook } from "../../lib/alarms/book.ts";
import { decide } from "../../lib/alarms/decide.ts";
import { type AlarmOptions } from "../../lib/alarms/decision.ts";
import { pass } from "../../lib/alarms/passing.ts";
import { type AlarmRecord, released } from "../../lib/alarms/record.ts";
import { observationOfFinding, type ObservationRules } from "../../lib/alarms/observation.ts";
import { natureFor } from "../../lib/detect/departure/nature.ts";
import type { Finding } from "../../lib/detect/detector.ts";
import { allowedMs, type SilenceState } from "../../lib/detect/detectors/silence.ts";
import { planOf } from "../../lib/detect/runner/plan.ts";
import { type Hearing, type Watch, Watched } from "../../lib/detect/runner/watched.ts";
import type { SensorKind } from "../../lib/readings/reading.ts";
import { namesOf } from "../../lib/settings/setting.ts";
import { SETTINGS } from "../../lib/settings/registry.ts";
import { HOUR_MS, MINUTE_MS } from "../../lib/words/times.ts";

export interface OfflineSensor {
  num: number;
  /** `<area…>/<machine>/<sensor>`. */
  name: string;
  machine: string;
  unit: string | null;
  kind: SensorKind;
  watched: Watched;
}

/** The defaults of the settings about alarms. */
export function defaultRules(): ObservationRules {
  return {
    detectors: new Set(namesOf(SETTINGS["alarms.raised_by"].default)),
    leastSeverity: SETTINGS["alarms.least_severity"].default,
  };
}

export class OfflineSite {
  readonly sensors = new Map<string, OfflineSensor>();
  /** Every alarm as it was last, the worst severity it ever had, and since when it had that. */
  readonly alarms = new Map<
    number,
    { alarm: AlarmRecord; worst: AlarmRecord["severity"]; worstMs: number }
  >();
  /** All findings, by detector. */
  readonly findings = new Map<string, number>();
  readonly #byNum: OfflineSensor[] = [];
  readonly #machines = new Map<string, OfflineSensor[]>();
  readonly #book = createBook();
  readonly #rules: ObservationRules;
  readonly #options: AlarmOptions = {
    repeatMs: SETTINGS["alarms.repeat_minutes"].default * MINUTE_MS,
    flapTimes: SETTINGS["alarms.flapping_times"].default,
    resolveWhenClear: SETTINGS["alarms.resolve_when_clear"].default,
    quietMs: SETTINGS["alarms.quiet_minutes"].default * MINUTE_MS,
    escalationMinutes: () => [],
  };
  #nextId = 1;
  #findingId = 0;
  #comparedHour = NaN;
  readonly #hearing: Hearing = { journalMs: 0, heardMs: -Infinity };

  /** `replan` may change what watches a sensor: for sabotage. */
  constructor(
    private readonly change: { rules?: ObservationRules; replan?: (watches: Watch[]) => Watch[] } =
      {},
  ) {
    this.#rules = change.rules ?? defaultRules();
  }

  /** A sensor is known from its first reading on, as with auto-registration. */
  sensor(name: string, unit: string | null, kind: SensorKind): OfflineSensor {
    const known = this.sensors.get(name);
    if (known !== undefined) return known;
    const at = name.lastIndexOf("/");
    const num = this.#byNum.length + 1;
    const watches = planOf({
      kind,
      limits: null,
      expectedMs: null,
      maxPerMinute: null,
      stuckMs: null,
      nature: natureFor(name.slice(at + 1), unit),
    });
    const machine = name.slice(0, at);
    const watched = new Watched(num, this.change.replan?.(watches) ?? watches);
    const sensor = { num, name, machine, unit, kind, watched };
    this.sensors.set(name, sensor);
    this.#byNum.push(sensor);
    const beside = this.#machines.get(machine);
    if (beside) beside.push(sensor);
    else this.#machines.set(machine, [sensor]);
    return sensor;
  }

  read(sensor: OfflineSensor, tMs: number, value: number, nowMs = tMs): void {
    this.#hearing.journalMs = nowMs;
    sensor.watched.read(
      tMs,
      value,
      this.#hearing,
      (finding) => this.#found(sensor, finding, nowMs),
    );
  }

  /** Time has come to `nowMs`. */
  tick(nowMs: number): void {
    this.#hearing.journalMs = nowMs;
    const hour = Math.floor(nowMs / HOUR_MS);
    const compares = hour !== this.#comparedHour;
    this.#comparedHour = hour;
    for (const sensor of this.#byNum) {
      const others = compares
        ? this.#machines.get(sensor.machine)!.filter((one) => one !== sensor).map((one) =>
          one.watched
        )
        : undefined;
      sensor.watched.tick(this.#hearing, (finding) => this.#found(sensor, finding, nowMs), others);
    }
    for (const alarm of this.#book.all()) {
      if (alarm.dueMs === null || alarm.dueMs > nowMs) continue;
      this.#keep(pass(alarm, { maintenance: false }, nowMs, this.#options).alarm, nowMs);
    }
    this.#book.prune(nowMs, this.#options);
  }

  /** How long a sensor may be silent; null: nobody can say. */
  allowedMs(sensor: OfflineSensor): number | null {
    return allowedMs(sensor.watched.stateOf("silence") as SilenceState);
  }

  #found(sensor: OfflineSensor, finding: Finding, nowMs: number): void {
    this.findings.set(finding.detector, (this.findings.get(finding.detector) ?? 0) + 1);
    const observation = observationOfFinding(
      { ...finding, id: ++this.#findingId, sensor: sensor.num, verdict: null },
      {
        num: sensor.num,
        id: `s${sensor.num}`,
        machine: sensor.machine,
        sensor: sensor.name.slice(sensor.machine.length + 1),
        unit: sensor.unit,
        settings: { display_name: null },
      },
      `m:${sensor.machine}`,
      this.#rules,
    );
    if (observation === null) return;
    const was = this.#book.choose(observation, nowMs, this.#options);
    const facts = { newId: this.#nextId, maintenance: false };
    const decision = decide(was, observation, facts, nowMs, this.#options);
    if (decision === null) return;
    if (decision.alarm.id === this.#nextId) this.#nextId++;
    this.#keep(decision.alarm, nowMs);
    if (!observation.present || observation.point) return;
    for (const other of this.#book.holders(observation, decision.alarm.id)) {
      this.#keep(released(other, observation.key), nowMs);
    }
  }

  #keep(alarm: AlarmRecord, nowMs: number): void {
    this.#book.put(alarm);
    const known = this.alarms.get(alarm.id);
    const rank = { info: 0, warning: 1, critical: 2 };
    if (known === undefined || rank[alarm.severity] > rank[known.worst]) {
      this.alarms.set(alarm.id, { alarm, worst: alarm.severity, worstMs: nowMs });
    } else known.alarm = alarm;
  }

  nameOf(num: number | null): string | null {
    return num === null ? null : this.#byNum[num - 1].name;
  }
}
