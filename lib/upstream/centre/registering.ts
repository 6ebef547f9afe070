import { messageOf, PerchError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { SqlStatement, Write } from "../../db/client.ts";
import type { Audited } from "../../events/audit_change.ts";
import { nameFault } from "../../machines/names.ts";
import type { Registry } from "../../machines/registry.ts";
import type { Sensor } from "../../machines/sensor.ts";
import type { SensorPatch } from "../../machines/sensor_service.ts";
import {
  DEFAULT_SETTINGS,
  type SensorSettings,
  sensorSettingsSchema,
} from "../../machines/sensor_settings.ts";
import type { MachinesService } from "../../machines/service.ts";
import type { SentMachine, SentSensor } from "../wire.ts";
import type { SiteStore } from "./site_store.ts";

/** What a site says of its sensors and is kept here. Calibration is done there. */
const KEPT: readonly (keyof SensorSettings)[] = [
  ...["display_name", "decimals", "display_unit", "expected_interval_ms"] as const,
  ...["warning_low", "warning_high", "critical_low", "critical_high"] as const,
  ...["hysteresis", "delay_ms"] as const,
];

export interface RegisteringDeps {
  registry: Pick<Registry, "find" | "changes" | "machines" | "byNum">;
  store: Pick<SiteStore, "sensors" | "putSensor">;
  machines: Pick<MachinesService, "patchMachine" | "patchSensor" | "addMachine">;
  write: Write;
  log: Log;
}

/** Machines and sensors of sites, below the level that is the site's. */
export interface Registering {
  /** The sensor of a name there; made where there is none. Null: it was deleted here. */
  sensor(site: string, name: string, value: number | string | null): Sensor | null;
  /** Brings what changed there. What cannot be taken over is logged; readings do not wait for it. */
  take(
    site: string,
    said: { machines: readonly SentMachine[]; sensors: readonly SentSensor[] },
    audited: Audited,
  ): Promise<void>;
}

export function createRegistering(
  { registry, machines, store, write, log }: RegisteringDeps,
): Registering {
  const { changes } = registry;

  /** Sensors that are new here, in one transaction. */
  async function addSensors(
    site: string,
    sensors: readonly SentSensor[],
    audited: Audited,
  ): Promise<void> {
    const statements: SqlStatement[] = [];
    const added: Sensor[] = [];
    for (const said of sensors) {
      const name = `${site}/${said.name}`;
      if (changes.named(name) !== undefined || nameFault(name) !== null) continue;
      const one = changes.add({
        ...{ name, unit: said.unit, kind: said.kind, deviceUnit: said.unit },
        settings: { ...DEFAULT_SETTINGS, ...kept(said) },
      });
      statements.push(...one.statements);
      added.push(one.sensor);
    }
    if (added.length === 0) return;
    try {
      await write([
        ...statements,
        audited({
          action: "site.sensors",
          resource: `site:${site}`,
          touches: [],
          after: { added: added.length },
        }),
      ]);
    } catch (error) {
      changes.owe(statements);
      throw error;
    } finally {
      changes.show(added);
    }
  }

  async function moveMachine(site: string, said: SentMachine, audited: Audited): Promise<void> {
    const path = `${site}/${said.path}`;
    if (registry.machines.find(path) !== undefined) return;
    const was = said.was.map((one) => registry.machines.find(`${site}/${one}`))
      .find((one) => one !== undefined && one.deletedMs === null);
    if (was !== undefined) await machines.patchMachine(was.id, { path }, audited);
  }

  async function takeMachine(site: string, said: SentMachine, audited: Audited): Promise<void> {
    const path = `${site}/${said.path}`;
    const { name, tags, notes } = said;
    const known = registry.machines.find(path);
    if (known === undefined) {
      return void await machines.addMachine({ path, name, tags, notes }, audited);
    }
    if (known.deletedMs !== null) return;
    const same = known.review === "confirmed" && known.name === name && known.notes === notes &&
      JSON.stringify(known.tags) === JSON.stringify(tags);
    if (same) return;
    await machines.patchMachine(known.id, { name, tags, notes, review: "confirmed" }, audited);
  }

  /** It has another name there than it has here. */
  async function renameSensor(
    site: string,
    said: SentSensor,
    num: number | undefined,
    audited: Audited,
  ): Promise<void> {
    const known = num === undefined ? undefined : registry.byNum(num);
    const name = `${site}/${said.name}`;
    if (known === undefined || known.deletedMs !== null || known.name === name) return;
    if (changes.named(name) === undefined) await machines.patchSensor(known.id, { name }, audited);
  }

  /** Which sensors here they are, for when they have other names. */
  async function remember(
    site: string,
    sensors: readonly SentSensor[],
    known: ReadonlyMap<string, number>,
  ): Promise<void> {
    const statements = sensors.flatMap(({ id, name }) => {
      const num = changes.named(`${site}/${name}`)?.num;
      return num === undefined || num === known.get(id) ? [] : [store.putSensor(site, id, num)];
    });
    if (statements.length > 0) await write(statements);
  }

  async function takeSensor(site: string, said: SentSensor, audited: Audited): Promise<void> {
    const sensor = changes.named(`${site}/${said.name}`);
    if (sensor === undefined || sensor.deletedMs !== null) return;
    const wanted: SensorPatch = {};
    if (sensor.unit !== said.unit) wanted.unit = said.unit;
    const settings = { ...DEFAULT_SETTINGS, ...kept(said) };
    for (const key of KEPT) {
      if (sensor.settings[key] !== settings[key]) Object.assign(wanted, { [key]: settings[key] });
    }
    if (Object.keys(wanted).length === 0) return;
    await machines.patchSensor(sensor.id, wanted, audited);
  }

  return {
    sensor(site, name, value) {
      const full = `${site}/${name}`;
      const known = changes.named(full);
      if (known !== undefined) return known.deletedMs === null ? known : null;
      if (nameFault(full) !== null) return null;
      const kind = typeof value === "string" ? "text" : "number";
      return changes.announce({ name: full, unit: null, kind, settings: { ...DEFAULT_SETTINGS } });
    },
    async take(site, { machines, sensors }, audited) {
      const each = async <T>(all: readonly T[], run: (one: T) => Promise<void>) => {
        for (const one of all) {
          await run(one).catch((error) => {
            if (isPassing(error)) throw error;
            log.warn("something of a site was not taken over as it is there", {
              site,
              one,
              error: messageOf(error),
            });
          });
        }
      };
      await each(machines, (one) => moveMachine(site, one, audited));
      const known = await store.sensors(site, sensors.map(({ id }) => id));
      await each(sensors, (one) => renameSensor(site, one, known.get(one.id), audited));
      await addSensors(site, sensors, audited);
      await remember(site, sensors, known);
      await each(machines, (one) => takeMachine(site, one, audited));
      await each(sensors, (one) => takeSensor(site, one, audited));
    },
  };
}

/** It is not what was said: the same will do later. */
const isPassing = (error: unknown) =>
  !(error instanceof PerchError) || error.code === "storage_failed" ||
  error.code === "storage_full";

/** What is taken over of a sensor's settings, as far as it is what this Perch knows. */
function kept({ settings }: SentSensor): Partial<SensorSettings> {
  const said = KEPT.filter((key) => key in settings).map((key) => [key, settings[key]]);
  return sensorSettingsSchema.partial().catch({}).parse(Object.fromEntries(said));
}
