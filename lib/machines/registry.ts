import type { SqlStatement } from "../db/client.ts";
import type { Clock } from "../base/clock.ts";
import { nameId } from "../base/ids.ts";
import type { Draft, SensorKind } from "../readings/reading.ts";
import { HOUR_MS } from "../words/times.ts";
import { guessUnit } from "./guess.ts";
import { lastLevel, type Machine, newMachine } from "./machine.ts";
import { nameFault } from "./names.ts";
import {
  type LastReading,
  type MachineDirectory,
  type NewSensor,
  type RegistryRows,
  type Resolved,
  type Sensor,
  type SensorDirectory,
  type SensorNews,
  shownValue,
} from "./sensor.ts";
import { calibrated, DEFAULT_SETTINGS } from "./sensor_settings.ts";
import { addMachineStatement, insertSensor } from "./store.ts";
import { createUnitWatch } from "./unit_change.ts";
import { createWords, OTHER_TEXT, saysNothing } from "./words.ts";

/** What the machines service changes; it writes the statements and says when they are on disk. */
export interface RegistryChanges {
  /** Sensors of a name, deleted ones too. */
  named(name: string): Sensor | undefined;
  deletedSensors(): readonly Sensor[];
  /** Takes the name at once; `show` makes the sensor visible. Its machine comes with it when that is new. */
  add(sensor: NewSensor): { sensor: Sensor; statements: SqlStatement[] };
  show(sensors: readonly Sensor[]): void;
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

/** After a step back of the host's clock, readings this young are taken for new ones. */
const CLOCK_STEP_MS = 60_000;

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
  const newPerHour = () => deps.options?.newPerHour?.() ?? Infinity;
  const statesPerSensor = deps.options?.statesPerSensor ?? 1_000;

  const byName = new Map<string, Sensor>();
  const byId = new Map<string, Sensor>();
  const byNum: Sensor[] = [];
  /** `machine/sensor` → sensors with that ending. */
  const byShort = new Map<string, Sensor[]>();
  let visible: Sensor[] = [];
  let hidden: Sensor[] = [];
  /** Sensors whose statements are in the transaction under way. */
  let inFlight: Sensor[] = [];
  let sorted = true;
  let pending: SqlStatement[] = [];
  let nextNum = 1;
  let hourStartMs = clock.monotonic();
  let createdThisHour = 0;
  let refusedThisHour = 0;
  const machines = new Map<string, Machine>();
  const machineById = new Map<string, Machine>();
  /** Paths that machines had before. */
  const former = new Map<string, Machine>();

  for (const machine of deps.rows.machines) putMachine(machine);
  for (const row of deps.rows.sensors) index({ ...row, states: [], last: null });
  for (const { sensorNum, code, text } of deps.rows.states) byNum[sensorNum].states[code] = text;
  for (const { sensor, tMs, value } of deps.rows.last) {
    if (byNum[sensor]) byNum[sensor].last = { tMs, value };
    // The journal may still name a sensor whose row is gone: its number is not given out again.
    nextNum = Math.max(nextNum, sensor + 1);
  }
  // Sensors from before there were machines.
  for (const { machine, createdMs } of deps.rows.sensors) {
    pending.push(...machineOf(machine, createdMs));
  }
  visible = hidden.filter((sensor) => sensor.deletedMs === null);
  hidden = [];
  sorted = false;

  /** How devices write the names of sensors in which a sign was replaced, or could have been. */
  const spelled = new Map<number, string>();
  const replaced = new Set<number>();
  const write = (statement: SqlStatement) => void pending.push(statement);
  const tell = (news: SensorNews) => void pending.push(...deps.options?.news?.(news) ?? []);
  const words = createWords({
    textsMost: statesPerSensor,
    write,
    tell,
    onKind: (sensor) => deps.options?.onKind?.(sensor),
  });
  const units = createUnitWatch({
    nowMs: () => clock.now(),
    write,
    tell,
    resolve: (draft) => resolve(draft),
    nameOf: (id) => byId.get(id)?.name,
  });

