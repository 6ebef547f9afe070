/** Home Assistant's discovery, and the two programs that speak it and are understood without it too. */
import type { AnnouncedDevice, AnnouncedEntity, DeviceDialect, DialectDeps } from "../device.ts";
import { Adoptions } from "./adoptions.ts";
import { Availabilities } from "./availabilities.ts";
import { createBirth } from "./birth.ts";
import { placeOf } from "./config.ts";
import { Discovery } from "./discovery.ts";
import { Entities } from "./entities.ts";
import { createEsphome } from "./esphome/dialect.ts";
import { orderMessage } from "./orders.ts";
import { OwnedTopics } from "./owned.ts";
import { createZigbee2mqtt } from "./zigbee2mqtt/dialect.ts";

export const DEFAULT_PREFIX = "homeassistant";
const DEFAULT_BASE = "zigbee2mqtt";

/** Creates the three dialects: entities that are announced by discovery belong to one of them. */
export function createHomeAssistant(deps: DialectDeps): DeviceDialect[] {
  const { directory, settings } = deps;
  const entities = new Entities();
  const availabilities = new Availabilities(entities, directory);
  const adoptions = new Adoptions();
  const { plainName } = deps;
  const discovery = new Discovery({ directory, entities, availabilities, adoptions, plainName });
  const owned = new OwnedTopics({ directory, entities, availabilities });
  const prefix = readOnce(
    () => settings.get("devices.home_assistant_prefix"),
    (text) => levels(text) || DEFAULT_PREFIX,
  );
  const bases = readOnce(() => settings.get("devices.zigbee2mqtt_base"), (text) => {
    const some = text.split(",").map(levels).filter((one) => one !== "");
    return some.length === 0 ? [DEFAULT_BASE] : some;
  });
  deps.onConnected(createBirth({
    prefix,
    isOn: () =>
      settings.get("devices.home_assistant") && settings.get("devices.home_assistant_birth"),
    publish: (message) => deps.publish(message),
    sleep: (ms, signal) => deps.clock.sleep(ms, signal),
  }));
  const zigbee2mqtt = createZigbee2mqtt({ directory, owned, adoptions, bases });
  const others = () => [prefix().split("/")[0], ...bases().map((base) => base.split("/")[0])];
  const esphome = createEsphome({ directory, owned, adoptions, others });
  const restoreIn =
    (dialect: string) => (device: AnnouncedDevice, announced: readonly AnnouncedEntity[]) => {
      for (const entity of announced) {
        const { form } = entity.source;
        if (form === "discovered") discovery.restore(device, entity, dialect);
        else if (form === "zigbee2mqtt") zigbee2mqtt.restoreOne(device, entity);
        else if (form === "esphome") esphome.restoreOne(entity);
      }
    };
  const homeAssistant: DeviceDialect = {
    name: "home_assistant",
    title: "Home Assistant discovery",
    get filters() {
      return [`${prefix()}/+/+/config`, `${prefix()}/+/+/+/config`];
    },
    topics: () => owned.topics("home_assistant"),
    order: orderMessage,
    decode(message) {
      const { topic } = message;
      const at = prefix();
      if (topic.startsWith(at) && topic[at.length] === "/") {
        const below = topic.slice(at.length + 1);
        // Home Assistant's own word that it is there; Perch says it too.
        if (below === "status") return { drafts: [], rejects: [] };
        if (below.endsWith("/config") && !owned.has(topic)) {
          const place = placeOf(below);
          return place === null ? illegal(below) : discovery.heard(place, message.payload);
        }
      }
      return owned.decode(message, "home_assistant");
    },
  };
  return [homeAssistant, zigbee2mqtt, esphome].map((dialect) => {
    dialect.restore = restoreIn(dialect.name);
    return dialect;
  });
}

function illegal(below: string) {
  return {
    drafts: [],
    rejects: [{
      code: "bad_topic" as const,
      message: `illegal discovery topic: ${JSON.stringify(below.slice(0, 80))}; ` +
        "<component>/[<node>/]<object>/config, of letters, digits, _ and -",
    }],
  };
}

/** What is made of a text, made again when it is another: it is asked for each message. */
function readOnce<T>(get: () => string, read: (text: string) => T): () => T {
  let last: { text: string; value: T } | null = null;
  return () => {
    const text = get();
    if (last?.text !== text) last = { text, value: read(text) };
    return last!.value;
  };
}

/** A prefix of topics without the slashes around it. */
function levels(text: string): string {
  return text.trim().replace(/^\/+|\/+$/g, "");
}
