import type { SqlStatement } from "../db/client.ts";
import type { Clock } from "../base/clock.ts";
import type { Draft, SensorKind } from "../readings/reading.ts";
import { guessUnit } from "./guess.ts";
import { HourlyLimit } from "./hourly_limit.ts";
import type { Machine } from "./machine.ts";
import { keepLast } from "./last_reading.ts";
import { MachineIndex } from "./machine_index.ts";
import { nameFault } from "./names.ts";
import {
  levelsOf,
  type MachineDirectory,
  type NewSensor,
  type RegistryRows,
  type Resolved,
  type Sensor,
  type SensorDirectory,
  type SensorNews,
} from "./sensor.ts";
import { SensorIndex } from "./sensor_index.ts";
import { sensorByWords } from "./sensor_words.ts";
import { calibrated, DEFAULT_SETTINGS } from "./sensor_settings.ts";
import { Spellings } from "./spellings.ts";
import { insertSensor } from "./store.ts";
import { createUnitWatch } from "./unit_change.ts";
import { createWords, saysNothing, shownNow } from "./words.ts";

/** What the machines service changes; it writes the statements and reports when they are on disk. */
export interface RegistryChanges {
  /** Sensors of a name, deleted ones too. */
  named(name: string): Sensor | undefined;
  deletedSensors(): readonly Sensor[];
  /** Takes the name at once; `show` makes the sensor visible. Its machine comes with it when that is new. */
  add(sensor: NewSensor): { sensor: Sensor; statements: SqlStatement[] };
  show(sensors: readonly Sensor[]): void;
  /**
   * The same for a sensor that announced itself, as new as one that reported: its rows, and those of its machine, go
   * with the next group, and with them it becomes visible.
   */
  announce(sensor: NewSensor): Sensor;
  /** The machine at a path; made, with the next group, where there is none. */
  machineAt(path: string): Machine;
  /** Statements of `add` were not written: the next group writes them. */
  owe(statements: readonly SqlStatement[]): void;
  /**
   * A new name is about to be written: readings that come under it are the sensor's already, so that none of them
   * makes another sensor of that name. `changed` keeps it; what this gives takes it back.
   */
  claim(sensor: Sensor, name: string): () => void;
  /** The row is changed already. Also when `deletedMs` changed. */
  changed(sensor: Sensor, to: Partial<Sensor>): void;
  /** A machine was added, or its path or former paths changed. */
  putMachine(machine: Machine): void;
  /** Its rows are gone for good. */
  dropSensor(sensor: Sensor): void;
  dropMachine(machine: Machine): void;
}

/** The write side, used by the intake; `machines` and `changes` are for the machines service. */
export interface Registry extends SensorDirectory {
  readonly machines: MachineDirectory;
  readonly changes: RegistryChanges;
  /** Finds or creates the sensor of a draft and turns its value into a float64. */
  resolve(draft: Draft): Resolved;
  /**
   * The known sensor of a name, when a number without a unit needs nothing but calibration to be one of its values;
   * undefined: ask `resolve`. Holds until `resolve` is called, or anything is changed.
   */
  numeric(name: string): Sensor | undefined;
  /**
   * Whether the sensor of a draft is known and its present value is the draft's. `pending` gives the value of a
   * reading that is on its way to the disk.
   */
  isLast(draft: Draft, pending: (num: number) => number | undefined): boolean;
  /** Statements for what `resolve` created since the last call; they belong into the group's transaction. */
  takePending(): SqlStatement[];
  /** The transaction with these statements was committed: new sensors become visible. */
  committed(): void;
  /** The transaction failed: the statements are given out again with the next group. */
  failed(statements: readonly SqlStatement[]): void;
  /**
   * A committed reading, at its time of arrival: keeps the newest per sensor. A time ahead of the host's clock
   * counts as the time of arrival, so that a device whose clock runs a little ahead does not hide what came
   * after it.
   */
  seen(num: number, tMs: number, value: number, arrivalMs: number): void;
  /** How many sensors may still be created within this hour. */
  newLeft(): number;
  /** Readings of further new sensors that were refused since `newPerHour` was reached, within this hour. */
  refusedNew(): number;
}

