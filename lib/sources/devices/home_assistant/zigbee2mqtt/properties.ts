import type { SensorKind } from "../../../../readings/reading.ts";
import { isFault } from "../../../dialects/dialect.ts";
import { numberOf, stateOf } from "../../../dialects/value.ts";
import type { OrderSpec } from "../../../../machines/order.ts";
import type { AnnouncedEntity } from "../../device.ts";
import { clean } from "../about.ts";
import type { Exposed } from "./exposes.ts";
import { isInverted, isPassedOver, quantityOf } from "./quantities.ts";

export type Value = { value: number | boolean | string; word?: string };

const DEPTH_MOST = 4;
const PROPERTIES_MOST = 500;

/** The values of a message by their properties, nested ones joined by points. */
export function valuesIn(json: Record<string, unknown>): [property: string, value: unknown][] {
  const out: [string, unknown][] = [];
  const visit = (object: Record<string, unknown>, within: string, depth: number): void => {
    for (const [key, value] of Object.entries(object)) {
      if (out.length >= PROPERTIES_MOST || isPassedOver(key)) continue;
      if (typeof value !== "object" || value === null) out.push([within + key, value]);
      else if (!Array.isArray(value) && depth < DEPTH_MOST) {
        visit(value as Record<string, unknown>, `${within}${key}.`, depth + 1);
      }
    }
  };
  visit(json, "", 1);
  return out;
}

/** What a value of a property means; null: there is none. */
export function valueOf(property: string, sent: unknown, exposed?: Exposed): Value | null {
  if (typeof sent === "number") return Number.isFinite(sent) ? { value: sent } : null;
  if (typeof sent === "boolean") return boolean(property, sent, exposed);
  if (typeof sent !== "string" || sent.trim() === "") return null;
  if (exposed?.type === "binary" && (sent === exposed.on || sent === exposed.off)) {
    return onOff(sent === exposed.on, sent);
  }
  const number = exposed?.type === "enum" || exposed?.type === "text" ? NaN : numberOf(sent);
  if (Number.isFinite(number)) return { value: number };
  if (exposed === undefined && /^(?:on|off)$/i.test(sent)) {
    return onOff(sent.toLowerCase() === "on", sent);
  }
  const state = stateOf(sent, true);
  return isFault(state) ? null : state;
}

function boolean(property: string, sent: boolean, exposed?: Exposed): Value {
  if (isInverted(property)) return { value: !sent, word: sent ? "closed" : "open" };
  return { value: exposed?.on === false ? !sent : sent };
}

function onOff(value: boolean, word: string): Value {
  return { value, word };
}

/** An entity for a property that came for the first time. */
export function announcedProperty(
  property: string,
  { value }: Value,
  exposed: Exposed | undefined,
  topic: string,
): Omit<AnnouncedEntity, "uid" | "source"> {
  const kind: SensorKind = typeof value === "boolean"
    ? "binary"
    : typeof value === "number"
    ? "number"
    : "text";
  const { unit, ...quantity } = quantityOf(property);
  return clean({
    name: exposed?.label ?? spoken(property),
    kind,
    ...quantity,
    unit: kind === "number" ? exposed?.unit ?? unit : undefined,
    order: orderOf(property, kind, exposed, topic),
  });
}

function spoken(property: string): string {
  const text = property.replaceAll("_", " ").replaceAll(".", " ");
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** What can be set, as the bridge says; without its word only what is switched by every device. */
function orderOf(
  property: string,
  kind: SensorKind,
  exposed: Exposed | undefined,
  topic: string,
): OrderSpec | undefined {
  const isNested = property.includes(".");
  const isSwitch = exposed === undefined && property === "state" && kind === "binary";
  if (isNested || (!isSwitch && exposed?.settable !== true)) return undefined;
  const key = JSON.stringify(property);
  const texts = { topic, template: `{${key}: {{ value | tojson }}}`, qos: 0 };
  const raw = { topic, template: `{${key}: {{ value }}}`, qos: 0 };
  const way = (to: Record<string, unknown>) => ({ dialect: "zigbee2mqtt", to });
  if (exposed === undefined || exposed.type === "binary") {
    const [on, off] = [exposed?.on ?? "ON", exposed?.off ?? "OFF"];
    const to = typeof on === "string" ? texts : raw;
    return { kind: "switch", way: way({ ...to, on: String(on), off: String(off) }) };
  }
  if (exposed.type === "numeric") {
    const { min, max, step } = exposed;
    if (min === undefined || max === undefined || min > max) return undefined;
    const limits = step !== undefined && step > 0 ? { min, max, step } : { min, max };
    return { kind: "number", ...limits, way: way(raw) };
  }
  if (exposed.type !== "enum" || exposed.values === undefined) return undefined;
  return { kind: "select", options: exposed.values, way: way(texts) };
}
