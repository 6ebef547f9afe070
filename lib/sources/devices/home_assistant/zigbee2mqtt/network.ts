import {
  addReject,
  type Decoded,
  type Draft,
  type SensorKind,
} from "../../../../readings/reading.ts";
import type { AnnouncedDevice, AnnouncedEntity, DeviceDirectory } from "../../device.ts";
import { isConfig } from "../abbreviations.ts";
import { clean, textOf } from "../about.ts";
import type { Adoption } from "../adoptions.ts";
import { Content } from "../content.ts";
import { type BridgeDevice, bridgeDevices, type Exposed } from "./exposes.ts";
import { announcedProperty, type Value, valueOf, valuesIn } from "./properties.ts";

/** A device that is read by how its messages look. */
interface Known {
  uid: string;
  /** What its topic calls it, below the base. */
  name: string;
  ieee: string | null;
  properties: Map<string, { uid: string; kind: SensorKind; unit?: string }>;
  /** As its own topic says. */
  available: boolean | null;
}

const DEVICES_MOST = 2_000;
/** Longer lists of devices are passed over: they would hold up everything else. */
const LIST_BYTES_MOST = 600_000;
const DIALECT = "zigbee2mqtt";

/** The devices of one Zigbee2MQTT, as far as they do not announce themselves. */
export class Network {
  readonly #devices = new Map<string, Known>();
  readonly #byIeee = new Map<string, Known>();
  #listed = new Map<string, BridgeDevice>();
  #bridgeIsOn: boolean | null = null;
  /** Whether devices are there of which nothing else came yet. */
  readonly #before = new Map<string, boolean>();

  /** @param base `zigbee2mqtt` */
  constructor(readonly base: string, private readonly directory: DeviceDirectory) {}

  /** A message of a device; one value alone is a property of the device above: `hall/temperature`. */
  state(name: string, payload: Uint8Array): Decoded {
    const out: Decoded = { drafts: [], rejects: [] };
    if (payload.length === 0) return out;
    const { json, text } = new Content(payload);
    if (isConfig(json)) {
      const inner = this.#isPartOfAnother(name);
      if (!inner) this.#values(out, name, json);
      return out;
    }
    const cut = name.lastIndexOf("/");
    if (text === null) {
      addReject(out, { code: "bad_encoding", message: "the payload is not valid UTF-8" });
    } else if (/^\s*[{[]/.test(text)) {
      if (json === undefined) {
        addReject(out, { code: "bad_payload", message: "the payload is no valid JSON" });
      }
    } else if (cut > 0) {
      this.#values(out, name.slice(0, cut), { [name.slice(cut + 1)]: scalar(json, text) });
    } else {addReject(out, {
        code: "bad_payload",
        message: "a device of Zigbee2MQTT sends a JSON object",
      });}
    return out;
  }

  /** `bridge/…`: never readings. */
  bridge(what: string, payload: Uint8Array, isDiscovered: boolean): void {
    if (what === "state") this.#bridgeState(payload, isDiscovered);
    if (what !== "devices" || payload.length > LIST_BYTES_MOST) return;
    const devices = bridgeDevices(new Content(payload).json);
    this.#listed = new Map(devices.map((device) => [device.name, device]));
    for (const device of devices) this.#meet(device);
  }

  availability(name: string, payload: Uint8Array): void {
    const available = onlineIn(payload);
    const device = this.#devices.get(name);
    if (available === null) return;
    if (device === undefined) return void this.#heardBefore(name, available);
    device.available = available;
    this.#tell(device);
  }

  /** What was read of a topic until now, for a device that announces it. */
  adoption(name: string, property: string | null): Adoption | null {
    if (name.startsWith("bridge/")) {
      return this.#bridgeIsOn === null ? null : { entityUid: null, deviceUid: this.#bridgeUid };
    }
    const device = this.#devices.get(name);
    if (device === undefined) return null;
    const known = property === null ? undefined : device.properties.get(property);
    if (known === undefined) return { entityUid: null, deviceUid: device.uid };
    const taken = () => void device.properties.delete(property!);
    return { entityUid: known.uid, deviceUid: device.uid, kind: known.kind, taken };
  }

  restore(about: AnnouncedDevice, { uid, kind, unit, source }: AnnouncedEntity): void {
    const { name, property } = source;
    if (typeof name !== "string" || typeof property !== "string" || kind === null) return;
    const device = this.#known(name, about.uid, about.serial ?? null);
    device?.properties.set(property, clean({ uid, kind, unit }));
  }

  #values(out: Decoded, name: string, json: Record<string, unknown>): void {
    const told = isConfig(json.device) ? textOf(json.device.ieeeAddr) : undefined;
    const device = this.#deviceOf(name, told ?? null);
    if (device === null) return;
    const listed = this.#listed.get(name);
    const found: [string, Value][] = [];
    for (const [property, sent] of valuesIn(json)) {
      const value = valueOf(property, sent, listed?.exposed.get(property));
      if (value !== null) found.push([property, value]);
    }
    this.#announce(device, found.filter(([property]) => !device.properties.has(property)));
    for (const [property, value] of found) {
      const known = device.properties.get(property);
      const sensor = known === undefined ? null : this.directory.sensorOf(known.uid);
      if (sensor === null) continue;
      const draft: Draft = { sensor, ...value };
      if (typeof value.value === "number" && known?.unit !== undefined) draft.unit = known.unit;
      out.drafts.push(draft);
    }
  }

  #announce(device: Known, found: readonly [string, Value][]): void {
    if (found.length === 0) return;
    const exposed = this.#listed.get(device.name)?.exposed;
    const entities = found.map(([property, value]) =>
      this.#entity(device, property, value, exposed?.get(property))
    );
    this.directory.announce(DIALECT, this.#about(device), entities);
    for (const { uid, kind, unit, source } of entities) {
      device.properties.set(source.property as string, clean({ uid, kind: kind!, unit }));
    }
    this.#tell(device);
  }

  #entity(device: Known, property: string, value: Value, exposed?: Exposed): AnnouncedEntity {
    const { uid: deviceUid, name } = device;
    const topic = `${this.base}/${name}/set`;
    return {
      uid: `${deviceUid}:${property}`,
      ...announcedProperty(property, value, exposed, topic),
      source: { form: DIALECT, base: this.base, name, property },
    };
  }

