/** Sensors that are computed from others: what people may do with them. Start here. */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { createTurns } from "../base/turns.ts";
import type { Audited } from "../events/audit_change.ts";
import type { MachinesService } from "../machines/service.ts";
import type { Sensor, SensorDirectory } from "../machines/sensor.ts";
import { deleteComputed, loadComputed, putComputed } from "./computed_store.ts";
import { type Computing, type ComputingDeps, createComputing } from "./computing.ts";
import { checkSpec, circleOf, type Definition } from "./definition.ts";
import { type Preview, previewOf } from "./preview.ts";
import { type AskedSpec, type Spec, wholeSpec } from "./spec.ts";

/** How many there may be. */
const COMPUTED_MOST = 500;

/** One computed sensor as it stands. */
export interface ComputedView {
  sensor: Sensor;
  spec: Spec;
  /** Sensors that it is computed from, by input; null: gone for good. */
  inputs: (Sensor | null)[];
  /** Why it gives no result; null: it does. */
  fault: string | null;
  /** How far its history is computed, 0 to 1; null: all of it. */
  progress: number | null;
  createdMs: number;
}

export interface NewComputed {
  /** `<area…>/<machine>/<sensor>` */
  name: string;
  /** Null or left out: worked out of those of the inputs. */
  unit?: string | null;
  spec: AskedSpec;
}

export interface Computed {
  /** By name. */
  all(): ComputedView[];
  /** @throws PerchError `not_found` */
  find(idOrName: string): ComputedView;
  /** Of a sensor that is not computed: null. */
  of(sensor: Sensor): ComputedView | null;
  /** Sensors that are computed from this one, directly. */
  from(sensor: Sensor): Sensor[];
  /** @throws PerchError `validation`, `conflict` */
  add(given: NewComputed, audited: Audited): Promise<ComputedView>;
  /** Its history is computed anew. @throws PerchError `not_found`, `validation` */
  change(idOrName: string, spec: AskedSpec, audited: Audited): Promise<ComputedView>;
  /** It is computed no more; the sensor stays, with its readings. @throws PerchError `not_found` */
  end(idOrName: string, audited: Audited): Promise<Sensor>;
  /** What it would give over the last hours. @throws PerchError `validation` */
  preview(spec: AskedSpec, hours: number): Promise<Preview>;
  take: Computing["take"];
  sensorChanged: Computing["sensorChanged"];
  task: Computing["task"];
}

export interface ComputedDeps extends Omit<ComputingDeps, "find"> {
  clock: Clock;
  sensors: SensorDirectory;
  machines: Pick<MachinesService, "addSensor" | "patchSensor" | "deletedSensor">;
}