  function index(sensor: Sensor): void {
    byName.set(sensor.name, sensor);
    byId.set(sensor.id, sensor);
    byNum[sensor.num] = sensor;
    indexShort(sensor);
    hidden.push(sensor);
    nextNum = Math.max(nextNum, sensor.num + 1);
  }

  function indexShort(sensor: Sensor): void {
    const short = shortName(sensor);
    byShort.set(short, [...(byShort.get(short) ?? []), sensor]);
  }

  function putMachine(machine: Machine): void {
    dropMachine(machine);
    machines.set(machine.path, machine);
    machineById.set(machine.id, machine);
    for (const path of machine.formerPaths) former.set(path, machine);
  }

  function dropMachine({ id }: Machine): void {
    for (const [path, one] of machines) if (one.id === id) machines.delete(path);
    for (const [path, one] of former) if (one.id === id) former.delete(path);
    machineById.delete(id);
  }

  /** The present name of a sensor whose machine was moved; null when it was not. */
  function movedName(name: string): string | null {
    const { machine, sensor } = levelsOf(name);
    const moved = former.get(machine);
    return moved === undefined ? null : `${moved.path}/${sensor}`;
  }

  /** Makes a sensor's machine when there is none yet. */
  function machineOf(path: string, createdMs: number): SqlStatement[] {
    if (machines.has(path)) return [];
    const machine = newMachine(path, createdMs, (id) => machineById.has(id));
    putMachine(machine);
    return [addMachineStatement(machine)];
  }

  function newLeft(): number {
    if (clock.monotonic() - hourStartMs >= HOUR_MS) {
      hourStartMs = clock.monotonic();
      createdThisHour = 0;
      refusedThisHour = 0;
    }
    return newPerHour() - createdThisHour;
  }

  function create(draft: Draft): Sensor {
    createdThisHour++;
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
    const sensor: Sensor = {
      num: nextNum,
      id: freeId(given.name),
      ...levelsOf(given.name),
      deviceUnit: null,
      ...given,
      otherUnits: [],
      states: [],
      review,
      createdMs: clock.now(),
      deletedMs: null,
      last: null,
    };
    index(sensor);
    const statements = machineOf(sensor.machine, sensor.createdMs);
    statements.push(insertSensor(sensor));
    return { sensor, statements };
  }

  // A renamed sensor keeps the id of its old name; a new sensor of that name then takes the next free one.
  function freeId(name: string): string {
    let id = nameId(name);
    for (let i = 2; byId.has(id); i++) id = nameId(`${name}#${i}`);
    return id;
  }

  /** Everything but a number for a sensor of numbers. */
  function loosely(sensor: Sensor, draft: Draft): Resolved {
    const { value, word } = draft;
    if (sensor.kind === "text") return words.take(sensor, draft);
    if (typeof value === "string") {
      return sensor.kind === "binary" ? words.take(sensor, draft) : noNumber(sensor, value);
    }
    if (word !== undefined) {
      if (sensor.kind === "number" && !isSwitch(sensor)) return noNumber(sensor, word);
      words.note(sensor, word, value === true);
    }
    const raw = Number(value);
    if (sensor.kind === "binary" && raw !== 0 && raw !== 1) words.setKind(sensor, "number");
    const stored = sensor.kind === "number" ? calibrated(sensor.settings, raw) : raw;
    if (Number.isFinite(stored) || !Number.isFinite(raw)) {
      return { ok: true, sensor, value: stored };
    }
    return {
      ok: false,
      code: "bad_value",
      message: `${sensor.name}: ${raw} is too large to be stored with its scale`,
    };
  }

