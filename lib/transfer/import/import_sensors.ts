/** The sensors that an import stores under: those there are, and new ones. */
import type { Database } from "../../db/client.ts";
import { levelsOf, type Sensor } from "../../machines/sensor.ts";
import { DEFAULT_SETTINGS } from "../../machines/sensor_settings.ts";
import { insertState } from "../../machines/store.ts";
import type { Registry } from "../../machines/registry.ts";
import { OTHER_TEXT } from "../../machines/words.ts";
import type { SensorKind } from "../../readings/reading.ts";

/** Different texts that are kept of one sensor, as of what it reports. */
export const TEXTS_MOST = 1_000;

export interface ImportSensors {
  /** By its full name, also the one that it had before its machine was moved; deleted ones too. */
  existing(name: string): Sensor | undefined;
  /** Makes a sensor, and its machine where there is none. It is confirmed: somebody chose it. */
  create(sensor: { name: string; unit: string | null; kind: SensorKind }): Promise<Sensor>;
  /** The codes of texts of a sensor; new ones are written down before they are used. */
  codesOf(sensor: Sensor, texts: readonly string[]): Promise<Float64Array>;
}

export function createImportSensors(
  { db, registry }: {
    db: Pick<Database, "write">;
    registry: Pick<Registry, "machines" | "changes">;
  },
): ImportSensors {
  const { changes, machines } = registry;
  return {
    existing(name) {
      const { machine, sensor } = levelsOf(name);
      const moved = machines.former(machine);
      return changes.named(name) ??
        (moved === undefined ? undefined : changes.named(`${moved.path}/${sensor}`));
    },
    async create(given) {
      const { sensor, statements } = changes.add({ ...given, settings: { ...DEFAULT_SETTINGS } });
      try {
        await db.write(statements);
      } catch (error) {
        changes.owe(statements);
        throw error;
      } finally {
        changes.show([sensor]);
      }
      return sensor;
    },
    async codesOf(sensor, texts) {
      const { states } = sensor;
      const codes = new Map(states.slice(0, TEXTS_MOST).map((text, code) => [text, code]));
      const from = states.length;
      const result = Float64Array.from(texts, (text) => {
        const known = codes.get(text);
        if (known !== undefined) return known;
        if (states.length > TEXTS_MOST) return TEXTS_MOST;
        const code = states.push(states.length < TEXTS_MOST ? text : OTHER_TEXT) - 1;
        if (code < TEXTS_MOST) codes.set(text, code);
        return code;
      });
      const statements = states.slice(from).map((text, i) =>
        insertState(sensor.num, from + i, text)
      );
      try {
        if (statements.length > 0) await db.write(statements);
      } catch (error) {
        changes.owe(statements);
        throw error;
      }
      return result;
    },
  };
}
