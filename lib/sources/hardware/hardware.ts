/** The inputs of this host's own buses: which there are, how they are, and how they are added, changed and removed. */
import type { Clock } from "../../base/clock.ts";
import { PerchError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import { createTurns } from "../../base/turns.ts";
import type { Database } from "../../db/client.ts";
import type { Audited } from "../../events/audit_change.ts";
import { nameFault } from "../../machines/names.ts";
import { type Channel, type InputSettings, inputSettingsShape } from "./driver.ts";
import { createHardwareStore } from "./hardware_store.ts";
import { type HardwareInput, inputOf, rowOf, stateOf } from "./input.ts";
import { createLooking } from "./looking.ts";
import { createRounds, type Machinery, type RoundDeps } from "./rounds.ts";
import { type HardwareInputJson, type HardwareJson, hardwareJson, inputJson } from "./view.ts";

export interface NewInput {
  /** Id of its channel. */
  id: string;
  sensor: string;
  settings?: Partial<InputSettings>;
}
export interface InputPatch {
  /** Readings from now on come under this path. */
  sensor?: string;
  /** Those that change. */
  settings?: Partial<InputSettings>;
}

/** A sensor that an input needs. */
export interface WantedSensor {
  path: string;
  unit: string | null;
  title: string;
  decimals: number;
  intervalMs: number;
}

/** What is known of the sensor of an input. */
export interface KnownSensor {
  name: string;
  unit: string | null;
  decimals: number | null;
  /** As it was read; null: there is none, or it is calibrated. */
  last: number | null;
}

export interface Hardware {
  load(): Promise<void>;
  inputs(): HardwareInputJson[];
  /** @throws `not_found` */
  find(id: string): HardwareInputJson;
  /** Everything, as it is known now. */
  view(): Promise<HardwareJson>;
  /** Looks at what there is; resolves when that is over, and never rejects. */
  look(): Promise<void>;
  /** @throws `validation`; `not_found` when there is no such channel now; `conflict` when it is added already */
  add(given: NewInput, audited: Audited): Promise<HardwareInputJson>;
  /** @throws `not_found`, `validation`, `conflict` */
  change(id: string, patch: InputPatch, audited: Audited): Promise<HardwareInputJson>;
  /** Its sensor and what was measured stay. @throws `not_found` */
  remove(id: string, audited: Audited): Promise<void>;
  task: Task;
}

export interface HardwareDeps extends Pick<RoundDeps, "offer" | "onNews"> {
  db: Database;
  clock: Clock;
  log: Log;
  /** Loads the drivers. */
  load(): Promise<Machinery>;
  /** Machine under which sensors are suggested. */
  machine: string;
  /** A sensor by its id, with its last value; null: it is gone. */
  sensor(id: string): KnownSensor | null;
  /** Finds the sensor of this path, or makes it; gives its id. @throws `validation` */
  sensorFor(wanted: WantedSensor, audited: Audited): Promise<string>;
  /** How often a sensor is to be expected from now on, where it was as often as its input was read. */
  expect(
    sensorId: string,
    before: InputSettings,
    now: InputSettings,
    audited: Audited,
  ): Promise<void>;
}

const MOST_INPUTS = 200;

export function createHardware(deps: HardwareDeps): Hardware {
  const { db, clock, log } = deps;
  const store = createHardwareStore(db);
  const oneAtATime = createTurns();
  const inputs = new Map<string, HardwareInput>();
  let loaded: Promise<Machinery> | null = null;

  /** Loaded once; what fails is tried again. */
  function machinery(): Promise<Machinery> {
    return loaded ??= deps.load().catch((error) => {
      loaded = null;
      throw error;
    });
  }

  const sensorOf = ({ sensorId, sensor }: HardwareInput) => deps.sensor(sensorId)?.name ?? sensor;
  const rounds = createRounds({
    ...{ clock, log, machinery, sensorOf },
    inputs: () => [...inputs.values()],
    storedTotal: ({ sensorId }) => deps.sensor(sensorId)?.last ?? null,
    offer: deps.offer,
    onNews: deps.onNews,
    async save(counters) {
      const statements = counters.flatMap(({ id, counter }) => {
        const input = inputs.get(id);
        if (input === undefined) return [];
        // The same object: nothing of how it is read has changed.
        input.counter = counter;
        return [store.putState(id, stateOf(input))];
      });
      if (statements.length > 0) await db.write(statements);
    },
  });
  const looking = createLooking({ clock, machinery, rounds });

  const viewOf = (input: HardwareInput) =>
    inputJson(input, {
      ...{ sensor: sensorOf(input), rounds, nowMs: clock.now() },
      unit: deps.sensor(input.sensorId)?.unit ?? null,
    });

  function need(id: string): HardwareInput {
    const input = inputs.get(id);
    if (input !== undefined) return input;
    throw new PerchError("not_found", `there is no input "${id.slice(0, 120)}"`);
  }

  async function put(input: HardwareInput, change: Parameters<Audited>[0], audited: Audited) {
    await db.write([store.put(rowOf(input)), audited(change)]);
    inputs.set(input.id, input);
    rounds.wake();
    return viewOf(input);
  }

  function checkSensor(path: string, self: string | null): void {
    const why = nameFault(path);
    if (why !== null) throw invalid("sensor", why);
    const other = [...inputs.values()].find((one) => one.id !== self && sensorOf(one) === path);
    if (other !== undefined) throw conflict("sensor", `${other.id} writes to ${path} already`);
  }

  /** The channel as it is now. @throws `not_found` */
  async function channelNow(id: string): Promise<Channel> {
    const { drivers, present } = await machinery();
    const driver = drivers.find(({ name }) => id.startsWith(`${name}:`));
    const found = driver === undefined ? [] : (await present.of(driver, true)).channels;
    const channel = found.find((one) => one.id === id);
    if (channel !== undefined) return channel;
    throw new PerchError("not_found", `there is no "${id.slice(0, 120)}" at this host now`, {
      errors: [{ path: "id", message: "choose one that is there" }],
    });
  }

  async function add({ id, sensor, settings }: NewInput, audited: Audited) {
    if (inputs.has(id)) throw conflict("id", `${id} is added already`);
    if (inputs.size >= MOST_INPUTS) {
      throw new PerchError("conflict", `more than ${MOST_INPUTS} inputs are not possible`);
    }
    checkSensor(sensor, null);
    const own = settingsOf(settings ?? {}, {});
    const channel = await channelNow(id);
    const sensorId = await deps.sensorFor(wanted(sensor, channel, own), audited);
    const input: HardwareInput = {
      ...{ id, driver: channel.driver, sensor, sensorId, settings: own },
      counter: null,
      createdMs: clock.now(),
    };
    return await put(input, {
      action: "hardware.add",
      resource: keyOf(id),
      after: { sensor, settings: own },
    }, audited);
  }

  async function change(id: string, patch: InputPatch, audited: Audited) {
    const before = need(id);
    const settings = settingsOf(patch.settings ?? {}, before.settings);
    // What was counted until now goes with it.
    const counter = rounds.counterOf(id) ?? before.counter;
    let { sensor, sensorId } = before;
    if (patch.sensor !== undefined && patch.sensor !== sensorOf(before)) {
      checkSensor(patch.sensor, id);
      const channel = rounds.channelOf(id);
      // One that is pulled out goes on as what it was.
      const { unit = null, decimals = null } = deps.sensor(sensorId) ?? {};
      sensor = patch.sensor;
      const as = channel === null
        ? { path: sensor, title: id, unit, decimals: decimals ?? 2, intervalMs: everyMs(settings) }
        : wanted(sensor, channel, settings);
      sensorId = await deps.sensorFor(as, audited);
    } else await deps.expect(sensorId, before.settings, settings, audited);
    return await put({ ...before, sensor, sensorId, settings, counter }, {
      action: "hardware.update",
      resource: keyOf(id),
      before: { sensor: before.sensor, settings: before.settings },
      after: { sensor, settings },
    }, audited);
  }

  async function remove(id: string, audited: Audited): Promise<void> {
    const { sensor, settings } = need(id);
    const before = { sensor, settings };
    await db.write([
      store.remove(id),
      audited({ action: "hardware.remove", resource: keyOf(id), before }),
    ]);
    inputs.delete(id);
    rounds.wake();
  }

  return {
    async load() {
      for (const row of await store.all()) inputs.set(row.id, inputOf(row));
    },
    inputs: () => [...inputs.values()].map(viewOf),
    find: (id) => viewOf(need(id)),
    async view() {
      const { drivers } = await machinery();
      return hardwareJson(looking.now(), {
        inputs: [...inputs.values()].map(viewOf),
        drivers,
        machine: deps.machine,
      });
    },
    look: looking.look,
    add: (...given) => oneAtATime(() => add(...given)),
    change: (...given) => oneAtATime(() => change(...given)),
    remove: (...given) => oneAtATime(() => remove(...given)),
    task: rounds.task,
  };
}

const keyOf = (id: string) => `hardware:${id}`;

function wanted(path: string, channel: Channel, settings: InputSettings): WantedSensor {
  const { counts, unit, title, decimals } = channel;
  return {
    ...{ path, title: `${channel.device}: ${title}`.slice(0, 80) },
    unit: counts ? settings.unit || null : unit,
    decimals: counts && settings.pulses_per_unit !== 1 ? 3 : Math.min(decimals, 6),
    intervalMs: everyMs(settings),
  };
}

const everyMs = ({ interval_s }: InputSettings) => interval_s * 1_000;

function settingsOf(given: Partial<InputSettings>, before: Partial<InputSettings>): InputSettings {
  const read = inputSettingsShape.safeParse({ ...before, ...given });
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw invalid(`settings.${issue.path.join(".")}`, issue.message);
}

const invalid = (path: string, message: string) =>
  new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
const conflict = (path: string, message: string) =>
  new PerchError("conflict", message, { errors: [{ path, message }] });
