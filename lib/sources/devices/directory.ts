import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { EventDraft } from "../../events/event.ts";
import type { SqlStatement } from "../../db/client.ts";
import { DAY_MS } from "../../words/times.ts";
import { guessUnit } from "../../machines/guess.ts";
import type { Registry } from "../../machines/registry.ts";
import { levelsOf, type Sensor } from "../../machines/sensor.ts";
import { DEFAULT_SETTINGS, type SensorSettings } from "../../machines/sensor_settings.ts";
import {
  deviceUnitsStatement,
  putMachineStatement,
  sensorStatement,
} from "../../machines/store.ts";
import { isGuessed } from "../../machines/shown_unit.ts";
import { sameUnit } from "../../machines/units.ts";
import { title } from "../../words/names.ts";
import type { AnnouncedDevice, AnnouncedEntity, DeviceDialect, DeviceDirectory } from "./device.ts";
import {
  deviceOf,
  deviceRow,
  entityOf,
  entityRow,
  isOn,
  isSame,
  type KnownDevice,
  type KnownEntity,
  unsaid,
} from "./known.ts";
import { machinePath, sensorPath } from "./naming.ts";
import { type DeviceRows, putDevice, putEntity } from "./store.ts";

/*
 * DESIGN
 * Dialects announce while a message is decoded, so between two turns of the event loop: what is announced is in memory
 * at once, its rows are owed to the registry and go into the transaction of that message. A sensor is found by the
 * unique id of its entity; its name is made from the names that the device gave, once, and is a person's afterwards.
 */

export const DEVICES_MOST = 5_000;
export const ENTITIES_MOST = 20_000;
/** Of one announcement as JSON. */
const ANNOUNCED_CHARS_MOST = 64_000;
/** Different notes that are counted. */
const NOTES_MOST = 200;
/** Pairs that are remembered as reported. */
const CLASHES_MOST = 500;
/** Further pairs are counted, as a copied firmware or a flood could make any number of them. */
const CLASHES_PER_DAY = 10;
/** Offline after so many expected intervals (lib/live/recent.ts). */
const SILENT_INTERVALS = 3;

export interface DirectoryDeps {
  clock: Pick<Clock, "now">;
  log: Log;
  registry: Registry;
  rows: DeviceRows;
  /** False on closed sites: what announces itself is not taken. */
  takesNew: () => boolean;
  event: (draft: EventDraft) => SqlStatement;
  /** Something that is shown of a sensor changed. */
  onSensor?: (sensor: Sensor) => void;
}

/** The directory as the rest of Perch sees it. */
export interface Devices extends DeviceDirectory {
  all(): readonly KnownDevice[];
  entity(uid: string): KnownEntity | undefined;
  /** The entity whose sensor it is, retired ones too. */
  ofSensor(num: number): KnownEntity | undefined;
  /** The devices whose machine it is. */
  ofMachine(id: string): readonly KnownDevice[];
  /** The sensor's device said that it cannot be reached, or that this entity cannot. */
  isUnavailable(num: number): boolean;
  /**
   * `offline`: the sensor's device said that it cannot be reached, or that this entity cannot. `normal`: it announced
   * itself and has reported nothing yet, as is right for many. Null: how long it is silent decides.
   */
  said(sensor: Pick<Sensor, "num" | "last">): "offline" | "normal" | null;
  /** Gives a dialect what it announced before the start. */
  restore(dialect: DeviceDialect): void;
  /** What has to be written for an entity to be switched on or off, whatever its device says. */
  switchedRow(entity: KnownEntity, on: boolean): SqlStatement;
  /** That is written. The rows of a sensor that it gets go with the next message. */
  switched(entity: KnownEntity, on: boolean): void;
  /** What was counted, by dialect. */
  notes(dialect: string): ReadonlyMap<string, number>;
  /** An entity came, changed or was taken back. */
  onEntity(listener: (entity: KnownEntity) => void): void;
  onTopics(listener: () => void): void;
}

