import type { MqttAction } from "../sources/broker/broker.ts";
import type { Identity, Role } from "./identity.ts";
import { atLeast, type Scope } from "./policy.ts";

/** Who may do an action. A device key has no role; a client without a key is let in on this host only. */
interface MqttPolicy {
  /** `own`: at and below its machine, whatever the root topic. */
  device: "any" | "own";
  /** API keys from this role on, and with this scope when they are limited to scopes. */
  key: { least: Role; scope: Scope | null };
  /** A client that gives no user. A WebSocket may come through a proxy that hides where from: never. */
  nobody: "loopback" | "never";
}

const ENTER: MqttPolicy = {
  device: "any",
  key: { least: "viewer", scope: null },
  nobody: "loopback",
};
const SEND: MqttPolicy = {
  device: "own",
  key: { least: "engineer", scope: "ingest" },
  nobody: "loopback",
};

/**
 * Every action at the embedded broker and who may do it. An action without a line does not compile; the
 * matrix test walks this table.
 */
export const MQTT_POLICIES = {
  connect: ENTER,
  connect_web_socket: { ...ENTER, nobody: "never" },
  publish: SEND,
  retain: SEND,
  will: SEND,
  subscribe: { device: "own", key: { least: "viewer", scope: "read" }, nobody: "loopback" },
} as const satisfies Record<MqttAction, MqttPolicy>;

/** What an MQTT client may do, as the embedded broker asks it. */
export interface MqttRights {
  name: string;
  /** @param topic topic or filter; empty for connections */
  may(action: MqttAction, topic: string): boolean;
}

/**
 * Rights at the broker. They follow from credentials and topic alone, never from payloads.
 * @param who null for a client that gave no user
 * @param loopback the client is on this host
 * @param pathOf a topic's path below its root topic (`factory/hall/press/temp` → `hall/press/temp`); null
 *   for topics that carry no readings
 */
export function mqttRights(
  who: Identity | null,
  loopback: boolean,
  pathOf: (topic: string) => string | null,
): MqttRights {
  if (who === null) {
    const may = (action: MqttAction) => loopback && MQTT_POLICIES[action].nobody === "loopback";
    return { name: "anonymous", may };
  }
  const { machine, name, role, scopes } = who;
  const isOwn = (action: MqttAction, topic: string) =>
    machine !== null &&
    isWithin(pathOf(action === "subscribe" ? beforeWildcard(topic) : topic), machine);
  return {
    name,
    may(action, topic) {
      const policy: MqttPolicy = MQTT_POLICIES[action];
      if (who.kind === "device") return policy.device === "any" || isOwn(action, topic);
      // What begins with $ is the broker's own.
      if (topic.startsWith("$") || !atLeast(role, policy.key.least)) return false;
      return policy.key.scope === null || scopes === null || scopes.includes(policy.key.scope);
    },
  };
}

function isWithin(path: string | null, machine: string): boolean {
  return path !== null && (path === machine || path.startsWith(`${machine}/`));
}

/** The levels of a filter before its first wildcard: all it can match lies below them. */
function beforeWildcard(filter: string): string {
  const levels = filter.split("/");
  const wildcard = levels.findIndex((level) => level.includes("+") || level.includes("#"));
  return (wildcard < 0 ? levels : levels.slice(0, wildcard)).join("/");
}
