/** What can be told on this site: what devices announced and what people set up, in memory. */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { parseFields } from "../base/field_words.ts";
import { nameId, randomId } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import { createTurns } from "../base/turns.ts";
import type { Database } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import { type OrderSpec, orderSpecShape } from "../machines/order.ts";
import type { MachineDirectory, Sensor, SensorDirectory } from "../machines/sensor.ts";
import type { AnnouncedTarget, AnnouncedTargets } from "./announced.ts";
import { settledCondition } from "./condition.ts";
import {
  type MqttWay,
  type NewTarget,
  OWN_WAY,
  type Target,
  type TargetPatch,
  type TargetSettings,
  targetSettingsShape,
} from "./target.ts";
import { createTargetStore, type TargetRow } from "./target_store.ts";

export interface Targets {
  load(): Promise<void>;
  /** By name of the machine, then by its own. */
  all(): readonly Target[];
  /** @throws `not_found` */
  find(id: string): Target;
  get(id: string): Target | null;
  /** What shows its state in this sensor. */
  ofSensor(sensorNum: number): readonly Target[];
  ofMachine(machineId: string): readonly Target[];
  /** @throws `validation`, `conflict` */
  add(given: NewTarget, audited: Audited): Promise<Target>;
  /** @throws `not_found`, `validation`, `conflict` */
  change(id: string, patch: TargetPatch, audited: Audited): Promise<Target>;
  /** One that a person set up; of an announced one what a person set is forgotten. @throws `not_found` */
  remove(id: string, audited: Audited): Promise<void>;
  onChange(listener: () => void): void;
}

export interface TargetsDeps {
  db: Database;
  clock: Clock;
  log: Log;
  sensors: SensorDirectory;
  machines: Pick<MachineDirectory, "find">;
  announced: AnnouncedTargets;
  /** The sensor or machine whose readings come under this topic; null: none come. */
  pathOfTopic(topic: string): string | null;
}

/** That a person may set up; devices announce as many as the directory holds. */
const MOST_OWN = 500;

export function createTargets(deps: TargetsDeps): Targets {
  const { db, clock, log, sensors, announced } = deps;
  const store = createTargetStore(db);
  const oneAtATime = createTurns();
  const rows = new Map<string, TargetRow>();
  const listeners: (() => void)[] = [];
  let known: Map<string, Target> | null = null;

  function changed(): void {
    known = null;
    listeners.forEach((listener) => listener());
  }
  announced.onChange(changed);

  /** All of them; worked out anew after a change. */
  function targets(): Map<string, Target> {
    if (known !== null) return known;
    const found: Target[] = [];
    for (const one of announced.all()) found.push(announcedTarget(one, rows.get(idOf(one.uid))));
    for (const row of rows.values()) {
      const target = row.entityUid === null ? ownTarget(row, log) : null;
      if (target !== null) found.push(target);
    }
    const place = new Map(
      found.map(({ machineId }) => [machineId, deps.machines.find(machineId)?.path ?? ""]),
    );
    const order = ({ machineId, name }: Target) => `${place.get(machineId)}\n${name}`;
    found.sort((a, b) => order(a) < order(b) ? -1 : 1);
    return known = new Map(found.map((target) => [target.id, target]));
  }

  function find(id: string): Target {
    const target = targets().get(id);
    if (target !== undefined) return target;
    throw new PerchError(
      "not_found",
      `there is nothing to command with the id "${id.slice(0, 80)}"`,
      {
        about: [`command_target:${id}`],
      },
    );
  }

  function settled(given: Partial<TargetSettings>, before: Partial<TargetSettings>) {
    const settings = parseFields(targetSettingsShape, { ...before, ...given }, "settings");
    if (settings.only_while !== null) {
      const found = sensors.find(settings.only_while.sensor);
      settings.only_while = settledCondition(settings.only_while, found, "settings.only_while");
    }
    if (settings.min !== null && settings.max !== null && settings.min > settings.max) {
      throw wrong("settings.min", `must not be above settings.max (${settings.max})`);
    }
    return settings;
  }

  /** An order that comes back as a reading would confirm itself. */
  function checkTopic(way: MqttWay, sensor: Sensor | null): void {
    const path = deps.pathOfTopic(way.topic);
    if (path === null || sensor === null) return;
    if (path !== sensor.name && path !== sensor.machine) return;
    throw wrong(
      "way.topic",
      `the readings of ${sensor.name} come under it, so that every order would confirm itself`,
    );
  }

  async function put(row: TargetRow, audited: Audited, action: string, before?: unknown) {
    const after = auditOf(row);
    const change = { action, resource: `command_target:${row.id}`, before, after };
    await db.write([store.put(row), audited(change)]);
    rows.set(row.id, row);
    changed();
    return find(row.id);
  }

  async function add(given: NewTarget, audited: Audited): Promise<Target> {
    const own = [...rows.values()].filter(({ entityUid }) => entityUid === null);
    if (own.length >= MOST_OWN) {
      throw new PerchError("conflict", `more than ${MOST_OWN} commands are not possible`);
    }
    const sensor = given.sensor === null ? null : sensors.find(given.sensor) ?? null;
    if (given.sensor !== null && sensor === null) {
      throw wrong("sensor", `there is no sensor "${given.sensor.slice(0, 200)}"`);
    }
    const at = sensor?.machine ?? given.machine;
    if (at === null) throw wrong("machine", "say which machine it is of, or which sensor shows it");
    const machine = deps.machines.find(at);
    if (machine === undefined || machine.deletedMs !== null) {
      throw wrong("machine", `there is no machine "${at.slice(0, 200)}"`);
    }
    const spec = specOf(given);
    checkKind(spec, sensor);
    checkTopic(given.way, sensor);
    return await put(
      {
        id: randomId(12),
        sensorNum: sensor?.num ?? null,
        entityUid: null,
        machineId: machine.id,
        name: given.name,
        spec,
        settings: settled(given.settings ?? {}, {}),
        createdMs: clock.now(),
      },
      audited,
      "command_target.create",
    );
  }

  async function change(id: string, patch: TargetPatch, audited: Audited): Promise<Target> {
    const before = find(id);
    const row: TargetRow = { ...before, spec: { ...before.spec } };
    // Empty: what its device calls it, now and later.
    if (before.entityUid !== null) row.name = rows.get(id)?.name ?? "";
    if (patch.name !== undefined && patch.name !== before.name) row.name = patch.name;
    if (patch.settings !== undefined) row.settings = settled(patch.settings, before.settings);
    if (patch.way !== undefined) {
      if (before.entityUid !== null) throw wrong("way", "its device says how it is told");
      const sensor = before.sensorNum === null ? null : sensors.byNum(before.sensorNum) ?? null;
      checkTopic(patch.way, sensor);
      row.spec = { ...before.spec, way: { dialect: OWN_WAY, to: patch.way } };
    }
    return await put(row, audited, "command_target.update", auditOf(before));
  }

  async function remove(id: string, audited: Audited): Promise<void> {
    const target = find(id);
    const resource = `command_target:${id}`;
    const change = { action: "command_target.delete", resource, before: auditOf(target) };
    await db.write([store.remove(id), audited(change)]);
    rows.delete(id);
    changed();
  }

  return {
    async load() {
      for (const row of await store.all()) rows.set(row.id, row);
      known = null;
    },
    all: () => [...targets().values()],
    find,
    get: (id) => targets().get(id) ?? null,
    ofSensor: (num) => [...targets().values()].filter(({ sensorNum }) => sensorNum === num),
    ofMachine: (id) => [...targets().values()].filter(({ machineId }) => machineId === id),
    add: (...given) => oneAtATime(() => add(...given)),
    change: (...given) => oneAtATime(() => change(...given)),
    remove: (...given) => oneAtATime(() => remove(...given)),
    onChange: (listener) => void listeners.push(listener),
  };
}

