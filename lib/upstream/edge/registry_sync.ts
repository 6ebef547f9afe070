import { nameId } from "../../base/ids.ts";
import type { MachineDirectory, SensorDirectory } from "../../machines/sensor.ts";
import { DEFAULT_SETTINGS, SETTING_NAMES } from "../../machines/sensor_settings.ts";
import { type Forward, SENSORS_MOST, type SentMachine, type SentSensor } from "../wire.ts";

/** Which machines and sensors the centre is told of: what it does not have yet, in parts. */
export interface RegistrySync {
  /** What to send next, where the centre has `version`; null: it has everything. */
  next(version: string | null): NonNullable<Forward["registry"]> | null;
  /** The centre has what `next` gave last. */
  taken(): void;
  /** Something changed: it is looked at again. */
  changed(): void;
}

const LOOK_MS = 60_000;

export function createRegistrySync(
  { sensors, machines, monotonic }: {
    sensors: Pick<SensorDirectory, "all">;
    machines: Pick<MachineDirectory, "all">;
    monotonic: () => number;
  },
): RegistrySync {
  /** What the centre has, by path and by id of the sensor. */
  let had = new Map<string, string>();
  let hasAll: string | null = null;
  let offered: { entries: [string, string][]; version: string | null } = {
    entries: [],
    version: null,
  };
  let now = looked();
  let lookedMs = monotonic();
  let isDirty = false;

  function looked() {
    const of = new Map<string, { text: string; sent: SentMachine | SentSensor }>();
    for (const { path, formerPaths, name, tags, notes } of machines.all()) {
      const sent: SentMachine = { path, was: formerPaths.slice(-50), name, tags, notes };
      of.set(`m${path}`, { text: JSON.stringify(sent), sent });
    }
    for (const { id, name, unit, kind, settings } of sensors.all()) {
      const own = SETTING_NAMES.filter((key) => settings[key] !== DEFAULT_SETTINGS[key]);
      const sent: SentSensor = {
        ...{ id, name, unit, kind },
        settings: Object.fromEntries(own.map((key) => [key, settings[key]])),
      };
      of.set(`s${id}`, { text: JSON.stringify(sent), sent });
    }
    return { of, version: nameId([...of.values()].map(({ text }) => text).join("\n"), 24) };
  }

  function look(): void {
    const old = monotonic() - lookedMs > LOOK_MS;
    const more = sensors.all().length + machines.all().length !== now.of.size;
    if (!isDirty && !old && !more) return;
    now = looked();
    lookedMs = monotonic();
    isDirty = false;
  }

  return {
    next(version) {
      look();
      if (version === now.version) return null;
      // It is not what was sent last: perhaps from before a start of this Perch, or of a backup.
      if (version !== hasAll) had = new Map();
      const missing = [...now.of].filter(([key, { text }]) => had.get(key) !== text);
      const part = missing.slice(0, SENSORS_MOST);
      const isAll = part.length === missing.length;
      offered = {
        entries: part.map(([key, { text }]) => [key, text]),
        version: isAll ? now.version : version,
      };
      return {
        version: isAll ? now.version : null,
        machines: part.flatMap(([key, { sent }]) => key[0] === "m" ? [sent as SentMachine] : []),
        sensors: part.flatMap(([key, { sent }]) => key[0] === "s" ? [sent as SentSensor] : []),
      };
    },
    taken() {
      for (const [key, one] of offered.entries) had.set(key, one);
      hasAll = offered.version;
    },
    changed() {
      isDirty = true;
    },
  };
}
