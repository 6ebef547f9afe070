import type { Decoded } from "../../../../readings/reading.ts";
import type {
  AnnouncedDevice,
  AnnouncedEntity,
  DeviceDialect,
  DeviceDirectory,
  DeviceMessage,
} from "../../device.ts";
import type { Adoptions } from "../adoptions.ts";
import { orderMessage } from "../orders.ts";
import type { OwnedTopics } from "../owned.ts";
import { Network } from "./network.ts";

const nothing = (): Decoded => ({ drafts: [], rejects: [] });

export interface Zigbee2mqttDeps {
  directory: DeviceDirectory;
  owned: OwnedTopics;
  adoptions: Adoptions;
  /** First levels of its topics: `zigbee2mqtt`. */
  bases: () => readonly string[];
}

/** Zigbee2MQTT: what it announces, and without discovery how its messages look. */
export function createZigbee2mqtt(deps: Zigbee2mqttDeps): DeviceDialect & {
  restoreOne(device: AnnouncedDevice, entity: AnnouncedEntity): void;
} {
  const { directory, owned } = deps;
  const networks = new Map<string, Network>();
  const networkOf = (base: string) => {
    let network = networks.get(base);
    if (network === undefined) networks.set(base, network = new Network(base, directory));
    return network;
  };
  /** The base of a topic and what stands below it. */
  const placeOf = (topic: string): [base: string, rest: string] | null => {
    for (const base of deps.bases()) {
      if (topic.length > base.length + 1 && topic.startsWith(base) && topic[base.length] === "/") {
        return [base, topic.slice(base.length + 1)];
      }
    }
    return null;
  };
  deps.adoptions.add((topic, property) => {
    const place = placeOf(topic);
    return place === null ? null : networks.get(place[0])?.adoption(place[1], property) ?? null;
  });

  /** A message below a base that no discovered entity has. */
  function plain(base: string, rest: string, { payload }: DeviceMessage): Decoded {
    const network = networkOf(base);
    if (isRequest(rest)) return nothing();
    if (rest.endsWith("/availability")) {
      network.availability(rest.slice(0, -"/availability".length), payload);
      return nothing();
    }
    // A property of a device that announces itself, in a topic of its own.
    const cut = rest.lastIndexOf("/");
    if (cut > 0 && owned.has(`${base}/${rest.slice(0, cut)}`)) return nothing();
    return network.state(rest, payload);
  }

  return {
    name: "zigbee2mqtt",
    title: "Zigbee2MQTT",
    get filters() {
      return deps.bases().map((base) => `${base}/#`);
    },
    topics: () => owned.topics("zigbee2mqtt"),
    restoreOne(device, entity) {
      const { base } = entity.source;
      if (typeof base === "string") networkOf(base).restore(device, entity);
    },
    order: orderMessage,
    decode(message) {
      const place = placeOf(message.topic);
      if (place === null) return owned.decode(message, "zigbee2mqtt");
      const [base, rest] = place;
      const isOwned = owned.has(message.topic);
      if (rest.startsWith("bridge/")) {
        networkOf(base).bridge(rest.slice("bridge/".length), message.payload, isOwned);
        return isOwned ? owned.decode(message, "zigbee2mqtt") : nothing();
      }
      return isOwned ? owned.decode(message, "zigbee2mqtt") : plain(base, rest, message);
    },
  };
}

/** What is asked of a device: `hall/set`, `hall/get/state`. */
function isRequest(rest: string): boolean {
  return /\/(?:set|get)(?:\/[^/]+)?$/.test(rest);
}
