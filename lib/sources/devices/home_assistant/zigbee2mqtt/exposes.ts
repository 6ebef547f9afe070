import { isConfig } from "../abbreviations.ts";
import { textOf } from "../about.ts";

/** What the bridge says of one property of a device. */
export interface Exposed {
  type: "numeric" | "binary" | "enum" | "text";
  unit?: string;
  /** It can be set. */
  settable: boolean;
  on?: string | boolean | number;
  off?: string | boolean | number;
  values?: string[];
  min?: number;
  max?: number;
  step?: number;
  label?: string;
}

/** A device as `bridge/devices` lists it. */
export interface BridgeDevice {
  ieee: string;
  name: string;
  manufacturer?: string;
  model?: string;
  software?: string;
  exposed: Map<string, Exposed>;
}

const DEVICES_MOST = 2_000;
const EXPOSED_MOST = 500;
const DEPTH_MOST = 4;
const CAN_BE_SET = 2;
const TYPES = new Set(["numeric", "binary", "enum", "text"]);

/** The devices of a list that the bridge sent; what is none is left out. */
export function bridgeDevices(json: unknown): BridgeDevice[] {
  if (!Array.isArray(json)) return [];
  return json.slice(0, DEVICES_MOST).flatMap((one) => deviceIn(one) ?? []);
}

function deviceIn(one: unknown): BridgeDevice | null {
  if (!isConfig(one)) return null;
  const [ieee, name] = [textOf(one.ieee_address), textOf(one.friendly_name)];
  if (ieee === undefined || name === undefined || one.type === "Coordinator") return null;
  const definition = isConfig(one.definition) ? one.definition : {};
  const exposed = new Map<string, Exposed>();
  gather(definition.exposes, "", exposed, 0);
  return {
    ...{ ieee, name, exposed },
    manufacturer: textOf(definition.vendor) ?? textOf(one.manufacturer),
    model: textOf(definition.description) ?? textOf(definition.model) ?? textOf(one.model_id),
    software: textOf(one.software_build_id),
  };
}

function gather(list: unknown, within: string, out: Map<string, Exposed>, depth: number): void {
  if (!Array.isArray(list) || depth > DEPTH_MOST) return;
  for (const one of list) {
    if (!isConfig(one) || out.size >= EXPOSED_MOST) continue;
    const property = textOf(one.property);
    if (Array.isArray(one.features)) {
      const inside = one.type === "composite" && property !== undefined;
      gather(one.features, inside ? `${within}${property}.` : within, out, depth + 1);
    } else if (property !== undefined && TYPES.has(one.type as string)) {
      out.set(within + property, exposedOf(one));
    }
  }
}

function exposedOf(one: Record<string, unknown>): Exposed {
  const number = (value: unknown) => typeof value === "number" ? value : undefined;
  const plain = (value: unknown) =>
    typeof value === "string" || typeof value === "boolean" || typeof value === "number"
      ? value
      : undefined;
  return {
    type: one.type as Exposed["type"],
    unit: textOf(one.unit),
    settable: (Number(one.access) & CAN_BE_SET) !== 0,
    on: plain(one.value_on),
    off: plain(one.value_off),
    values: Array.isArray(one.values)
      ? one.values.flatMap((value) => textOf(value) ?? [])
      : undefined,
    min: number(one.value_min),
    max: number(one.value_max),
    step: number(one.value_step),
    label: textOf(one.label),
  };
}