/** The same after every restart, without a row. */
const idOf = (uid: string) => nameId(`entity:${uid}`, 12);

function announcedTarget(one: AnnouncedTarget, row: TargetRow | undefined): Target {
  return {
    id: idOf(one.uid),
    sensorNum: one.sensorNum,
    entityUid: one.uid,
    machineId: one.machineId,
    name: row?.name || one.name,
    spec: one.order,
    settings: storedSettings(row?.settings ?? {}),
    createdMs: row?.createdMs ?? 0,
  };
}

/** Null for one of another version that no longer fits. */
function ownTarget(row: TargetRow, log: Log): Target | null {
  const spec = orderSpecShape.safeParse(row.spec);
  if (spec.success) return { ...row, spec: spec.data, settings: storedSettings(row.settings) };
  log.warn(`the stored command target ${row.id} is not used: unknown form`);
  return null;
}

/** What another version stored and this one does not know falls away; what is wrong switches it off. */
function storedSettings(stored: Record<string, unknown>): TargetSettings {
  const known = Object.fromEntries(
    Object.entries(stored).filter(([name]) => name in targetSettingsShape.shape),
  );
  const read = targetSettingsShape.safeParse(known);
  return read.success ? read.data : { ...targetSettingsShape.parse({}), enabled: false };
}

function specOf({ kind, min, max, step, options, way }: NewTarget): OrderSpec {
  if (kind === "select" && options === undefined) {
    throw wrong("options", "say what it can be set to");
  }
  if (kind !== "select" && options !== undefined) {
    throw wrong("options", "only a select has options");
  }
  if (kind !== "number") {
    for (const [name, given] of Object.entries({ min, max, step })) {
      if (given !== undefined) throw wrong(name, "only a number has limits and steps");
    }
  } else if (min === undefined || max === undefined) {
    throw wrong(min === undefined ? "min" : "max", "say within which limits it may be set");
  } else if (min >= max) throw wrong("min", `must be below max (${max})`);
  const numbers = kind === "number" ? { min, max, ...(step === undefined ? {} : { step }) } : {};
  const choice = options === undefined ? {} : { options };
  return { kind, ...numbers, ...choice, way: { dialect: OWN_WAY, to: way } };
}

/** Its state has to be able to show what is ordered. */
function checkKind({ kind }: OrderSpec, sensor: Sensor | null): void {
  if (sensor === null || kind === "button" || sensor.kind === "text") return;
  const fits = kind === "switch" ? true : kind === "number" && sensor.kind === "number";
  if (!fits) throw wrong("sensor", `${sensor.name} cannot show what a ${kind} is set to`);
}

/** As the audit log shows it: without payloads. */
function auditOf({ name, spec, settings }: Pick<TargetRow, "name" | "spec" | "settings">) {
  const { way, ...rest } = spec as OrderSpec;
  return { name, ...rest, topic: way.to.topic ?? null, settings };
}

function wrong(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}
