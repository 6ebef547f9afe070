import type { Decoded } from "../../../readings/reading.ts";
import type { DeviceDialect, DeviceMessage, DialectDeps } from "../device.ts";
import { createBook, type Noted } from "../kit/book.ts";
import { type Json, nothing, readObject, readText, textIn } from "../kit/content.ts";
import { aboutGateway, aboutSystem, gatewayValues, isMeasured, systemValues } from "./bluetooth.ts";
import { aboutRadio, radioDevice, radioTime, radioValues } from "./fields.ts";

export const OPEN_MQTT_GATEWAY = "openmqttgateway";

/** `<base>/<gateway>/BTtoMQTT/<MAC>` */
const TOPIC = /^(.+)\/([A-Za-z0-9_]+)toMQTT(?:\/(.+))?$/;
const MAC = /^(?:[\da-f]{2}:?){5}[\da-f]{2}$/i;
/** Sensors at the gateway itself. */
const LOCAL =
  /^(?:CLIMA|DHT|BME280|BME|HTU21D?|DS1820|SHTC3|AHTx?0?|TSL2561|BH1750|ADC|HCSR501|HCSR04|INA226|TEMP)$/i;
const WAITING_MOST = 1_000;

/** OpenMQTTGateway: what it hears by Bluetooth and radio, what is measured at it, and how it is itself. */
export function createOpenMqttGateway({ directory }: DialectDeps): DeviceDialect {
  const book = createBook(OPEN_MQTT_GATEWAY, directory);
  /** By beginning of their topics. */
  const gateways = new Map<string, Noted>();
  const lastWills = new Map<string, boolean>();

  function gatewayAt(prefix: string, json?: Json): Noted | null {
    const here = gateways.get(prefix);
    const mac = typeof json?.mac === "string" && MAC.test(json.mac) ? plain(json.mac) : undefined;
    const known = here ?? (mac === undefined ? undefined : book.get(`mac:${mac}`));
    const software = textIn(json?.version);
    if (known !== undefined) {
      if (known.source.prefix !== prefix || software && software !== known.about.software) {
        const about = { ...known.about, ...(software ? { software } : {}) };
        gateways.delete(String(known.source.prefix));
        book.change(known, about, { ...known.source, prefix });
        gateways.set(prefix, known);
      }
      return known;
    }
    const device = book.device({
      uid: mac === undefined ? `${OPEN_MQTT_GATEWAY}:${prefix}` : `mac:${mac}`,
      name: prefix.slice(prefix.lastIndexOf("/") + 1),
      manufacturer: "OpenMQTTGateway",
      ...(software ? { software } : {}),
    }, { prefix });
    if (device === null) return null;
    gateways.set(prefix, device);
    directory.topicsChanged();
    return device;
  }

  function reachable(prefix: string): void {
    const said = lastWills.get(prefix);
    const device = gateways.get(prefix);
    if (said !== undefined && device !== undefined) {
      directory.setAvailable(device.about.uid, said);
    }
  }

  function lastWill(prefix: string, payload: Uint8Array): Decoded | null {
    const read = readText(payload);
    if (read.answer) return null;
    const said = /^online$/i.test(read.is) ? true : /^offline$/i.test(read.is) ? false : null;
    if (said === null) return null;
    // Tasmota writes it with a capital.
    if (!gateways.has(prefix) && read.is !== read.is.toLowerCase()) return null;
    if (lastWills.size < WAITING_MOST || lastWills.has(prefix)) lastWills.set(prefix, said);
    reachable(prefix);
    return nothing();
  }

  function bluetooth(prefix: string, sub: string | undefined, json: Json, nowMs: number): Decoded {
    const said = [sub?.split("/").pop(), json.id, json.mac].map(textIn)
      .filter((one) => one !== undefined);
    const mac = said.find((one) => MAC.test(one));
    const id = mac === undefined ? said[0] : plain(mac);
    if (id === undefined) return nothing();
    const uid = mac === undefined ? `${OPEN_MQTT_GATEWAY}:${id}` : `mac:${id}`;
    const values = gatewayValues(json);
    const known = book.get(uid);
    if (known === undefined && !isMeasured(values)) return nothing();
    const model = textIn(json.model_id) ?? textIn(json.model);
    const manufacturer = textIn(json.brand);
    const device = known ?? book.device({
      ...{ uid, name: textIn(json.name) ?? id.toUpperCase() },
      ...(model ? { model } : {}),
      ...(manufacturer ? { manufacturer } : {}),
    }, {});
    if (device === null) return nothing();
    return book.read(device, values, aboutGateway, { nowMs, way: prefix });
  }

  function radio(prefix: string, json: Json, nowMs: number): Decoded {
    const about = radioDevice(json);
    const values = radioValues(json);
    if (about === null || values.length === 0) return nothing();
    const { key, name, model } = about;
    const device = book.device({ uid: `rtl_433:${key}`, name, model }, {});
    if (device === null) return nothing();
    return book.read(device, values, aboutRadio, { nowMs, way: prefix, ...radioTime(json.time) });
  }

  function lora(prefix: string, sub: string | undefined, json: Json, nowMs: number): Decoded {
    const id = textIn(json.id) ?? textIn(sub);
    const values = gatewayValues(json);
    if (id === undefined || !isMeasured(values)) return nothing();
    const device = book.device({ uid: `${OPEN_MQTT_GATEWAY}:lora:${id}`, name: id }, {});
    if (device === null) return nothing();
    return book.read(device, values, aboutGateway, { nowMs, way: prefix });
  }

  function received(
    [, prefix, kind, sub]: RegExpExecArray,
    payload: Uint8Array,
    nowMs: number,
  ): Decoded {
    const read = readObject(payload);
    if (read.answer) return read.answer;
    const json = read.is;
    if (kind === "BT") return bluetooth(prefix, sub, json, nowMs);
    if (kind === "RTL_433") return radio(prefix, json, nowMs);
    if (kind === "LORA") return lora(prefix, sub, json, nowMs);
    const isSystem = kind === "SYS";
    if (!isSystem && !LOCAL.test(kind)) return nothing();
    const values = isSystem
      ? systemValues(json)
      : gatewayValues(json, [kind, ...sub?.split("/") ?? []]);
    if (values.length === 0) return nothing();
    const device = gatewayAt(prefix, isSystem ? json : undefined);
    if (device === null) return nothing();
    const out = book.read(device, values, isSystem ? aboutSystem : aboutGateway, { nowMs });
    reachable(prefix);
    return out;
  }

  return {
    name: OPEN_MQTT_GATEWAY,
    title: "OpenMQTTGateway",
    filters: ["BT", "RTL_433", "LORA", "CLIMA", "SYS"].map((kind) => `+/+/${kind}toMQTT/#`),
    *topics() {
      for (const prefix of gateways.keys()) yield `${prefix}/LWT`;
    },
    restore(about, entities) {
      const device = book.restore(about, entities);
      if (typeof device.source.prefix === "string") gateways.set(device.source.prefix, device);
    },
    decode({ topic, payload, tMs }: DeviceMessage) {
      if (topic.endsWith("/LWT")) return lastWill(topic.slice(0, -"/LWT".length), payload);
      if (!topic.includes("toMQTT")) return null;
      const found = TOPIC.exec(topic);
      return found === null ? null : received(found, payload, tMs);
    },
  };
}

const plain = (mac: string) => mac.replaceAll(":", "").toLowerCase();
