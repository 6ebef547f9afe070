/** The host's decisions at work: what they do, and when something is due. How messages come and go is others' matter. */
import type { Clock } from "../../base/clock.ts";
import type { Decoded } from "../../readings/reading.ts";
import type { DeviceDirectory } from "../devices/device.ts";
import { encodeRebirth } from "./encode.ts";
import type { Effect } from "./heard.ts";
import { Host, type HostCounts, type HostOptions } from "./host.ts";
import { commandTopic, type KnownPlace, placeOf, SPARKPLUG } from "./topic.ts";

export interface WorkDeps {
  directory: DeviceDirectory;
  clock: Clock;
  /** Sends a command at QoS 0; what cannot be sent is dropped. */
  command(topic: string, payload: Uint8Array): void;
}

/** Longest wait for what is due: timers of more are no use. */
const LONGEST_WAIT_MS = 3_600_000;

export class HostAtWork {
  readonly #host: Host;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerMs = Infinity;

  /** @param known nodes and devices that were announced before */
  constructor(
    private readonly deps: WorkDeps,
    options: HostOptions,
    known: Iterable<KnownPlace> = [],
  ) {
    this.#host = new Host(options);
    for (const { group, node, device } of known) this.#host.know(group, node, device);
  }

  /** From now on messages come. */
  connected(): void {
    this.#host.connected(this.deps.clock.monotonic());
    this.#arm();
  }

  /** From now on none come. */
  lost(): void {
    this.#host.lost(this.deps.clock.monotonic());
    this.#arm();
  }

  /** Reads a message, and does what has to be done; null: there is nothing of it to keep. */
  hear(topic: string, payload: Uint8Array, retained: boolean): Decoded | null {
    if (retained) {
      // A birth that was kept says nothing of now.
      if (placeOf(topic) !== null) {
        this.deps.directory.note(SPARKPLUG, "kept messages are not read");
      }
      return null;
    }
    const heard = this.#host.take(topic, payload, this.deps.clock.monotonic());
    this.#arm();
    if (heard === null) return null;
    const { effects, readings, ...rejects } = heard;
    for (const effect of effects) this.#do(effect);
    const decoded: Decoded = { drafts: [], ...rejects, by: SPARKPLUG };
    for (const { uid, value, tMs, unit, historical } of readings) {
      const sensor = this.deps.directory.sensorOf(uid);
      if (sensor === null) continue;
      decoded.drafts.push({ sensor, value, tMs, unit, past: historical });
    }
    return decoded;
  }

  counts(): HostCounts {
    return this.#host.counts();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timerMs = -Infinity;
  }

  #do(effect: Effect): void {
    const { directory, clock, command } = this.deps;
    switch (effect.do) {
      case "announce":
        return directory.announce(SPARKPLUG, effect.device, effect.entities);
      case "available":
        return directory.setAvailable(effect.uid, effect.available);
      case "note":
        return directory.note(SPARKPLUG, effect.what);
      case "rebirth":
        return command(
          commandTopic(effect.group, effect.node, null),
          encodeRebirth(clock.now()),
        );
    }
  }

  /** Wakes when something is due. */
  #arm(): void {
    const { nextMs } = this.#host;
    if (nextMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = nextMs;
    const waitMs = Math.max(0, nextMs - this.deps.clock.monotonic());
    this.#timer = setTimeout(() => this.#due(), Math.min(waitMs, LONGEST_WAIT_MS));
  }

  #due(): void {
    this.#timerMs = Infinity;
    for (const effect of this.#host.due(this.deps.clock.monotonic())) this.#do(effect);
    this.#arm();
  }
}

/** How the nodes are, as a part of a sentence. */
export function shownNodes({ nodes, online, devices, asked }: HostCounts): string {
  return `edge nodes online: ${online} of ${nodes}, devices: ${devices}, ` +
    `rebirths asked for: ${asked}`;
}