/** Creates the directory from what was announced before. */
export function createDeviceDirectory(deps: DirectoryDeps): Devices {
  const { clock, registry } = deps;
  const { changes } = registry;
  const devices = new Map<string, KnownDevice>();
  const entities = new Map<string, KnownEntity>();
  const bySensor = new Map<number, KnownEntity>();
  const byMachine = new Map<string, KnownDevice[]>();
  const notes = new Map<string, Map<string, number>>();
  const clashes = new Set<string>();
  let [clashDay, clashesToday] = [0, 0];
  const entityListeners = new Set<(entity: KnownEntity) => void>();
  const topicListeners = new Set<() => void>();
  load();

  function load(): void {
    for (const row of deps.rows.devices) putKnown(deviceOf(row));
    for (const row of deps.rows.entities) {
      const device = devices.get(row.deviceUid);
      if (device !== undefined) keep(entityOf(device, row));
    }
  }

  function putKnown(device: KnownDevice): void {
    devices.set(device.about.uid, device);
    byMachine.set(device.machineId, [...byMachine.get(device.machineId) ?? [], device]);
  }

  function keep(entity: KnownEntity): void {
    const { uid } = entity.announced;
    entities.set(uid, entity);
    entity.device.entities.set(uid, entity);
    if (entity.sensorNum !== null) bySensor.set(entity.sensorNum, entity);
  }

  function announce(
    dialect: string,
    about: AnnouncedDevice,
    announced: readonly AnnouncedEntity[],
  ): void {
    const device = deviceFor(dialect, about, placeOf(announced));
    if (device === null) return;
    for (const entity of announced) announceEntity(dialect, device, entity);
  }

  /** The device as it is known, made or brought up to date; null: it is not taken. */
  function deviceFor(
    dialect: string,
    about: AnnouncedDevice,
    place: string | null,
  ): KnownDevice | null {
    const known = devices.get(about.uid);
    if (known === undefined) return newDevice(dialect, about, place);
    const machine = registry.machines.find(known.machineId);
    if (machine === undefined) {
      // It was deleted long ago; the device is there again.
      moveTo(known, changes.machineAt(freePath(about)).id);
      changes.owe([putDevice(deviceRow(known))]);
    }
    if (known.dialect !== dialect || isSame(known.about, about)) return known;
    if (machine !== undefined && about.name !== known.about.name) {
      rename(known, about.name);
    }
    known.about = about;
    changes.owe([putDevice(deviceRow(known))]);
    return known;
  }

  function newDevice(
    dialect: string,
    about: AnnouncedDevice,
    place: string | null,
  ): KnownDevice | null {
    if (!takes(dialect, about)) return null;
    if (devices.size >= DEVICES_MOST) {
      note(dialect, `more than ${DEVICES_MOST} devices: one was not taken`);
      return null;
    }
    const machine = changes.machineAt(place ?? freePath(about));
    const device: KnownDevice = {
      ...{ about, dialect, machineId: machine.id, createdMs: clock.now() },
      ...{ entities: new Map(), reach: unsaid() },
    };
    putKnown(device);
    changes.owe([putDevice(deviceRow(device))]);
    return device;
  }

  function takes(dialect: string, announced: object): boolean {
    if (!deps.takesNew()) {
      note(dialect, "not taken: this site accepts registered sensors only");
      return false;
    }
    if (JSON.stringify(announced).length <= ANNOUNCED_CHARS_MOST) return true;
    note(dialect, `not taken: an announcement of more than ${ANNOUNCED_CHARS_MOST} characters`);
    return false;
  }

  const freePath = (about: AnnouncedDevice) =>
    machinePath(about, (path) => registry.machines.find(path) !== undefined);

  function moveTo(device: KnownDevice, machineId: string): void {
    const left = byMachine.get(device.machineId)?.filter((one) => one !== device) ?? [];
    byMachine.set(device.machineId, left);
    device.machineId = machineId;
    putKnown(device);
  }

  /** What is shown follows the device's name unless a person gave another. */
  function rename({ machineId, about }: KnownDevice, name: string): void {
    const machine = registry.machines.find(machineId);
    if (machine === undefined || machine.deletedMs !== null) return;
    if (machine.name !== null && machine.name !== shownName(about.name)) return;
    const renamed = { ...machine, name: shownName(name) };
    changes.putMachine(renamed);
    changes.owe([putMachineStatement(renamed)]);
  }

  function announceEntity(
    dialect: string,
    device: KnownDevice,
    announced: AnnouncedEntity,
  ): void {
    const known = entities.get(announced.uid);
    if (known === undefined) {
      newEntity(dialect, device, announced);
      return;
    }
    if (known.device !== device) {
      if (known.retiredMs === null) {
        clash(announced.uid, known.device.about.name, device.about.name);
        return;
      }
      known.device.entities.delete(announced.uid);
      known.device = device;
      device.entities.set(announced.uid, known);
    } else if (
      known.retiredMs === null && isSame(known.announced, announced) && hasSensor(known)
    ) return;
    if (!fits(dialect, announced)) return;
    const before = known.announced;
    known.dialect = dialect;
    known.announced = announced;
    known.retiredMs = null;
    follow(known, before);
    giveSensor(known);
    changed(known);
  }

  function newEntity(dialect: string, device: KnownDevice, announced: AnnouncedEntity): void {
    if (!takes(dialect, announced)) return;
    if (entities.size >= ENTITIES_MOST) {
      note(dialect, `more than ${ENTITIES_MOST} sensors: one was not taken`);
      return;
    }
    const entity: KnownEntity = {
      ...{ announced, dialect, device, sensorNum: null, retiredMs: null, switched: null },
      reach: unsaid(),
    };
    keep(entity);
    giveSensor(entity);
    changed(entity);
  }

  function fits(dialect: string, announced: object): boolean {
    if (JSON.stringify(announced).length <= ANNOUNCED_CHARS_MOST) return true;
    note(dialect, `not taken: an announcement of more than ${ANNOUNCED_CHARS_MOST} characters`);
    return false;
  }

  /** Whether an entity has the sensor that it should have: not one that was deleted for good. */
  function hasSensor(entity: KnownEntity): boolean {
    if (entity.announced.kind === null || !isOn(entity)) return true;
    return entity.sensorNum !== null && registry.byNum(entity.sensorNum) !== undefined;
  }

  /** Makes its sensor where it has none and should have one. */
  function giveSensor(entity: KnownEntity): void {
    const { announced, device } = entity;
    if (announced.sensor !== undefined) return void (hasSensor(entity) || describe(entity));
    const machine = registry.machines.find(device.machineId);
    if (hasSensor(entity) || machine === undefined || machine.deletedMs !== null) return;
    const name = sensorPath(
      machine.path,
      announced,
      device.about,
      (path) => changes.named(path) !== undefined,
    );
    const guess = announced.kind === "number" ? guessUnit(name.slice(machine.path.length)) : null;
    const sensor = changes.announce({
      name,
      kind: announced.kind!,
      unit: announced.unit ?? guess,
      deviceUnit: announced.unit ?? null,
      settings: { ...DEFAULT_SETTINGS, ...saidSettings(announced) },
    });
    entity.sensorNum = sensor.num;
    bySensor.set(sensor.num, entity);
  }

  /** The sensor that a plain dialect keeps is described by what its device says; it is made where it is not there. */
  function describe(entity: KnownEntity): void {
    const { announced, device } = entity;
    const name = announced.sensor!;
    const known = changes.named(name);
    if (known !== undefined && (known.deletedMs !== null || bySensor.has(known.num))) {
      note(device.dialect, `${name} is described already, or was deleted`);
      return;
    }
    const shown = shownName(announced.name);
    const said = {
      ...saidSettings(announced),
      ...(shown === null || shown === title(levelsOf(name).sensor) ? {} : { display_name: shown }),
    };
    const sensor = known ?? changes.announce({
      name,
      kind: announced.kind!,
      unit: announced.unit ?? null,
      deviceUnit: announced.unit ?? null,
      settings: { ...DEFAULT_SETTINGS, ...said },
    });
    entity.sensorNum = sensor.num;
    bySensor.set(sensor.num, entity);
    if (known === undefined) return;
    const to = describedAs(known, announced.unit, said);
    changes.changed(known, to);
    changes.owe([sensorStatement(known), deviceUnitsStatement(known)]);
    deps.onSensor?.(known);
  }

  /** Settings of a sensor follow what its device says of it, unless a person has changed them. */
  function follow(entity: KnownEntity, before: AnnouncedEntity): void {
    const sensor = sensorOfEntity(entity);
    if (sensor === undefined) return;
    const [was, is] = [saidSettings(before), saidSettings(entity.announced)];
    const settings: SensorSettings = { ...sensor.settings };
    for (const key of ["decimals", "expected_interval_ms"] as const) {
      if (settings[key] === (was[key] ?? null)) settings[key] = is[key] ?? null;
    }
    const [named, name] = [before.name, entity.announced.name].map(shownName);
    if (name !== named && (settings.display_name ?? named) === named) settings.display_name = name;
    if (isSame(settings, sensor.settings)) return;
    changes.changed(sensor, { settings });
    changes.owe([sensorStatement(sensor)]);
    deps.onSensor?.(sensor);
  }

  function changed(entity: KnownEntity): void {
    changes.owe([putEntity(entityRow(entity))]);
    for (const listener of entityListeners) listener(entity);
  }

  function sensorOfEntity({ sensorNum }: KnownEntity): Sensor | undefined {
    return sensorNum === null ? undefined : registry.byNum(sensorNum);
  }

  function clash(entityUid: string, first: string, second: string): void {
    const known = entities.get(entityUid);
    if (known === undefined) return;
    const { dialect } = known.device;
    note(dialect, "two devices with one unique id");
    const key = JSON.stringify([entityUid, first, second]);
    if (clashes.has(key)) return;
    if (clashes.size >= CLASHES_MOST) clashes.clear();
    clashes.add(key);
    const day = Math.floor(clock.now() / DAY_MS);
    if (day !== clashDay) [clashDay, clashesToday] = [day, 0];
    if (++clashesToday > CLASHES_PER_DAY) return;
    const id = entityUid.slice(0, 80);
    changes.owe([deps.event({
      type: "device.clash",
      severity: "warning",
      subject: `machine:${known.device.machineId}`,
      tMs: clock.now(),
      actor: null,
      text: `${first.slice(0, 80)} and ${second.slice(0, 80)} both say that they are ${id}; ` +
        `readings of ${
          first.slice(0, 80)
        } are kept, those of the other are not until one of them has another id`,
      body: { uid: id, first: first.slice(0, 200), second: second.slice(0, 200) },
      route: true,
    })]);
  }

  function note(dialect: string, what: string): void {
    let counts = notes.get(dialect);
    if (counts === undefined) notes.set(dialect, counts = new Map());
    const key = counts.has(what) || counts.size < NOTES_MOST ? what : "more";
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }

  function isUnavailable(num: number): boolean {
    const entity = bySensor.get(num);
    return entity !== undefined && entity.retiredMs === null &&
      (entity.reach.available === false || entity.device.reach.available === false);
  }

  function setAvailable(uid: string, available: boolean): void {
    const reach = (devices.get(uid) ?? entities.get(uid))?.reach;
    if (reach === undefined || reach.available === available) return;
    reach.available = available;
    reach.sinceMs = clock.now();
  }

  return {
    announce,
    retire(uid) {
      const known = entities.get(uid);
      if (known === undefined || known.retiredMs !== null) return;
      known.retiredMs = clock.now();
      changed(known);
    },
    sensorOf(uid) {
      const known = entities.get(uid);
      if (known === undefined || known.retiredMs !== null || !isOn(known)) return null;
      const sensor = sensorOfEntity(known);
      return sensor === undefined || sensor.deletedMs !== null ? null : sensor.name;
    },
    setAvailable,
    clash,
    note,
    topicsChanged: () => topicListeners.forEach((listener) => listener()),
    all: () => [...devices.values()],
    entity: (uid) => entities.get(uid),
    ofSensor: (num) => bySensor.get(num),
    ofMachine: (id) => byMachine.get(id) ?? [],
    isUnavailable,
    said({ num, last }) {
      if (isUnavailable(num)) return "offline";
      return last === null && bySensor.get(num)?.retiredMs === null ? "normal" : null;
    },
    restore(dialect) {
      for (const device of devices.values()) {
        const present = [...device.entities.values()].filter((one) =>
          one.dialect === dialect.name && one.retiredMs === null
        );
        if (present.length === 0 && device.dialect !== dialect.name) continue;
        dialect.restore?.(device.about, present.map(({ announced }) => announced));
      }
    },
    switchedRow: (entity, on) => putEntity(entityRow({ ...entity, switched: on })),
    switched(entity, on) {
      entity.switched = on;
      giveSensor(entity);
      changed(entity);
    },
    notes: (dialect) => notes.get(dialect) ?? new Map(),
    onEntity: (listener) => void entityListeners.add(listener),
    onTopics: (listener) => void topicListeners.add(listener),
  };
}

