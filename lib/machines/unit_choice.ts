/** What a person decides about a unit that changed. */
import { PerchError } from "../base/errors.ts";
import type { Database } from "../db/client.ts";
import type { AuditChange, Audited } from "../events/audit_change.ts";
import type { Registry } from "./registry.ts";
import type { OtherUnit, Sensor } from "./sensor.ts";
import type { SensorSettings } from "./sensor_settings.ts";
import { deviceUnitsStatement, sensorStatement } from "./store.ts";
import { apartName, ownUnit } from "./unit_change.ts";
import { type Conversion, conversion, converted, sameUnit } from "./units.ts";

export const UNIT_CHOICES = ["convert", "take", "new_sensor"] as const;
/**
 * `convert`: readings in the other unit are converted from now on. `take`: the sensor continues in the other unit;
 * what it reported so far stays in a sensor named after its unit. `new_sensor`: the other unit keeps its own.
 */
export type UnitChoice = typeof UNIT_CHOICES[number];

export interface UnitChoices {
  /** The sensor that has the name afterwards. @throws `not_found`, `validation`, `conflict` */
  chooseUnit(idOrName: string, unit: string, choice: UnitChoice, audited: Audited): Promise<Sensor>;
}

export function createUnitChoices(deps: {
  db: Database;
  registry: Registry;
  sensorAt: (idOrName: string) => Sensor;
  exclusive: <T>(run: () => Promise<T>) => Promise<T>;
  onSensor?: (sensor: Sensor) => void;
}): UnitChoices {
  const { db, registry, exclusive } = deps;

  function otherAt(sensor: Sensor, unit: string): OtherUnit {
    const other = sensor.otherUnits.find((one) => sameUnit(one.unit, unit));
    if (other !== undefined) return other;
    const units = sensor.otherUnits.map((one) => one.unit).join(", ");
    const message = units === ""
      ? `${sensor.name} has reported no other unit`
      : `${sensor.name} has not reported "${unit}"; it has reported ${units}`;
    throw new PerchError("validation", `unit: ${message}`, { errors: [{ path: "unit", message }] });
  }

  async function put(changed: [Sensor, Partial<Sensor>][], change: AuditChange, audited: Audited) {
    await db.write([
      ...changed.flatMap(([sensor, to]) => {
        const next = { ...sensor, ...to };
        return [sensorStatement(next), deviceUnitsStatement(next)];
      }),
      audited(change),
    ]);
    for (const [sensor, to] of changed) {
      registry.changes.changed(sensor, to);
      deps.onSensor?.(sensor);
    }
  }

  async function setChoice(
    sensor: Sensor,
    other: OtherUnit,
    choice: "convert" | "apart",
    audited: Audited,
  ) {
    const otherUnits = sensor.otherUnits.map((one) => one === other ? { ...one, choice } : one);
    const kept = other.sensor === null ? undefined : registry.find(other.sensor);
    const confirmed: [Sensor, Partial<Sensor>][] = choice === "apart" && kept?.review === "new"
      ? [[kept, { review: "confirmed" }]]
      : [];
    const change = {
      action: "sensor.unit",
      resource: `sensor:${sensor.id}`,
      after: { unit: other.unit, choice: choice === "apart" ? "new_sensor" : choice },
    };
    await put([[sensor, { otherUnits }], ...confirmed], change, audited);
    return sensor;
  }

  async function takeUnit(sensor: Sensor, other: OtherUnit, audited: Audited): Promise<Sensor> {
    const next = other.sensor === null ? undefined : registry.find(other.sensor);
    const before = ownUnit(sensor);
    if (next === undefined || before === null) {
      throw new PerchError(
        "conflict",
        `there is no reading of ${sensor.name} in ${other.unit} yet`,
      );
    }
    const name = sensor.name;
    const oldName = apartName(name, before);
    const taken = registry.changes.named(oldName);
    if (taken !== undefined && taken !== next) {
      throw new PerchError("conflict", `the sensor ${oldName} exists already`);
    }
    const into = conversion(before, other.unit);
    const { display_name } = sensor.settings;
    const oldTo: Partial<Sensor> = {
      name: oldName,
      otherUnits: [],
      settings: {
        ...sensor.settings,
        display_name: display_name === null ? null : `${display_name} (${before})`.slice(0, 80),
      },
    };
    const nextTo: Partial<Sensor> = {
      name,
      review: "confirmed",
      settings: settingsIn(sensor.settings, next.settings, into),
      otherUnits: [
        ...sensor.otherUnits.filter((one) => one !== other),
        { unit: before, sinceMs: other.sinceMs, choice: "apart", sensor: sensor.id },
      ],
    };
    await put([[sensor, oldTo], [next, nextTo]], {
      action: "sensor.unit",
      resource: `sensor:${next.id}`,
      before: { unit: before, sensor: sensor.id },
      after: { unit: other.unit, choice: "take", kept: oldName },
    }, audited);
    return next;
  }

  return {
    chooseUnit: (idOrName, unit, choice, audited) =>
      exclusive(async () => {
        const sensor = deps.sensorAt(idOrName);
        const other = otherAt(sensor, unit);
        if (choice === "take") return await takeUnit(sensor, other, audited);
        if (choice === "new_sensor") return await setChoice(sensor, other, "apart", audited);
        const own = ownUnit(sensor);
        if (own !== null && conversion(other.unit, own) !== null) {
          return await setChoice(sensor, other, "convert", audited);
        }
        const message = `${other.unit} cannot be converted into ${own}`;
        throw new PerchError("validation", `choice: ${message}`, {
          errors: [{ path: "choice", message }],
        });
      }),
  };
}

const LEVELS = ["warning_low", "warning_high", "critical_low", "critical_high"] as const;

/**
 * What a person set of the sensor, for its readings in another unit: limits are converted, and left out where
 * that cannot be done.
 */
function settingsIn(
  before: SensorSettings,
  now: SensorSettings,
  into: Conversion | null,
): SensorSettings {
  const { display_name, expected_interval_ms, delay_ms, hysteresis, max_per_minute } = before;
  const settings = { ...now, display_name, expected_interval_ms };
  if (into === null) return settings;
  const difference = { factor: into.factor, offset: 0 };
  for (const level of LEVELS) {
    const limit = before[level];
    settings[level] = limit === null ? null : converted(into, limit);
  }
  return {
    ...settings,
    delay_ms,
    hysteresis: converted(difference, hysteresis),
    max_per_minute: max_per_minute === null ? null : converted(difference, max_per_minute),
  };
}
