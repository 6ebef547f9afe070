import type { SqlStatement } from "../db/client.ts";
import type { Draft } from "../readings/reading.ts";
import type { OtherUnit, Resolved, Sensor, SensorNews } from "./sensor.ts";
import { calibrated } from "./sensor_settings.ts";
import { deviceUnitsStatement } from "./store.ts";
import { type Conversion, conversion, converted, sameUnit } from "./units.ts";

/*
 * A unit that changes. Readings in a unit that is not the sensor's own never come under it: until somebody has
 * chosen they are kept apart, in a sensor of their own named after the unit (`temp (°F)`).
 */

export interface UnitWatch {
  /** The reading of a unit other than the sensor's; null when it is none and the reading is the sensor's own. */
  take(sensor: Sensor, draft: Draft): Resolved | null;
}

export function createUnitWatch(deps: {
  nowMs: () => number;
  write: (statement: SqlStatement) => void;
  publish: (news: SensorNews) => void;
  resolve: (draft: Draft) => Resolved;
  /** The name of a sensor by its id. */
  nameOf: (id: string) => string | undefined;
}): UnitWatch {
  /** Keeps the first unit that a device reports; null when it contradicts what the sensor has so far. */
  function firstUnit(sensor: Sensor, unit: string): boolean {
    const { settings: { scale, offset } } = sensor;
    // Whoever calibrates a sensor may show it in another unit than its device has.
    const shownAnew = scale !== 1 || offset !== 0;
    if (sensor.unit !== null && !shownAnew && !sameUnit(sensor.unit, unit)) {
      if (conversion(unit, sensor.unit) !== null) return false;
    }
    sensor.deviceUnit = unit;
    // A unit that was guessed from the name gives way.
    const guessed = sensor.review === "new" && !shownAnew;
    if (sensor.unit === null || (guessed && !sameUnit(sensor.unit, unit))) sensor.unit = unit;
    deps.write(deviceUnitsStatement(sensor));
    return true;
  }

  function otherOf(sensor: Sensor, unit: string): OtherUnit {
    const known = sensor.otherUnits.find((other) => sameUnit(other.unit, unit));
    if (known !== undefined) return known;
    const other: OtherUnit = { unit, sinceMs: deps.nowMs(), choice: "asked", sensor: null };
    sensor.otherUnits = [...sensor.otherUnits, other];
    deps.write(deviceUnitsStatement(sensor));
    deps.publish({ what: "unit_changed", sensor, unit, before: ownUnit(sensor)! });
    return other;
  }

  return {
    take(sensor, draft) {
      const unit = draft.unit!;
      if (sensor.deviceUnit === null && firstUnit(sensor, unit)) return null;
      const own = ownUnit(sensor);
      if (own === null || sameUnit(own, unit)) return null;
      if (sensor.otherUnits.length >= OTHERS_MOST && !isKnown(sensor, unit)) return tooMany(sensor);
      const other = otherOf(sensor, unit);
      const into = other.choice === "convert" ? conversion(other.unit, own) : null;
      if (into !== null) return convertedReading(sensor, draft, into);
      const kept = other.sensor === null ? undefined : deps.nameOf(other.sensor);
      const name = kept ?? apartName(sensor.name, other.unit);
      const resolved = deps.resolve({ ...draft, sensor: name });
      if (resolved.ok && other.sensor !== resolved.sensor.id) {
        other.sensor = resolved.sensor.id;
        deps.write(deviceUnitsStatement(sensor));
      }
      return resolved;
    },
  };
}

/** A device has a handful of units; what sends more sends something else in their place. */
const OTHERS_MOST = 8;
const LEVEL_CHARS_MOST = 128;

function isKnown(sensor: Sensor, unit: string): boolean {
  return sensor.otherUnits.some((other) => sameUnit(other.unit, unit));
}

function tooMany({ name, otherUnits }: Sensor): Resolved {
  const units = otherUnits.map(({ unit }) => unit).join(", ");
  return {
    ok: false,
    code: "bad_value",
    message: `${name} has reported ${otherUnits.length} other units already (${units})`,
  };
}

function convertedReading(sensor: Sensor, { value }: Draft, into: Conversion): Resolved {
  const stored = calibrated(sensor.settings, converted(into, value as number));
  if (Number.isFinite(stored)) return { ok: true, sensor, value: stored };
  return {
    ok: false,
    code: "bad_value",
    message: `${sensor.name}: ${value} is too large to be converted`,
  };
}

/** The unit in which a sensor's device reports, as far as it is known. */
export function ownUnit({ deviceUnit, unit }: Pick<Sensor, "deviceUnit" | "unit">): string | null {
  return deviceUnit ?? unit;
}

/** The name under which readings of another unit are kept apart. */
export function apartName(name: string, unit: string): string {
  const cut = name.lastIndexOf("/") + 1;
  const tail = ` (${unit.replace(/[/+#]/g, "_")})`;
  return name.slice(0, cut) + name.slice(cut, cut + LEVEL_CHARS_MOST - tail.length) + tail;
}
