/** An input: a channel of this host's buses that somebody added. */
import { z } from "zod";
import { type CounterState, type InputSettings, inputSettingsShape } from "./driver.ts";
import type { HardwareRow } from "./hardware_store.ts";

export interface HardwareInput {
  /** Of its channel. */
  id: string;
  driver: string;
  /** Path of its sensor when it was added. */
  sensor: string;
  /** Public id of its sensor, which survives a new name. */
  sensorId: string;
  settings: InputSettings;
  /** Null: it counts nothing, or has not begun. */
  counter: CounterState | null;
  createdMs: number;
}

const counterShape = z.object({
  total: z.number(),
  count: z.number().optional(),
  boot: z.string().optional(),
});
const stateShape = z.object({
  sensor_id: z.string().default(""),
  counter: counterShape.nullable().default(null),
});

/** What cannot be read of a row any more has its default. */
export function inputOf({ id, driver, sensor, settings, state, createdMs }: HardwareRow) {
  const { sensor_id, counter } = stateShape.catch({ sensor_id: "", counter: null }).parse(state);
  const read = inputSettingsShape.safeParse(settings);
  const input: HardwareInput = {
    ...{ id, driver, sensor, createdMs, counter },
    sensorId: sensor_id,
    settings: read.success ? read.data : inputSettingsShape.parse({}),
  };
  return input;
}

export function rowOf(input: HardwareInput): HardwareRow {
  const { id, driver, sensor, settings, createdMs } = input;
  return { id, driver, sensor, settings, state: stateOf(input), createdMs };
}

export function stateOf({ sensorId, counter }: Pick<HardwareInput, "sensorId" | "counter">) {
  return { sensor_id: sensorId, counter };
}
