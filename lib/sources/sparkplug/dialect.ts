import type { AnnouncedDevice, DeviceDialect, DialectDeps } from "../devices/device.ts";
import { encodeCommand } from "./encode.ts";
import type { KnownPlace } from "./source.ts";
import { NAMESPACE, placeOf } from "./topic.ts";

/** Name of the dialect, of its switch (`devices.sparkplug`) and of its source. */
export const SPARKPLUG = "sparkplug";

/**
 * Sparkplug B among the dialects of devices. Its messages come by a connection of its own (`source.ts`): what comes by
 * another is claimed, and not read a second time.
 */
export interface SparkplugDialect extends DeviceDialect {
  /** What was announced before the start. */
  known(): readonly KnownPlace[];
  /** Called with the first messages of nodes that come by another way, until there is a host. */
  onSeen(listener: (place: KnownPlace) => void): void;
}

/** Creates the dialect. */
export function createSparkplug({ clock }: DialectDeps): SparkplugDialect {
  const known: KnownPlace[] = [];
  let seen: ((place: KnownPlace) => void) | null = null;
  return {
    name: SPARKPLUG,
    title: "Sparkplug B",
    filters: [],
    known: () => known,
    onSeen: (listener) => void (seen = listener),
    restore(device) {
      const place = placeOfDevice(device);
      if (place !== null) known.push(place);
    },
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

/** Where a device that was announced stands, by its unique id. */
function placeOfDevice({ uid }: AnnouncedDevice): KnownPlace | null {
  const [group, node, device] = uid.replace(/^sp:/, "").split("/");
  return group && node ? { group, node, device: device ?? null } : null;
}
