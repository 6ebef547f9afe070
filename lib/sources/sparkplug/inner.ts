/** The host application at the embedded broker: it hears what the broker takes, without a connection. */
import type { Clock } from "../../base/clock.ts";
import type { Decoded } from "../../readings/reading.ts";
import type { DeviceDirectory, DeviceMessage } from "../devices/device.ts";
import type { OwnMessage, Source, SourceState } from "../source.ts";
import type { HostOptions } from "./host.ts";
import { oldStatePayload, saysOnline, statePayload } from "./state.ts";
import { type KnownPlace, oldStateTopic, SPARKPLUG, stateTopic } from "./topic.ts";
import { HostAtWork, shownNodes } from "./work.ts";

export interface InnerDeps {
  directory: DeviceDirectory;
  clock: Clock;
  /** Publishes at the embedded broker. */
  publish(message: OwnMessage): Promise<void>;
  /** Calls back when the broker has passed on what it took until now. */
  passedOn(then: () => void): void;
}

export interface InnerHost extends Source {
  /** Reads a message that the broker took. */
  hear(message: DeviceMessage): Decoded;
}

export interface InnerOptions extends HostOptions {
  hostId: string;
  oldState: boolean;
}

const NOTHING = (): Decoded => ({ drafts: [], rejects: [] });

/** Creates it. Where it ends, the broker ends too, so that it needs no will. */
export function createInnerHost(
  { directory, clock, publish, passedOn }: InnerDeps,
  options: InnerOptions,
  known: Iterable<KnownPlace> = [],
): InnerHost {
  const send = (topic: string, payload: string | Uint8Array, qos: 0 | 1, retain: boolean) =>
    // The broker is this process: it fails where that ends.
    publish({ topic, payload, qos, retain }).catch(() => {});
  const work = new HostAtWork(
    { directory, clock, command: (topic, payload) => void send(topic, payload, 0, false) },
    options,
    known,
  );
  const topic = stateTopic(options.hostId);
  let timestampMs = 0;
  let isOn = false;
  let received = 0;
  let rejected = 0;
  let lastMessageMs: number | null = null;

  async function say(online: boolean, tMs: number): Promise<void> {
    await send(topic, statePayload(online, tMs), 1, true);
    if (!options.oldState) return;
    await send(oldStateTopic(options.hostId), oldStatePayload(online), 1, true);
  }

  return {
    name: SPARKPLUG,
    async start() {
      isOn = true;
      timestampMs = clock.now();
      await say(true, timestampMs);
      work.connected();
    },
    async stop() {
      isOn = false;
      work.stop();
      await say(false, clock.now());
    },
    state: (): SourceState => ({
      name: SPARKPLUG,
      kind: "mqtt",
      state: isOn ? "listening" : "stopped",
      detail: isOn
        ? `At the broker inside Perch as host ${options.hostId}; ${shownNodes(work.counts())}.`
        : "Stopped.",
      ...{ received, rejected, lastMessageMs },
    }),
    hear(message) {
      if (message.topic === topic) {
        // Somebody else said that this host is gone; the last word is to be this one's.
        if (isOn && !saysOnline(message.payload)) {
          passedOn(() => isOn && void say(true, timestampMs));
        }
        return NOTHING();
      }
      const decoded = work.hear(message.topic, message.payload, message.retained);
      if (decoded === null) return NOTHING();
      received++;
      if (decoded.rejects.length > 0) rejected++;
      lastMessageMs = message.tMs;
      return decoded;
    },
  };
}
