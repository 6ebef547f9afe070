import mqtt from "mqtt";
import { randomId } from "../base/ids.ts";
import type { Secret } from "../base/secret.ts";

export interface BrokerConnection {
  url: string;
  user: string | null;
  password: Secret | null;
  /** Paths of PEM files. */
  caFile: string | null;
  certFile: string | null;
  keyFile: string | null;
}

export interface QueueProbe {
  /** Messages that the broker acknowledged while the session was away. */
  sent: number;
  /** Different messages that it delivered when the session was back. */
  delivered: number;
  /** Why the broker did not let the probe run; null when it ran. */
  refused: string | null;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** The delivery has ended when nothing came for this long. */
const QUIET_MS = 1_500;
const MOST_MS = 20_000;

/**
 * Tries how many QoS 1 messages a broker keeps for a persistent session that is away: subscribes to a
 * private topic, disconnects, publishes `messages` of 8 bytes, connects again and counts. The session and
 * what is left in it are removed in the end. With `messages` = 0 it only connects. MQTT 3.1.1, which every
 * broker speaks. Rejects when the broker cannot be reached or refuses the connection.
 */
export async function probeQueue(
  connection: BrokerConnection,
  messages: number,
): Promise<QueueProbe> {
  const clientId = `perch-check-${randomId(8)}`;
  const topic = `perch/check/${randomId(12)}`;
  const connect = (id: string, clean: boolean) => connectOnce(connection, id, clean);
  const away = await connect(clientId, messages === 0);
  if (messages === 0) {
    await away.endAsync();
    return { sent: 0, delivered: 0, refused: null };
  }
  try {
    const [grant] = await away.subscribeAsync(topic, { qos: 1 }).catch(() => []);
    await away.endAsync();
    if (grant === undefined || grant.qos !== 1) {
      return { sent: 0, delivered: 0, refused: `it refused the topic ${topic}` };
    }
    const sent = await publishAll(await connect(`${clientId}-sender`, true), topic, messages);
    if (sent < messages) {
      return {
        sent,
        delivered: 0,
        refused: `it acknowledged ${sent} of ${messages} messages only`,
      };
    }
    return { sent, delivered: await countWaiting(connection, clientId, messages), refused: null };
  } finally {
    // A clean session of the same name ends the persistent one and drops its queue.
    await connect(clientId, true).then((client) => client.endAsync()).catch(() => {});
  }
}

async function connectOnce(
  connection: BrokerConnection,
  clientId: string,
  clean: boolean,
  onClient?: (client: mqtt.MqttClient) => void,
): Promise<mqtt.MqttClient> {
  const file = (path: string | null) => path === null ? undefined : Deno.readTextFileSync(path);
  const client = mqtt.connect(connection.url, {
    clientId,
    clean,
    protocolVersion: 4,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    username: connection.user ?? undefined,
    password: connection.password?.reveal(),
    ca: file(connection.caFile),
    cert: file(connection.certFile),
    key: file(connection.keyFile),
  });
  onClient?.(client);
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("error", reject);
    client.once("close", () => reject(new Error("the connection was closed")));
  }).catch((error) => {
    client.end(true);
    throw error;
  });
  client.on("error", () => {});
  return client;
}

async function publishAll(
  client: mqtt.MqttClient,
  topic: string,
  messages: number,
): Promise<number> {
  let sent = 0;
  const all = Promise.allSettled(
    Array.from({ length: messages }, async (_, i) => {
      await client.publishAsync(topic, String(i).padStart(8, "0"), { qos: 1 });
      sent++;
    }),
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([all, new Promise((resolve) => timer = setTimeout(resolve, MOST_MS))]);
  clearTimeout(timer);
  client.end(true);
  return sent;
}

async function countWaiting(
  connection: BrokerConnection,
  clientId: string,
  expected: number,
): Promise<number> {
  const seen = new Set<string>();
  let lastMs = performance.now();
  // Listening starts before the connection does: the broker sends at once.
  const client = await connectOnce(
    connection,
    clientId,
    false,
    (early) =>
      early.on("message", (_topic, payload) => {
        seen.add(payload.toString());
        lastMs = performance.now();
      }),
  );
  const startMs = performance.now();
  lastMs = Math.max(lastMs, startMs);
  while (
    seen.size < expected && performance.now() - lastMs < QUIET_MS &&
    performance.now() - startMs < MOST_MS
  ) await new Promise((resolve) => setTimeout(resolve, 20));
  await client.endAsync();
  return seen.size;
}
