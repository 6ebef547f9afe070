import type { Decoded } from "../../readings/reading.ts";
import type { DeviceDialect, DeviceMessage, DialectDeps } from "../devices/device.ts";
import { encodeCommand } from "./encode.ts";
import { NAMESPACE, SPARKPLUG } from "./topic.ts";

/**
 * Sparkplug B among the dialects of devices. At a broker elsewhere its messages come by a connection of its own
 * (`source.ts`): what comes by another is claimed, and not read a second time.
 */
export interface SparkplugDialect extends DeviceDialect {
  /** Reads from now on what comes; null: nobody does. */
  readBy(hear: ((message: DeviceMessage) => Decoded) | null): void;
}

/** Creates the dialect. */
export function createSparkplug({ clock }: DialectDeps): SparkplugDialect {
  let hear: ((message: DeviceMessage) => Decoded) | null = null;
  return {
    name: SPARKPLUG,
    title: "Sparkplug B",
    filters: [],
    readBy: (reader) => void (hear = reader),
    decode(message) {
      const { topic } = message;
      if (!topic.startsWith(NAMESPACE) || topic[NAMESPACE.length] !== "/") return null;
      return hear === null ? { drafts: [], rejects: [] } : hear(message);
    },
    order(to, value) {
      const { topic, name, type } = to as { topic: string; name: string; type: number };
      const payload = encodeCommand({ name, type, value }, clock.now());
      return { topic, payload, qos: 0, retain: false };
    },
  };
}
