import { Buffer } from "node:buffer";
import type { MqttClient } from "mqtt";
import type { OwnMessage } from "../source.ts";

/** Own messages of one connection that are not acknowledged yet: they hear of it when it is lost. */
export class Publishing {
  readonly #waiting = new Set<() => void>();
  #open = true;

  constructor(private readonly client: MqttClient) {}

  /** See `MqttPublisher`. */
  async publish({ topic, payload, qos, retain }: OwnMessage, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const content = Buffer.from(payload);
    await this.answered(this.client.publishAsync(topic, content, { qos, retain }), signal);
  }

  /** What the broker answers; rejects when the connection is lost before, and with the signal's reason. */
  async answered(answer: Promise<unknown>, signal: AbortSignal): Promise<void> {
    let onAbort = () => {};
    let onLost = () => {};
    const given = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason);
      onLost = () =>
        reject(new Error("the connection to the broker was lost before it acknowledged"));
    });
    signal.addEventListener("abort", onAbort, { once: true });
    // Not chained on the end of the connection: that would keep something of each message for as long as it lasts.
    this.#waiting.add(onLost);
    if (!this.#open) onLost();
    if (signal.aborted) onAbort();
    try {
      await Promise.race([answer, given]);
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#waiting.delete(onLost);
      answer.catch(() => {});
    }
  }

  /** The connection is lost. */
  lost(): void {
    this.#open = false;
    this.#waiting.forEach((onLost) => onLost());
  }
}