/** Reads the rows; nothing is computed before the task runs. */
export async function createComputed(deps: ComputedDeps): Promise<Computed> {
  const { db, clock, sensors, machines } = deps;
  const exclusive = createTurns();
  const findById = (id: string) => sensors.find(id) ?? machines.deletedSensor(id);
  const rows = (await loadComputed(db)).filter(({ sensorNum }) =>
    sensors.byNum(sensorNum) !== undefined
  );
  const computing = createComputing({ ...deps, find: findById }, rows);

  function specOf(asked: AskedSpec): Spec {
    return wholeSpec(asked, (name, i) => {
      const sensor = sensors.find(name);
      if (sensor !== undefined) return sensor.id;
      const message = `there is no sensor "${name.slice(0, 200)}"`;
      const path = `inputs.${i}.sensor`;
      throw new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
    });
  }

  /** @throws PerchError `validation` that names the circle */
  function refuseCircle(num: number, inputs: readonly number[]): void {
    const circle = circleOf(num, inputs, inputsOf);
    if (circle === null) return;
    const names = circle.map((one) => sensors.byNum(one)?.name ?? "?").join(" → ");
    const message = `it would depend on itself: ${names}`;
    throw new PerchError("validation", `inputs: ${message}`, {
      errors: [{ path: "inputs", message }],
    });
  }

  /** Also of those that cannot be computed just now. */
  function inputsOf(num: number): number[] {
    const running = computing.running(num);
    if (running === undefined) return [];
    return running.row.spec.inputs.flatMap(({ sensor }) => findById(sensor)?.num ?? []);
  }

  function viewOf(num: number): ComputedView | null {
    const running = computing.running(num);
    const sensor = sensors.byNum(num);
    if (running === undefined || sensor === undefined) return null;
    const { row, definition, job, touched } = running;
    const whole = touched?.fromMs === 0 && definition.plan !== null;
    return {
      sensor,
      spec: row.spec,
      inputs: row.spec.inputs.map((input) => findById(input.sensor) ?? null),
      fault: definition.fault,
      progress: job === null ? (whole ? 0 : null) : progressOf(definition, job),
      createdMs: row.createdMs,
    };
  }

  function progressOf(
    { inputs }: Definition,
    { firstMs, atMs, toMs }: { firstMs: number | null; atMs: number; toMs: number },
  ): number {
    if (firstMs === null) return 0;
    const newest = inputs.map((num) => sensors.byNum(num)?.last?.tMs ?? 0);
    const endMs = Math.min(toMs, Math.max(...newest));
    return endMs <= firstMs ? 1 : Math.min(1, Math.max(0, (atMs - firstMs) / (endMs - firstMs)));
  }

  function find(idOrName: string): ComputedView {
    const sensor = sensors.find(idOrName);
    const view = sensor === undefined ? null : viewOf(sensor.num);
    if (view !== null) return view;
    throw new PerchError(
      "not_found",
      sensor === undefined
        ? `there is no sensor "${idOrName.slice(0, 200)}"`
        : `${sensor.name} is not computed from others`,
    );
  }

  async function put(
    sensor: Sensor,
    spec: Spec,
    audited: Audited,
    action: "computed.create" | "computed.update",
  ): Promise<ComputedView> {
    const before = computing.running(sensor.num)?.row;
    const row = {
      sensorNum: sensor.num,
      spec,
      version: null,
      recomputeMs: 0,
      createdMs: before?.createdMs ?? clock.now(),
    };
    await db.write([
      putComputed(row),
      audited({
        action,
        resource: `sensor:${sensor.id}`,
        before: before === undefined ? undefined : { ...before.spec },
        after: { ...spec },
      }),
    ]);
    computing.put(row);
    return viewOf(sensor.num)!;
  }

  return {
    all: () =>
      computing.all().flatMap(({ sensor }) => viewOf(sensor) ?? [])
        .filter(({ sensor }) => sensor.deletedMs === null)
        .sort((a, b) => a.sensor.name < b.sensor.name ? -1 : 1),
    find,
    of: ({ num }) => viewOf(num),
    from: ({ id }) =>
      computing.all().filter(({ row }) => row.spec.inputs.some((input) => input.sensor === id))
        .flatMap(({ sensor }) => sensors.byNum(sensor) ?? [])
        .filter(({ deletedMs }) => deletedMs === null),
    add: ({ name, unit, spec: asked }, audited) =>
      exclusive(async () => {
        if (computing.all().length >= COMPUTED_MOST) {
          throw new PerchError(
            "conflict",
            `there may be ${COMPUTED_MOST} computed sensors at most`,
          );
        }
        const spec = specOf(asked);
        const definition = checkSpec(spec, findById);
        const sensor = await machines.addSensor(
          { name, kind: "number", unit: unit ?? definition.unit },
          audited,
        );
        return await put(sensor, spec, audited, "computed.create");
      }),
    change: (idOrName, asked, audited) =>
      exclusive(async () => {
        const { sensor, spec: before } = find(idOrName);
        const spec = specOf(asked);
        const { unit, inputs } = checkSpec(spec, findById);
        refuseCircle(sensor.num, inputs);
        // A unit that a person chose stays.
        const worked = checkedUnit(before, findById);
        if (worked === sensor.unit && unit !== worked) {
          await machines.patchSensor(sensor.id, { unit }, audited);
        }
        return await put(sensor, spec, audited, "computed.update");
      }),
    end: (idOrName, audited) =>
      exclusive(async () => {
        const { sensor, spec } = find(idOrName);
        await db.write([
          deleteComputed(sensor.num),
          audited({
            action: "computed.end",
            resource: `sensor:${sensor.id}`,
            before: { ...spec },
          }),
        ]);
        computing.drop(sensor.num);
        return sensor;
      }),
    async preview(asked, hours) {
      const spec = specOf(asked);
      const definition = checkSpec(spec, findById);
      return await previewOf(deps.readings, definition, { nowMs: clock.now(), hours });
    },
    take: computing.take,
    sensorChanged: computing.sensorChanged,
    task: computing.task,
  };
}

function checkedUnit(spec: Spec, find: (id: string) => Sensor | undefined): string | null {
  try {
    return checkSpec(spec, find).unit;
  } catch {
    return null;
  }
}
