/** Which unit a result has, where the inputs leave no doubt, and what has to be converted on the way. */
import { type Conversion, conversion, quantityOf, sameUnit, symbolOf } from "../machines/units.ts";
import { isSingle, type Per, type Spec } from "./spec.ts";

export interface Units {
  unit: string | null;
  into: (Conversion | null)[];
  factor: number;
}

const ENERGY_OF: Readonly<Record<string, string>> = {
  mW: "Wh",
  W: "kWh",
  kW: "kWh",
  MW: "MWh",
  GW: "GWh",
};
const POWER_OF: Readonly<Record<string, string>> = {
  Wh: "W",
  kWh: "kW",
  MWh: "MW",
  GWh: "GW",
  J: "W",
  kJ: "kW",
  MJ: "MW",
  GJ: "GW",
};
/** Units that are something per time: what remains, and per what. */
const PER_TIME = /^(m³|L|km|m|mm)\/(s|min|h)$/;

/** Works out the units of a spec; `units` are those of its inputs, in order. */
export function unitsOf(spec: Spec, units: readonly (string | null)[]): Units & { per: Per } {
  const same = { per: spec.per };
  if (!isSingle(spec.how)) return { ...same, ...combined(spec, units) };
  const [unit] = units;
  if (spec.how === "run_time") return { ...same, unit: "h", into: [null], factor: 1 };
  return spec.how === "rate" ? rateUnit(unit, spec.per) : totalUnit(unit, spec.per);
}

function combined({ how }: Spec, units: readonly (string | null)[]): Units {
  const nothing = { unit: null, into: units.map(() => null), factor: 1 };
  const [first] = units;
  if (how === "expression" || first === null) return nothing;
  // A difference of temperatures is no temperature: it must not be shown in °F as one.
  const target = how === "difference" && quantityOf(first) === "temperature" ? "K" : first;
  const into = units.map((unit) => {
    if (unit === null) return undefined;
    return sameUnit(unit, target) ? null : conversion(unit, target) ?? undefined;
  });
  return into.includes(undefined)
    ? nothing
    : { unit: target, into: into as (Conversion | null)[], factor: 1 };
}

function rateUnit(unit: string | null, per: Per): Units & { per: Per } {
  if (unit === null) return { unit: null, into: [null], factor: 1, per };
  const power = POWER_OF[symbolOf(unit)];
  if (quantityOf(unit) === "energy" && power !== undefined) {
    const into = conversion(unit, `${power}h`);
    return { unit: power, into: [into], factor: 1, per: "h" };
  }
  return { unit: `${symbolOf(unit)}/${per}`, into: [null], factor: 1, per };
}

function totalUnit(unit: string | null, per: Per): Units & { per: Per } {
  if (unit === null) return { unit: null, into: [null], factor: 1, per };
  const symbol = symbolOf(unit);
  const energy = ENERGY_OF[symbol];
  if (quantityOf(unit) === "power" && energy !== undefined) {
    return { unit: energy, into: [conversion(unit, energy.slice(0, -1))], factor: 1, per: "h" };
  }
  const [, what, time] = PER_TIME.exec(symbol) ?? [];
  if (what !== undefined) return { unit: what, into: [null], factor: 1, per: time as Per };
  if (/^[mk]?A$/.test(symbol)) return { unit: `${symbol}h`, into: [null], factor: 1, per: "h" };
  return { unit: `${symbol}·${per}`, into: [null], factor: 1, per };
}
