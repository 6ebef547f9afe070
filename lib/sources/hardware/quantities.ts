/** What is measured: in which unit the kernel gives it, in which people read it, and what cannot be. */
import { fault, type ReadFault } from "./driver.ts";

export interface Quantity {
  title: string;
  name: string;
  unit: string | null;
  /** A value of the kernel times this is one in `unit`. */
  times: number;
  decimals: number;
  /** Beyond this no value is possible. */
  from?: number;
  to?: number;
}

const TEMPERATURE = { title: "Temperature", name: "temperature", unit: "°C", decimals: 2 };
const HUMIDITY = { title: "Humidity", name: "humidity", unit: "%", decimals: 1 };
/** Beyond these no sensor of a circuit board measures: a broken driver, or a wire. */
const POSSIBLE = { from: -200, to: 200 };

/** Industrial I/O: https://docs.kernel.org, `sysfs-bus-iio`. By what stands after `in_`. */
export const IIO: Readonly<Record<string, Quantity>> = {
  temp: { ...TEMPERATURE, times: 0.001, ...POSSIBLE },
  humidityrelative: { ...HUMIDITY, times: 0.001, from: 0, to: 105 },
  pressure: {
    ...{ title: "Pressure", name: "pressure", unit: "hPa", times: 10, decimals: 2 },
    ...{ from: 0, to: 1e6 },
  },
  voltage: { title: "Voltage", name: "voltage", unit: "V", times: 0.001, decimals: 4 },
  altvoltage: { title: "AC voltage", name: "ac_voltage", unit: "V", times: 0.001, decimals: 4 },
  current: { title: "Current", name: "current", unit: "A", times: 0.001, decimals: 4 },
  power: { title: "Power", name: "power", unit: "W", times: 0.001, decimals: 3 },
  energy: { title: "Energy", name: "energy", unit: "J", times: 1, decimals: 1 },
  resistance: {
    ...{ title: "Resistance", name: "resistance", unit: "Ω", times: 1, decimals: 1 },
    from: 0,
  },
  illuminance: {
    ...{ title: "Illuminance", name: "illuminance", unit: "lx", times: 1, decimals: 2 },
    from: 0,
  },
  intensity: { title: "Intensity of light", name: "intensity", unit: null, times: 1, decimals: 0 },
  uvindex: { title: "UV index", name: "uv_index", unit: null, times: 1, decimals: 1, from: 0 },
  proximity: { title: "Proximity", name: "proximity", unit: null, times: 1, decimals: 0 },
  distance: { title: "Distance", name: "distance", unit: "m", times: 1, decimals: 3, from: 0 },
  accel: { title: "Acceleration", name: "acceleration", unit: "m/s²", times: 1, decimals: 3 },
  anglvel: { title: "Angular velocity", name: "gyro", unit: "rad/s", times: 1, decimals: 4 },
  magn: { title: "Magnetic field", name: "magnetic_field", unit: "G", times: 1, decimals: 4 },
  concentration: {
    ...{ title: "Concentration", name: "concentration", unit: "ppm", times: 10_000, decimals: 0 },
    ...{ from: 0, to: 1e6 },
  },
  massconcentration: {
    ...{ title: "Particles", name: "particles", unit: "µg/m³", times: 1, decimals: 1, from: 0 },
  },
  electricalconductivity: {
    ...{ title: "Conductivity", name: "conductivity", unit: "S/m", times: 1, decimals: 4, from: 0 },
  },
  ph: { title: "pH", name: "ph", unit: "pH", times: 1, decimals: 2, from: 0, to: 14 },
  capacitance: {
    ...{ title: "Capacitance", name: "capacitance", unit: "nF", times: 1, decimals: 3, from: 0 },
  },
  frequency: { title: "Frequency", name: "frequency", unit: "Hz", times: 1, decimals: 1, from: 0 },
  phase: { title: "Phase", name: "phase", unit: "rad", times: 1, decimals: 4 },
  rot: { title: "Rotation", name: "rotation", unit: "rad", times: 1, decimals: 4 },
  incli: { title: "Inclination", name: "inclination", unit: "°", times: 1, decimals: 2 },
  count: { title: "Count", name: "count", unit: null, times: 1, decimals: 0 },
};

/** Hardware monitoring: https://docs.kernel.org/hwmon/sysfs-interface.html. */
export const HWMON: Readonly<Record<string, Quantity>> = {
  temp: { ...TEMPERATURE, times: 0.001, ...POSSIBLE },
  in: { title: "Voltage", name: "voltage", unit: "V", times: 0.001, decimals: 3 },
  curr: { title: "Current", name: "current", unit: "A", times: 0.001, decimals: 3 },
  power: { title: "Power", name: "power", unit: "W", times: 1e-6, decimals: 3 },
  energy: { title: "Energy", name: "energy", unit: "J", times: 1e-6, decimals: 1 },
  humidity: { ...HUMIDITY, times: 0.001, from: 0, to: 105 },
  fan: { title: "Fan", name: "fan", unit: "rpm", times: 1, decimals: 0, from: 0, to: 1e6 },
  pwm: {
    ...{ title: "Fan drive", name: "fan_drive", unit: "%", times: 100 / 255, decimals: 0 },
    ...{ from: 0, to: 100 },
  },
  freq: { title: "Frequency", name: "frequency", unit: "Hz", times: 1, decimals: 0, from: 0 },
};

/** A thermal zone gives thousandths of a degree. */
export const ZONE: Quantity = { ...TEMPERATURE, decimals: 1, times: 0.001, ...POSSIBLE };

/** The kernel's number in people's unit, or why it cannot be. */
export function measuredAs(
  { times, decimals, unit, from = -Infinity, to = Infinity }: Quantity,
  kernel: number,
): { value: number } | { fault: ReadFault } {
  // What multiplying leaves behind beyond what the kernel said is no measurement.
  const value = Number((kernel * times).toPrecision(12));
  if (Number.isFinite(value) && value >= from && value <= to) return { value };
  const shown = `${Number(value.toFixed(decimals))}${unit === null ? "" : ` ${unit}`}`;
  return fault("refused", `${shown} cannot be: ${possible(from, to, unit)}`);
}

function possible(from: number, to: number, unit: string | null): string {
  const end = unit === null ? "" : ` ${unit}`;
  if (to === Infinity) return from === -Infinity ? "no number" : `it is ${from}${end} or more`;
  return `it lies between ${from} and ${to}${end}`;
}
