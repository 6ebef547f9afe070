import type { DeviceDialect, DialectDeps } from "../device.ts";
import { createBook } from "../kit/book.ts";
import { nothing } from "../kit/content.ts";
import { createGen1 } from "./gen1_topics.ts";
import { createGen2, EVENTS } from "./gen2.ts";
import { CALLER, KnownShellies, SHELLY, sourceOf, WITH_MAC } from "./known.ts";

const STATUS = "/status/";
const ONLINE = "/online";
/** Where a device answers what it was told: what became of it is in its status. */
const ANSWERS = `${CALLER}/rpc`;

/** Shelly: the second generation and later by their notifications, the first by its topics. */
export function createShelly({ directory }: DialectDeps): DeviceDialect {
  const book = createBook(SHELLY, directory);
  const known = new KnownShellies(book, directory);
  const gen1 = createGen1(book, known);
  const gen2 = createGen2(book, known);

  return {
    name: SHELLY,
    title: "Shelly",
    filters: ["shellies/#", "+/events/rpc", "+/+/events/rpc", "+/+/+/events/rpc"],
    *topics() {
      for (const device of book.all()) {
        const { generation, prefix } = sourceOf(device);
        if (generation === 1) continue;
        yield* [`${prefix}${ONLINE}`, `${prefix}${EVENTS}`];
        const names = new Set([...device.entities.keys()].map((key) => key.split(".")[0]));
        for (const name of names) yield `${prefix}${STATUS}${name}`;
      }
    },
    restore: (about, entities) => known.restored(book.restore(about, entities)),
    decode(message) {
      const { topic, payload, tMs } = message;
      if (topic.endsWith(EVENTS)) {
        return gen2.notified(topic.slice(0, -EVENTS.length), payload, tMs);
      }
      const end = topic.lastIndexOf("/");
      if (end < 1) return null;
      const prefix = topic.slice(0, end);
      const device = known.at(prefix);
      if (device !== undefined && sourceOf(device).generation === 2) {
        return topic.endsWith(ONLINE) ? known.online(prefix, payload) : nothing();
      }
      const before = topic.lastIndexOf("/", end - 1);
      if (before > 0) {
        const above = topic.slice(0, before);
        if (topic.startsWith(STATUS, before)) {
          const decoded = gen2.status(above, topic.slice(end + 1), payload, tMs);
          if (decoded !== null) return decoded;
        }
        const owner = known.at(above);
        if (owner !== undefined && sourceOf(owner).generation === 2) return nothing();
      }
      if (topic === ANSWERS) return nothing();
      if (topic.startsWith("shellies/")) return gen1.decode(message);
      if (!topic.endsWith(ONLINE)) return null;
      const id = prefix.slice(prefix.lastIndexOf("/") + 1);
      return WITH_MAC.test(id) ? known.online(prefix, payload) : null;
    },
    order({ device: uid, component, id }, value) {
      const device = book.get(String(uid));
      const prefix = device === undefined ? "" : sourceOf(device).prefix;
      const on = value === true || value === "on";
      if (component === "relay") {
        const topic = `${prefix}/relay/${id}/command`;
        return { topic, payload: on ? "on" : "off", qos: 1, retain: false };
      }
      const call = { id: 1, src: CALLER, method: "Switch.Set", params: { id, on } };
      return { topic: `${prefix}/rpc`, payload: JSON.stringify(call), qos: 1, retain: false };
    },
  };
}