  #about({ uid, name, ieee }: Known): AnnouncedDevice {
    const { manufacturer, model, software } = this.#listed.get(name) ?? {};
    return clean({ uid, name, serial: ieee ?? undefined, manufacturer, model, software });
  }

  #deviceOf(name: string, told: string | null): Known | null {
    const ieee = told ?? this.#listed.get(name)?.ieee ?? null;
    return this.#devices.get(name) ??
      this.#known(
        name,
        ieee === null ? `z2m:${this.base}/${name}` : `ha:zigbee2mqtt_${ieee}`,
        ieee,
      );
  }

  #known(name: string, uid: string, ieee: string | null): Known | null {
    const there = this.#devices.get(name);
    if (there !== undefined) return there;
    if (this.#devices.size >= DEVICES_MOST) {
      this.directory.note(DIALECT, `more than ${DEVICES_MOST} devices: one was not taken`);
      return null;
    }
    const available = this.#before.get(name) ?? null;
    const device: Known = { uid, name, ieee, properties: new Map(), available };
    this.#before.delete(name);
    this.#devices.set(name, device);
    if (ieee !== null) this.#byIeee.set(ieee, device);
    return device;
  }

  /** The bridge says which device this is: one that has a new name, or one of which the address was not known. */
  #meet({ ieee, name, exposed }: BridgeDevice): void {
    const known = this.#byIeee.get(ieee) ?? this.#devices.get(name);
    if (known === undefined) return;
    known.ieee = ieee;
    this.#byIeee.set(ieee, known);
    if (known.name !== name && this.#devices.get(name) === undefined) {
      this.#devices.delete(known.name);
      known.name = name;
      this.#devices.set(name, known);
    }
    if (known.name !== name || known.properties.size === 0) return;
    for (const [property, said] of exposed) {
      const one = known.properties.get(property);
      if (one?.kind === "number" && said.unit !== undefined) one.unit = said.unit;
    }
    this.directory.announce(DIALECT, this.#about(known), []);
  }

  /** `light/color`, of a device `light`: its own property, in a topic of its own. */
  #isPartOfAnother(name: string): boolean {
    if (this.#listed.has(name) || this.#devices.has(name)) return false;
    const cut = name.lastIndexOf("/");
    return cut > 0 &&
      (this.#devices.has(name.slice(0, cut)) || this.#listed.has(name.slice(0, cut)));
  }

  /** Its availability came before its first message. */
  #heardBefore(name: string, available: boolean): void {
    if (this.#before.size < DEVICES_MOST) this.#before.set(name, available);
  }

  get #bridgeUid(): string {
    return `z2m:${this.base}`;
  }

  #bridgeState(payload: Uint8Array, isDiscovered: boolean): void {
    const isOn = onlineIn(payload);
    if (isOn === null) return;
    this.#bridgeIsOn = isOn;
    if (!isDiscovered) {
      const name = this.base === DIALECT ? "Zigbee2MQTT" : `Zigbee2MQTT ${this.base}`;
      this.directory.announce(DIALECT, { uid: this.#bridgeUid, name }, []);
      this.directory.setAvailable(this.#bridgeUid, isOn);
    }
    for (const device of this.#devices.values()) this.#tell(device);
  }

  /** Without its bridge nothing of a device is heard. */
  #tell({ uid, available, properties }: Known): void {
    if (properties.size === 0 || (available === null && this.#bridgeIsOn === null)) return;
    this.directory.setAvailable(uid, this.#bridgeIsOn !== false && available !== false);
  }
}

/** `online`, `{"state": "online"}`; null: it says neither. */
function onlineIn(payload: Uint8Array): boolean | null {
  const { json, text } = new Content(payload);
  const state = isConfig(json) ? json.state : text?.trim();
  return state === "online" ? true : state === "offline" ? false : null;
}

function scalar(json: unknown, text: string): unknown {
  return json === undefined ? text.trim() : json;
}