  /** A word of a sensor that reports numbers: it has no value just now. */
  function noNumber(sensor: Sensor, word: string): Resolved {
    sensor.latestWord = { text: word, tMs: clock.now() };
    return {
      ok: false,
      code: "no_value",
      message: `${sensor.name} reports numbers; "${word.slice(0, 40)}" is text`,
    };
  }

  function show(sensors: readonly Sensor[]): void {
    visible = [...new Set([...visible, ...sensors])].filter((sensor) => sensor.deletedMs === null);
    sorted = false;
  }

  const byPath = (a: Machine, b: Machine) => a.path < b.path ? -1 : 1;
  const machineDirectory: MachineDirectory = {
    find: (pathOrId) => machines.get(pathOrId) ?? machineById.get(pathOrId),
    all: () => [...machines.values()].filter((m) => m.deletedMs === null).sort(byPath),
    deleted: () =>
      [...machines.values()].filter((m) => m.deletedMs !== null)
        .sort((a, b) => b.deletedMs! - a.deletedMs!),
    former: (path) => former.get(path),
  };

  const changes: RegistryChanges = {
    named: (name) => byName.get(name),
    deletedSensors: () => byNum.filter((sensor) => sensor?.deletedMs != null),
    add(given) {
      const made = make(given, "confirmed");
      hidden = hidden.filter((sensor) => sensor !== made.sensor);
      return made;
    },
    show,
    owe(statements) {
      pending.push(...statements);
    },
    claim(sensor, name) {
      if (byName.has(name)) return () => {};
      byName.set(name, sensor);
      return () => {
        if (sensor.name !== name) byName.delete(name);
      };
    },
    changed(sensor, to) {
      if (to.name !== undefined && to.name !== sensor.name) {
        const short = shortName(sensor);
        spelled.delete(sensor.num);
        byName.delete(sensor.name);
        byShort.set(short, byShort.get(short)!.filter((one) => one !== sensor));
        Object.assign(sensor, to, levelsOf(to.name));
        byName.set(sensor.name, sensor);
        indexShort(sensor);
      } else Object.assign(sensor, to);
      show([sensor]);
    },
    putMachine,
    dropSensor(sensor) {
      byName.delete(sensor.name);
      byId.delete(sensor.id);
      delete byNum[sensor.num];
      const short = shortName(sensor);
      byShort.set(short, byShort.get(short)!.filter((one) => one !== sensor));
    },
    dropMachine,
  };

  /** Two names that became the same by the signs that were replaced in them; null when it is one. */
  function spellingFault({ num, name }: Sensor, draft: Draft): Resolved | null {
    const written = draft.spelled ?? draft.sensor;
    const before = spelled.get(num);
    if (before === undefined) spelled.set(num, written);
    if (draft.spelled !== undefined) replaced.add(num);
    if (before === undefined || before === written) return null;
    const message = `${written} would get the name of ${before}: ${name}`;
    return { ok: false, code: "bad_name", message };
  }

