import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Audited } from "../events/audit_change.ts";
import {
  CAMERA_AREA,
  cameraMachineId,
  cameraSensorId,
  firstCameraPath,
} from "../machines/camera_machine.ts";
import type { ExchangeRow } from "../machines/exchange.ts";
import type { Registry } from "../machines/registry.ts";
import type { Sensor } from "../machines/sensor.ts";
import type { MachinesService } from "../machines/service.ts";
import { DAY_MS } from "../words/times.ts";
import type { CameraHealth } from "./health/shape.ts";
import type { Camera } from "./camera.ts";

/** What is measured of a camera. */
export interface CameraQuantity {
  /** Last level of the sensor's name; it never changes, ids follow from it. */
  name: string;
  title: string;
  unit: string | null;
  decimals: number;
  /** A minute is the mean of it; else its latest value. */
  isMean: boolean;
  /** Null: not known. */
  value(health: CameraHealth): number | null;
}

export const CAMERA_QUANTITIES: readonly CameraQuantity[] = [
  {
    name: "fps",
    title: "Pictures",
    unit: "1/s",
    decimals: 1,
    isMean: true,
    value: ({ fps }) => fps,
  },
  {
    name: "frame_age",
    title: "Age of the newest picture",
    unit: "s",
    decimals: 1,
    isMean: false,
    value: ({ frameAgeMs }) => frameAgeMs === null ? null : frameAgeMs / 1000,
  },
  {
    name: "brightness",
    title: "Brightness",
    unit: null,
    decimals: 0,
    isMean: true,
    value: ({ brightness }) => brightness,
  },
  {
    name: "reconnects",
    title: "New starts",
    unit: "1/h",
    decimals: 0,
    isMean: false,
    value: ({ reconnectsPerHour }) => reconnectsPerHour,
  },
];

/** One that is switched off is no fault: for so long its silence says nothing. */
const EXPECTED_MS = DAY_MS;

type Named = Pick<Camera, "id" | "name">;

/** The machine of each camera and its sensors. */
export interface CameraSensors {
  /** Null where there is none (yet), or a person deleted it. People may rename and move it. */
  find(camera: Named, name: string): Sensor | null;
  /** Makes what there never was. Nothing is made again that somebody deleted; what is there stays as it is. */
  make(camera: Named): Promise<void>;
}

export function createCameraSensors({ registry, service, audited, log }: {
  registry: Pick<Registry, "find" | "machines">;
  service: Pick<MachinesService, "importRows" | "patchMachine">;
  audited: Audited;
  log: Log;
}): CameraSensors {
  const find = ({ id }: Named, name: string) => registry.find(cameraSensorId(id, name)) ?? null;

  /** From under its id to under its name; where that is taken it stays. */
  async function callByName({ id, name }: Named): Promise<void> {
    const path = `${CAMERA_AREA}/${name.replaceAll(/[/+#\p{C}]/gu, "-").trim()}`;
    try {
      await service.patchMachine(cameraMachineId(id), { path }, audited);
    } catch (error) {
      log.debug(`the machine of the camera ${name} is called by its id`, {
        error: messageOf(error),
      });
    }
  }

  return {
    find,
    async make(camera) {
      // All are made at once with their machine, so one that is missing was deleted.
      if (registry.machines.find(cameraMachineId(camera.id)) !== undefined) return;
      const path = firstCameraPath(camera.id);
      const fields = { type: "machine", path, display_name: camera.name };
      const sensors = CAMERA_QUANTITIES.map((quantity) => rowOf(quantity, path));
      await service.importRows([{ row: path, fields }, ...sensors], true, audited);
      await callByName(camera);
    },
  };
}

function rowOf({ name, title, unit, decimals }: CameraQuantity, machine: string): ExchangeRow {
  const path = `${machine}/${name}`;
  return {
    row: path,
    fields: {
      type: "sensor",
      path,
      kind: "number",
      unit,
      display_name: title,
      decimals,
      expected_interval_ms: EXPECTED_MS,
    },
  };
}
