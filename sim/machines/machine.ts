import type { Wear } from "../faults.ts";

export type Value = number | boolean | string;

/** How a machine speaks; the variety is that of real devices. */
export type Dialect =
  /** A number per topic, without a time. */
  | "plain"
  /** `{"value", "ts", "unit"}` per topic. */
  | "value"
  /** As `value`, with a sequence number. */
  | "sequence"
  /** One object with all values per message. */
  | "many"
  /** `sensors/<sensor>/telemetry`. */
  | "telemetry"
  /** `meters/<path>`, the values in order with `;` between: it takes a codec. */
  | "own";

/** A machine of the plant: its sensors and how their values come about. */
export interface Machine {
  /** `<area…>/<machine>`. */
  path: string;
  dialect: Dialect;
  /** Numeric sensors. */
  sensors: readonly SensorSpec[];
  /** On/off and text sensors. */
  states?: readonly string[];
  /** Seconds between two samples. Default 1. */
  periodS?: number;
  /** Seconds between two steps. Default 1. */
  tickS?: number;
  /** Decides for itself when it reports, with noise and rounding: what `step` gives is published. */
  speaks?: boolean;
  /** One second (or `tickS`) passes. Gives the values before noise, by sensor name. */
  step(wear: Wear): Record<string, Value>;
}

export interface SensorSpec {
  name: string;
  unit: string;
  /** Standard deviation of the measurement. */
  noise: number;
  decimals: number;
  /** Where the sensor's scale ends. */
  least?: number;
  most?: number;
  /** Added by a random spike of a scenario. */
  spike: number;
}