  function resolve(draft: Draft): Resolved {
    const known = byName.get(draft.sensor);
    if (known !== undefined) {
      if (draft.spelled !== undefined || (replaced.size > 0 && replaced.has(known.num))) {
        const fault = spellingFault(known, draft);
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
      return loosely(known, draft);
    }
    const moved = former.size === 0 ? null : movedName(draft.sensor);
    if (moved !== null) return resolve({ ...draft, sensor: moved });
    const fault = nameFault(draft.sensor);
    if (fault !== null) return { ok: false, code: "bad_name", message: fault };
    const machine = machines.get(levelsOf(draft.sensor).machine);
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
        message: `${draft.sensor} is not registered and this site takes registered sensors only`,
      };
    }
    if (newLeft() <= 0) {
      refusedThisHour++;
      return {
        ok: false,
        code: "sensor_cap",
        message: `${draft.sensor} would be new, and ${newPerHour()} sensors were created within ` +
          "this hour already; it is taken once the hour is over",
      };
    }
    const sensor = create(draft);
    if (draft.sensor.includes("_")) spelled.set(sensor.num, draft.spelled ?? draft.sensor);
    if (draft.spelled !== undefined) replaced.add(sensor.num);
    if (sensor.kind === "text") return words.take(sensor, draft);
    if (draft.word !== undefined) words.note(sensor, draft.word, draft.value === true);
    return { ok: true, sensor, value: Number(draft.value) };
  }

  function isLast(draft: Draft, pending: (num: number) => number | undefined): boolean {
    const sensor = byName.get(draft.sensor) ?? byName.get(movedName(draft.sensor) ?? "");
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
    machines: machineDirectory,
    changes,
    resolve,
    isLast,
    takePending() {
      const statements = pending;
      pending = [];
      inFlight = hidden;
      hidden = [];
      return statements;
    },
    committed() {
      if (inFlight.length === 0) return;
      show(inFlight);
      inFlight = [];
    },
    failed(statements) {
      pending = [...statements, ...pending];
      hidden = [...inFlight, ...hidden];
      inFlight = [];
    },
    seen(num, tMs, value, arrivalMs) {
      const sensor = byNum[num];
      const orderMs = Math.min(tMs, arrivalMs);
      const { last } = sensor;
      if (last === null) sensor.last = { tMs, value, orderMs };
      else if (replaces(last, tMs, orderMs, arrivalMs)) {
        last.tMs = tMs;
        last.value = value;
        last.orderMs = orderMs;
      }
    },
    newLeft,
    refusedNew() {
      newLeft();
      return refusedThisHour;
    },
    find(idOrName) {
      const moved = former.size === 0 ? null : movedName(idOrName);
      const exact = byId.get(idOrName) ?? byName.get(idOrName) ??
        (moved === null ? undefined : byName.get(moved));
      if (exact) return exact.deletedMs === null ? exact : undefined;
      const short = byShort.get(idOrName)?.filter((sensor) => sensor.deletedMs === null);
      return short?.length === 1 ? short[0] : undefined;
    },
    byNum: (num) => byNum[num],
    all() {
      if (!sorted) {
        visible.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
        sorted = true;
      }
      return visible;
    },
  };
}

/** Whether a reading that has just arrived becomes the last one. */
function replaces(last: LastReading, tMs: number, orderMs: number, arrivalMs: number): boolean {
  const before = last.orderMs ?? last.tMs;
  // A last reading from after now: this host's clock was ahead when it came.
  if (before > arrivalMs) return orderMs > arrivalMs - CLOCK_STEP_MS;
  // Several that are ahead come in one message: their own times order them.
  if (orderMs === before && tMs > orderMs) return tMs >= last.tMs;
  return orderMs >= before;
}

function levelsOf(name: string): Pick<Sensor, "name" | "machine" | "sensor"> {
  const cut = name.lastIndexOf("/");
  return { name, machine: name.slice(0, cut), sensor: name.slice(cut + 1) };
}

function deletedFault(what: string, deletedMs: number): Resolved {
  return {
    ok: false,
    code: "unknown_sensor",
    message: `${what} was deleted at ${new Date(deletedMs).toISOString()}; ` +
      "restore it, or stop its device",
  };
}

function shortName(sensor: Sensor): string {
  return `${lastLevel(sensor.machine)}/${sensor.sensor}`;
}

function kindOf(value: Draft["value"]): SensorKind {
  return typeof value === "number" ? "number" : typeof value === "boolean" ? "binary" : "text";
}

/** Whether a sensor of numbers reports 0 and 1, for which devices say on and off as well. */
function isSwitch({ last }: Sensor): boolean {
  return last !== null && (last.value === 0 || last.value === 1);
}

/** The same of a reading that has just come in, or is the last one: of more texts than are kept the latest. */
export function shownNow(sensor: Sensor, value: number): number | string {
  const shown = shownValue(sensor, value);
  return shown === OTHER_TEXT ? sensor.latestText ?? shown : shown;
}
