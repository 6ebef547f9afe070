import { z } from "zod";
import { CAMERA_FAULTS, MACHINE_FAULTS, SENSOR_FAULTS } from "./faults.ts";
import { SCENARIOS } from "./scenarios/mod.ts";

const name = z.string().min(1).max(200);

const fault = z.strictObject({
  atS: z.number().min(0).max(1e9).meta({ title: "Start, seconds of simulated time" }),
  durationS: z.number().positive().max(1e9).meta({ title: "Duration, seconds" }),
  machine: name.meta({ title: "Machine, like hall-1/press-3" }),
  sensor: name.optional().meta({ title: "Sensor; needed for faults of a sensor" }),
  kind: z.enum([...SENSOR_FAULTS, ...MACHINE_FAULTS, ...CAMERA_FAULTS]),
  amount: z.number().min(-1e6).max(1e6).optional().meta({
    title: "How much: in the sensor's unit, or 0 to 1 for a machine",
  }),
});

/** A script of faults, as in a `--faults` file. */
export const faultScript = z.array(fault).max(1_000);

/** The first is the default. */
export const SCENARIO_NAMES: readonly string[] = SCENARIOS.map((one) => one.name);

/** What a start of the simulator may choose. What is left out stays as it was. */
export const simulatorOptions = z.strictObject({
  seed: z.int().min(0).max(2 ** 31 - 1).optional().meta({ title: "Seed" }),
  speed: z.number().min(0.1).max(100).optional().meta({
    title: "Simulated seconds per second; 100 sends a hundred times as often",
  }),
  scenario: z.enum(SCENARIO_NAMES).optional().meta({
    title: "Scenario",
  }),
  faults: faultScript.optional().meta({ title: "Faults beside those of the scenario" }),
});
export type SimulatorOptions = z.output<typeof simulatorOptions>;
