import type { DeviceDialect, DialectDeps } from "../devices/device.ts";
import { encodeCommand } from "./encode.ts";
import { type KnownPlace, NAMESPACE, placeOf } from "./topic.ts";

/** Name of the dialect, of its switch (`devices.sparkplug`) and of its source. */
export const SPARKPLUG = "sparkplug";

/**
 * Sparkplug B among the dialects of devices. Its messages come by a connection of its own (`source.ts`): what comes by
 * another is claimed, and not read a second time.
 */
export interface SparkplugDialect extends DeviceDialect {
  /** Called with the messages of nodes that come by another way; null: no longer. */
  onSeen(listener: ((place: KnownPlace) => void) | null): void;
}

/** Creates the dialect. */
export function createSparkplug({ clock }: DialectDeps): SparkplugDialect {
  let seen: ((place: KnownPlace) => void) | null = null;
  return {
    name: SPARKPLUG,
    title: "Sparkplug B",
    filters: [],
    onSeen: (listener) => void (seen = listener),
    decode({ topic }) {
      if (!topic.startsWith(NAMESPACE) || topic[NAMESPACE.length] !== "/") return null;
      if (seen !== null) {
        const place = placeOf(topic);
        if (place !== null) seen({ group: place.group, node: place.node, device: null });
      }
      return { drafts: [], rejects: [] };
    },
    order(to, value) {
      const { topic, name, type } = to as { topic: string; name: string; type: number };
      const payload = encodeCommand({ name, type, value }, clock.now());
      return { topic, payload, qos: 0, retain: false };
    },
  };
}

/** Where a device that was announced stands. */
export function placeOfUid(uid: string): KnownPlace | null {
  const [group, node, device] = uid.replace(/^sp:/, "").split("/");
  return group && node ? { group, node, device: device ?? null } : null;
}
