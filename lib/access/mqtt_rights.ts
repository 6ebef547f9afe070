import type { Identity } from "./identity.ts";
import { atLeast } from "./policy.ts";

/** What an MQTT client may do, as the embedded broker asks it. */
export interface MqttRights {
  name: string;
  mayPublish(topic: string): boolean;
  maySubscribe(filter: string): boolean;
}

/**
 * Rights of an identity at the broker. They follow from credentials and topic alone, never from payloads.
 * - a device key: publish and subscribe at and below its own machine, whatever the root topic
 * - an API key: publish as engineer or above (scope `ingest`), subscribe as any role (scope `read`)
 *
 * `pathOf` gives a topic's path below its root topic (`factory/hall/press/temp` → `hall/press/temp`), or
 * null for topics that carry no readings.
 */
export function mqttRights(
  who: Identity,
  pathOf: (topic: string) => string | null,
): MqttRights {
  const { machine } = who;
  if (who.kind === "device") {
    const within = (topic: string) => machine !== null && isWithin(pathOf(topic), machine);
    return { name: who.name, mayPublish: within, maySubscribe: (f) => within(beforeWildcard(f)) };
  }
  const mayDo = (scope: string) => who.scopes === null || who.scopes.includes(scope);
  const publishes = atLeast(who.role, "engineer") && mayDo("ingest");
  const subscribes = mayDo("read");
  return {
    name: who.name,
    mayPublish: (topic) => publishes && !topic.startsWith("$"),
    maySubscribe: (filter) => subscribes && !filter.startsWith("$"),
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
