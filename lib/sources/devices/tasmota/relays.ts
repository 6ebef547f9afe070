/** Relays: what they say, what they are called, how they are switched. */
import { shown } from "../../dialects/dialect.ts";
import type { About, Noted, Value } from "../kit/book.ts";
import { type Source, TASMOTA } from "./discovery.ts";

export const POWER = /^POWER(\d{0,2})$/;

/** POWER and POWER1 are the same relay. */
export function relayOf(power: string): Pick<Value, "key" | "path"> {
  return { key: `POWER${POWER.exec(power)?.[1] || "1"}`, path: [power] };
}

/** Whether a relay is on, by the words of its device; null: it says something else. */
export function onOf(device: Noted, value: unknown): boolean | null {
  const { states: [off, on] } = device.source as unknown as Source;
  if (value === on || value === "ON") return true;
  return value === off || value === "OFF" ? false : null;
}

export function noPower(key: string, value: unknown) {
  return { code: "bad_value" as const, message: `${key} is neither on nor off: ${shown(value)}` };
}

/** What a relay is, when it comes first; discovery says its name and kind beside. */
export function aboutRelay({ path: [power, name, kind] }: Value, device: Noted): About {
  const number = POWER.exec(power)?.[1] ?? "";
  return {
    names: [name ?? (number === "" ? "Relay" : `Relay ${number}`)],
    kind: "binary",
    deviceClass: kind ?? "switch",
    order: {
      kind: "switch",
      way: { dialect: TASMOTA, to: { device: device.about.uid, power } },
    },
  };
}