/** The machine of the sensors that an announcement describes; null: it describes none. */
function placeOf(announced: readonly AnnouncedEntity[]): string | null {
  const described = announced.find(({ sensor }) => sensor !== undefined)?.sensor;
  return described === undefined ? null : levelsOf(described).machine;
}

/** What a sensor that is there takes from its announcement: what nobody has said yet. */
function describedAs(
  sensor: Sensor,
  unit: string | undefined,
  said: Partial<SensorSettings>,
): Partial<Sensor> {
  const settings: SensorSettings = { ...sensor.settings };
  for (const key of ["decimals", "expected_interval_ms", "display_name"] as const) {
    if (settings[key] === null && said[key] !== undefined) {
      Object.assign(settings, { [key]: said[key] });
    }
  }
  if (unit === undefined || sensor.deviceUnit !== null) return { settings };
  const open = sensor.unit === null || isGuessed(sensor);
  const same = sensor.unit !== null && sameUnit(sensor.unit, unit);
  return {
    settings,
    ...(open && !same ? { unit } : {}),
    ...(open || same ? { deviceUnit: unit } : {}),
  };
}

/** Settings of a sensor that its device says. */
function saidSettings(
  { decimals, expireAfterMs }: AnnouncedEntity,
): Partial<Pick<SensorSettings, "decimals" | "expected_interval_ms">> {
  const whole = decimals !== undefined && Number.isInteger(decimals) && decimals >= 0 &&
    decimals <= 9;
  const expires = expireAfterMs !== undefined && expireAfterMs > 0;
  const intervalMs = expires ? Math.round(expireAfterMs / SILENT_INTERVALS) : 0;
  return {
    ...(whole ? { decimals } : {}),
    ...(expires
      ? { expected_interval_ms: Math.min(Math.max(10, intervalMs), 30 * 86_400_000) }
      : {}),
  };
}

/** As the settings of machines and sensors allow a name. */
function shownName(name: string | null): string | null {
  return name?.trim().slice(0, 80).trim() || null;
}
