import type { AnnouncedEntity, DeviceDialect, DeviceDirectory } from "../../device.ts";
import type { Adoptions } from "../adoptions.ts";
import { orderMessage } from "../orders.ts";
import type { OwnedTopics } from "../owned.ts";
import { DOMAINS, Nodes, type Place } from "./nodes.ts";

export interface EsphomeDeps {
  directory: DeviceDirectory;
  owned: OwnedTopics;
  adoptions: Adoptions;
  /** First levels that are others': of discovery, of Zigbee2MQTT. */
  others: () => readonly string[];
}

/** First levels below which messages are something else, however they look. */
const NOT_NODES: ReadonlySet<string> = new Set([
  ...["factory", "edge", "sensors", "perch", "tele", "stat", "cmnd", "tasmota", "shellies"],
  ...["spBv1.0", "application", "rtl_433"],
]);
const domains = new Set(DOMAINS);

/** ESPHome: what its nodes announce, and without discovery how they name their topics. */
export function createEsphome(deps: EsphomeDeps): DeviceDialect & {
  restoreOne(entity: AnnouncedEntity): void;
} {
  const { directory, owned } = deps;
  const nodes = new Nodes(directory);
  const isNode = (name: string) => name !== "" && !name.startsWith("$") && !NOT_NODES.has(name);
  /** A topic that looks like a node's; `others` are asked for with the same filters, and are none. */
  const formOf = (topic: string): Place | null => {
    if (!topic.endsWith("/state")) return null;
    const levels = topic.split("/");
    if (levels.length !== 4 || !domains.has(levels[1]) || !isNode(levels[0])) return null;
    return { node: levels[0], domain: levels[1], object: levels[2] };
  };
  const isOther = ({ node }: Place) => deps.others().includes(node);
  const statusOf = (topic: string): string | null => {
    const name = topic.endsWith("/status") ? topic.slice(0, -"/status".length) : "";
    return nodes.has(name) ? name : null;
  };
  deps.adoptions.add((topic, property) => {
    const place = formOf(topic);
    return place === null || isOther(place) ? null : nodes.adoption(place, property);
  });
  return {
    name: "esphome",
    title: "ESPHome",
    filters: DOMAINS.map((domain) => `+/${domain}/+/state`),
    *topics() {
      yield* owned.topics("esphome");
      yield* nodes.topics();
    },
    restoreOne: (entity) => nodes.restore(entity),
    order: orderMessage,
    decode(message) {
      const { topic, payload } = message;
      const node = statusOf(topic);
      if (node !== null) nodes.status(node, payload);
      if (owned.has(topic)) return owned.decode(message, "esphome");
      if (node !== null) return { drafts: [], rejects: [] };
      const place = formOf(topic);
      if (place === null) return null;
      return isOther(place) ? { drafts: [], rejects: [] } : nodes.state(place, payload);
    },
  };
}