export interface RegistryOptions {
  /** False on closed sites: readings of unknown sensors are rejected. Default true. */
  autoRegister?: () => boolean;
  /** Most sensors created within one hour: protects against a runaway publisher. Default without limit. */
  newPerHour?: () => number;
  /** Most different texts that are kept of one state sensor, default 1 000. */
  statesPerSensor?: number;
  /** The event of what happened to a sensor: written in the transaction of the reading that showed it. */
  news?: (news: SensorNews) => SqlStatement[];
  /** A sensor turned out to be of another kind. */
  onKind?: (sensor: Sensor) => void;
}

/**
 * Creates the registry from what the database holds. Everything is in memory: `resolve` is on the path of
 * every reading and costs one map look-up for a known sensor.
 */
export function createRegistry(
  deps: { clock: Clock; rows: RegistryRows; options?: RegistryOptions },
): Registry {
  const { clock } = deps;
  // Settings: asked for each time, because they change while Perch runs.
  const autoRegister = () => deps.options?.autoRegister?.() ?? true;
  const limit = new HourlyLimit(clock, () => deps.options?.newPerHour?.() ?? Infinity);
  const machines = new MachineIndex();
  const sensors = new SensorIndex();
  const { byName, byNum } = sensors;
  const spellings = new Spellings();
  let pending: SqlStatement[] = [];
  load();

  const write = (statement: SqlStatement) => void pending.push(statement);
  const publish = (news: SensorNews) => void pending.push(...deps.options?.news?.(news) ?? []);
  const words = createWords({
    nowMs: () => clock.now(),
    textsMost: deps.options?.statesPerSensor ?? 1_000,
    write,
    publish,
    onKind: (sensor) => deps.options?.onKind?.(sensor),
  });
  const units = createUnitWatch({
    nowMs: () => clock.now(),
    write,
    publish,
    resolve: (draft) => resolve(draft),
    nameOf: (id) => sensors.byId(id)?.name,
  });

  function load(): void {
    const { rows } = deps;
    for (const machine of rows.machines) machines.put(machine);
    for (const row of rows.sensors) sensors.load({ ...row, states: [], last: null });
    for (const { sensorNum, code, text } of rows.states) byNum[sensorNum].states[code] = text;
    for (const { sensor, tMs, value } of rows.last) {
      // Of a computed sensor that has no reading left, the store gives a time before all.
      if (byNum[sensor] && tMs > 0) byNum[sensor].last = { tMs, value };
      sensors.reserve(sensor);
    }
    // Sensors from before there were machines.
    for (const { machine, createdMs } of rows.sensors) {
      pending.push(...machines.ensure(machine, createdMs));
    }
  }

  function create(draft: Draft): Sensor {
    limit.create();
    const kind = kindOf(draft.value);
    const guess = kind === "number" ? guessUnit(levelsOf(draft.sensor).sensor) : null;
    const { sensor, statements } = make({
      name: draft.sensor,
      unit: draft.unit ?? guess,
      kind,
      settings: { ...DEFAULT_SETTINGS },
      deviceUnit: draft.unit ?? null,
    }, "new");
    pending.push(...statements);
    return sensor;
  }

  function make(
    given: NewSensor,
    review: Sensor["review"],
  ): { sensor: Sensor; statements: SqlStatement[] } {
    const sensor = sensors.make(given, review, clock.now());
    const statements = machines.ensure(sensor.machine, sensor.createdMs);
    statements.push(insertSensor(sensor));
    return { sensor, statements };
  }

  const changes: RegistryChanges = {
    named: (name) => byName.get(name),
    deletedSensors: () => sensors.deleted(),
    add(given) {
      const made = make(given, "confirmed");
      sensors.unhide(made.sensor);
      return made;
    },
    show: (shown) => sensors.show(shown),
    announce(given) {
      const { sensor, statements } = make(given, "new");
      pending.push(...statements);
      return sensor;
    },
    machineAt(path) {
      pending.push(...machines.ensure(path, clock.now()));
      return machines.at(path)!;
    },
    owe(statements) {
      pending.push(...statements);
    },
    claim: (sensor, name) => sensors.claim(sensor, name),
    changed(sensor, to) {
      if (to.name !== undefined && to.name !== sensor.name) spellings.forget(sensor.num);
      sensors.change(sensor, to);
    },
    putMachine: (machine) => machines.put(machine),
    dropSensor: (sensor) => sensors.drop(sensor),
    dropMachine: (machine) => machines.drop(machine),
  };

  function resolve(draft: Draft): Resolved {
    const known = byName.get(draft.sensor);
    if (known !== undefined) {
      if (spellings.matter(draft, known.num)) {
        const fault = spellings.fault(known, draft);
        if (fault !== null) return fault;
      }
      // The usual case first: a number for a numeric sensor.
      if (known.deletedMs !== null) return deletedFault(known.name, known.deletedMs);
      if (known.kind === "number" && typeof draft.value === "number") {
        if (draft.unit !== undefined && draft.unit !== known.deviceUnit) {
          const other = units.take(known, draft);
          if (other !== null) return other;
        }
        const value = calibrated(known.settings, draft.value);
        if (Number.isFinite(value)) return { ok: true, sensor: known, value };
      }
      return words.resolve(known, draft);
    }
    return unknown(draft);
  }

  function numeric(name: string): Sensor | undefined {
    const known = byName.get(name);
    return known !== undefined && known.kind === "number" && known.deletedMs === null &&
        !spellings.isReplaced(known.num)
      ? known
      : undefined;
  }

  /** What a person calls a sensor has several words and no level; names have levels, ids one word. */
  const byWords = (text: string) =>
    /\s/.test(text) && !text.includes("/")
      ? sensorByWords(text, sensors.all(), machines.directory.find)
      : undefined;

  /** A draft of a sensor that does not exist under this name: of a moved one, or a new one. */
  function unknown(draft: Draft): Resolved {
    const moved = machines.presentName(draft.sensor);
    if (moved !== null) return resolve({ ...draft, sensor: moved });
    const fault = nameFault(draft.sensor);
    if (fault !== null) return { ok: false, code: "bad_name", message: fault };
    const machine = machines.at(levelsOf(draft.sensor).machine);
    if (machine && machine.deletedMs !== null) {
      return deletedFault(machine.path, machine.deletedMs);
    }
    if (typeof draft.value === "string" && saysNothing(draft.value)) {
      return { ok: false, code: "no_value", message: `"${draft.value}" is no value` };
    }
    if (!autoRegister()) {
      return {
        ok: false,
        code: "unknown_sensor",
        message: `${draft.sensor} is not registered and this site accepts registered sensors only`,
      };
    }
    if (limit.left() <= 0) {
      return { ok: false, code: "sensor_cap", message: limit.refuse(draft.sensor) };
    }
    const sensor = create(draft);
    spellings.created(sensor.num, draft);
    if (sensor.kind === "text") return words.take(sensor, draft);
    if (draft.word !== undefined) words.remember(sensor, draft.word, draft.value === true);
    return { ok: true, sensor, value: Number(draft.value) };
  }

  function isLast(draft: Draft, pending: (num: number) => number | undefined): boolean {
    const sensor = byName.get(draft.sensor) ?? byName.get(machines.presentName(draft.sensor) ?? "");
    if (sensor === undefined) return false;
    const present = pending(sensor.num) ?? sensor.last?.value;
    if (present === undefined) return false;
    if (sensor.kind === "text") {
      return shownNow(sensor, present) === (draft.word ?? String(draft.value));
    }
    if (typeof draft.value === "string") return false;
    const raw = Number(draft.value);
    return present === (sensor.kind === "number" ? calibrated(sensor.settings, raw) : raw);
  }

  return {
    machines: machines.directory,
    changes,
    resolve,
    numeric,
    isLast,
    takePending() {
      const statements = pending;
      pending = [];
      sensors.beginCommit();
      return statements;
    },
    committed: () => sensors.committed(),
    failed(statements) {
      pending = [...statements, ...pending];
      sensors.failed();
    },
    seen: (num, tMs, value, arrivalMs) => keepLast(byNum[num], tMs, value, arrivalMs),
    newLeft: () => limit.left(),
    refusedNew: () => limit.refused(),
    find: (idOrName) => sensors.find(idOrName, machines.presentName(idOrName)) ?? byWords(idOrName),
    byNum: (num) => byNum[num],
    all: () => sensors.all(),
  };
}

function deletedFault(what: string, deletedMs: number): Resolved {
  return {
    ok: false,
    code: "unknown_sensor",
    message: `${what} was deleted at ${new Date(deletedMs).toISOString()}; ` +
      "restore it, or stop its device",
  };
}

function kindOf(value: Draft["value"]): SensorKind {
  return typeof value === "number" ? "number" : typeof value === "boolean" ? "binary" : "text";
}
