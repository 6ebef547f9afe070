import mqtt from "mqtt";
import type { Log } from "../lib/base/log.ts";
import type { Secret } from "../lib/base/secret.ts";

/** Where the plant publishes. */
export interface Broker {
  url: string;
  user?: string | null;
  password?: Secret | null;
}

export interface Publisher {
  /** False when too much is unacknowledged already: the message is dropped, as a full device buffer would. */
  publish(topic: string, payload: string, retain?: boolean): boolean;
  /** Resolves when fewer than `most` messages are unacknowledged, or when `signal` aborts. */
  belowPending(most: number, signal: AbortSignal): Promise<void>;
  stats(): { connected: boolean; published: number; acknowledged: number; pending: number };
  /** Waits up to `graceMs` for what is unacknowledged, then closes. */
  close(graceMs: number): Promise<void>;
}

const MOST_PENDING = 5_000;
const STEP_MS = 10;

/**
 * Publishes over real MQTT at QoS 1. Reconnects by itself and sends what was not acknowledged again.
 * Resolves when connected; rejects when the first connection does not succeed within 10 s.
 */
export async function connectPublisher(broker: Broker, log: Log): Promise<Publisher> {
  const client = mqtt.connect(broker.url, {
    clientId: `perch-sim-${crypto.randomUUID().slice(0, 8)}`,
    clean: true,
    protocolVersion: 4,
    reconnectPeriod: 500,
    connectTimeout: 10_000,
    username: broker.user ?? undefined,
    password: broker.password?.reveal(),
    queueQoSZero: false,
  });
  let published = 0;
  let acknowledged = 0;
  let failed = 0;
  const pending = () => published - acknowledged - failed;
  client.on("error", (error) => log.debug("simulator connection", { error }));
  await firstConnection(client);

  async function until(done: () => boolean, signal?: AbortSignal): Promise<void> {
    while (!done() && !signal?.aborted) {
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
  }

  return {
    publish(topic, payload, retain = false) {
      if (pending() >= MOST_PENDING) return false;
      published++;
      client.publish(topic, payload, { qos: 1, retain }, (error) => {
        if (error) failed++;
        else acknowledged++;
      });
      return true;
    },
    belowPending: (most, signal) => until(() => pending() < most, signal),
    stats: () => ({ connected: client.connected, published, acknowledged, pending: pending() }),
    async close(graceMs) {
      if (client.connected) await until(() => pending() === 0, AbortSignal.timeout(graceMs));
      await new Promise<void>((resolve) => client.end(true, {}, () => resolve()));
    },
  };
}

function firstConnection(client: mqtt.MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error("no answer within 10 s")), 10_000);
    let lastError: Error | null = null;
    const onError = (error: Error) => lastError = error;
    const fail = (error: Error) => {
      client.end(true);
      reject(lastError ?? error);
    };
    client.on("error", onError);
    client.once("connect", () => {
      clearTimeout(timer);
      client.off("error", onError);
      resolve();
    });
  });
}
