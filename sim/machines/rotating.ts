import type { Wear } from "../faults.ts";
import type { Random } from "../random.ts";
import type { Dialect, Machine, SensorSpec, Value } from "./machine.ts";

/** The nine quantities of a machine with a motor; each has its nominal value at full load. */
export interface RotatingSpec {
  path: string;
  dialect: Dialect;
  rpm: number;
  /** Which quantities have a sensor, with the nominal value. */
  nominal: Partial<Record<Quantity, number>>;
  /** Shows `mode` (idle, running, cleaning). */
  mode?: boolean;
  /** Shows `fault_code` (E00 = none). */
  faultCode?: boolean;
}

export type Quantity =
  | "temperature"
  | "pressure"
  | "vibration"
  | "motor_current"
  | "rpm"
  | "flow_rate"
  | "oil_level"
  | "belt_speed"
  | "load_weight";

/** Unit, decimals, noise and spike relative to the nominal value. */
const KINDS: Record<Quantity, { unit: string; decimals: number; noise: number; spike: number }> = {
  temperature: { unit: "°C", decimals: 2, noise: 0.002, spike: 0.4 },
  pressure: { unit: "bar", decimals: 3, noise: 0.003, spike: 0.5 },
  vibration: { unit: "mm/s", decimals: 3, noise: 0.04, spike: 4 },
  motor_current: { unit: "A", decimals: 2, noise: 0.008, spike: 0.8 },
  rpm: { unit: "rpm", decimals: 0, noise: 0.002, spike: 0.3 },
  flow_rate: { unit: "l/min", decimals: 1, noise: 0.006, spike: 0.6 },
  oil_level: { unit: "%", decimals: 1, noise: 0.001, spike: -0.5 },
  belt_speed: { unit: "m/s", decimals: 3, noise: 0.003, spike: 0.4 },
  load_weight: { unit: "kg", decimals: 1, noise: 0.01, spike: 0.8 },
};

const AMBIENT_C = 22;
/** Time constant of the housing. */
const WARMING_S = 600;
const SPIN_UP_S = 8;
const LOAD_S = 120;
/** Mean length of a shift of load, and of a stop between runs. */
const SHIFT_S = 900;
const STOP_S = 60;

/**
 * A motor that carries a changing load. Load raises current and slows it a little; current warms the
 * housing, slowly; vibration follows speed; a worn bearing rubs (current, heat) and shakes; a leak costs
 * pressure, flow and oil.
 */
export function rotating(spec: RotatingSpec, random: Random): Machine {
  const { nominal, rpm } = spec;
  let mode = "running";
  let modeLeftS = SHIFT_S * (0.5 + random.uniform());
  let target = 0.75;
  let load = 0.7;
  let speed = rpm;
  let temperature = nominal.temperature ?? 60;
  let oil = 92 - 20 * random.uniform();

  function changeMode(): void {
    modeLeftS -= 1;
    if (modeLeftS > 0) return;
    mode = mode !== "running" ? "running" : random.uniform() < 0.8 ? "idle" : "cleaning";
    modeLeftS = (mode === "running" ? SHIFT_S : STOP_S) * (0.5 + random.uniform());
    target = 0.55 + 0.4 * random.uniform();
  }

  function step(wear: Wear): Record<string, Value> {
    if (spec.mode) changeMode();
    const running = mode === "running";
    const wanted = (running ? target : 0) + 0.35 * wear.overload;
    load += (wanted - load) / LOAD_S + 0.004 * random.normal();
    load = Math.min(1.4, Math.max(0, load));
    speed += ((running ? rpm * (1.015 - 0.03 * load) : 0) - speed) / SPIN_UP_S;
    const turn = speed / rpm;
    const drag = 1 + 0.35 * wear.bearing;
    const currentShare = turn * (0.3 + 0.7 * load) * drag;
    const rise = (nominal.temperature ?? 60) - AMBIENT_C;
    const steady = AMBIENT_C + rise * (0.25 * turn + 0.75 * currentShare ** 2) +
      30 * wear.bearing * turn;
    temperature += (steady - temperature) / WARMING_S;
    oil -= 0.0005 * turn + 0.02 * wear.leak;
    if (oil < 25) oil = 95;
    const tight = 1 - 0.55 * wear.leak;
    const values: Record<Quantity, number> = {
      temperature,
      pressure: (nominal.pressure ?? 0) * turn * (0.9 + 0.1 * load) * tight,
      vibration: (nominal.vibration ?? 0) * turn ** 2 * (0.8 + 0.2 * load) *
        (1 + 5 * wear.bearing ** 1.5),
      motor_current: (nominal.motor_current ?? 0) * currentShare,
      rpm: speed,
      flow_rate: (nominal.flow_rate ?? 0) * turn * tight,
      oil_level: oil,
      belt_speed: (nominal.belt_speed ?? 0) * turn * (1 - 0.02 * load),
      load_weight: (nominal.load_weight ?? 0) * load,
    };
    const out: Record<string, Value> = values;
    if (spec.mode) out.mode = mode;
    if (spec.faultCode) out.fault_code = faultCode(wear);
    return out;
  }

  const states = [spec.mode ? "mode" : "", spec.faultCode ? "fault_code" : ""].filter(Boolean);
  return {
    path: spec.path,
    dialect: spec.dialect,
    sensors: Object.entries(nominal).map(([name, value]) => sensor(name as Quantity, value)),
    states,
    step,
  };
}

function sensor(name: Quantity, nominal: number): SensorSpec {
  const { unit, decimals, noise, spike } = KINDS[name];
  const most = name === "oil_level" ? 100 : undefined;
  return { name, unit, decimals, noise: noise * nominal, spike: spike * nominal, least: 0, most };
}

function faultCode(wear: Wear): string {
  if (wear.overload > 0) return "E31 overload";
  if (wear.leak > 0.5) return "E17 pressure low";
  if (wear.bearing > 0.6) return "E42 bearing";
  return "E00";
}
