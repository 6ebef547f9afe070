import type { BrokerOptions } from "./options.ts";

/** A retained or queued message, as far as its size matters. */
interface Stored {
  topic: string;
  payload: string | Uint8Array;
}

interface Client {
  id: string;
}

/** The part of aedes' memory persistence that grows. Public methods, replaced one by one below. */
export interface Persistence {
  storeRetained(packet: Stored): Promise<unknown>;
  outgoingEnqueue(sub: { clientId: string }, packet: Stored): Promise<unknown>;
  outgoingEnqueueCombi(subs: { clientId: string }[], packet: Stored): Promise<unknown>;
  outgoingClearMessageId(client: Client, packet: object): Promise<Stored | undefined>;
  outgoingStream(client: Client): AsyncIterable<Stored>;
  cleanSubscriptions(client: Client): Promise<unknown>;
  cleanIncoming(client: Client): Promise<unknown>;
}

/** What the broker keeps in memory for clients that are away, and how much of it was not kept. */
export interface Bounds {
  /** A client with a persistent session connected or left. False: the id belongs to another user. */
  seen(clientId: string, user: string, clean: boolean): boolean;
  left(clientId: string): void;
  /** What is kept on a topic. */
  retained(topic: string): Uint8Array | undefined;
  dropped(): { retained: number; queued: number; sessions: number };
}

interface Session {
  user: string;
  connected: boolean;
  clean: boolean;
}

const OVERHEAD_BYTES = 200;

/**
 * Puts limits around aedes' persistence, which keeps retained messages, sessions and their queues in
 * memory without any. What is beyond a limit is not kept and counted.
 */
export function bound(persistence: Persistence, options: BrokerOptions): Bounds {
  const dropped = { retained: 0, queued: 0, sessions: 0 };
  const sessions = boundSessions(persistence, options, dropped);
  const retained = boundRetained(persistence, options, dropped);
  const queues = boundQueues(persistence, options, dropped);
  sessions.onForget = (id) => queues.forget(id);
  return { seen: sessions.seen, left: sessions.left, retained, dropped: () => ({ ...dropped }) };
}

function sizeOf(packet: Stored): number {
  return packet.topic.length + packet.payload.length + OVERHEAD_BYTES;
}

function boundRetained(
  persistence: Persistence,
  { retainedMost, retainedBytesMost }: BrokerOptions,
  dropped: { retained: number },
): Bounds["retained"] {
  const store = persistence.storeRetained.bind(persistence);
  const kept = new Map<string, Stored>();
  let total = 0;
  persistence.storeRetained = (packet) => {
    const known = kept.get(packet.topic);
    const before = known === undefined ? 0 : sizeOf(known);
    if (packet.payload.length === 0) {
      total -= before;
      kept.delete(packet.topic);
      return store(packet);
    }
    const size = sizeOf(packet);
    const fits = (before > 0 || kept.size < retainedMost) &&
      total - before + size <= retainedBytesMost;
    if (!fits) {
      dropped.retained++;
      return Promise.resolve();
    }
    total += size - before;
    kept.set(packet.topic, packet);
    return store(packet);
  };
  return (topic) => {
    const payload = kept.get(topic)?.payload;
    return typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  };
}

function boundQueues(
  persistence: Persistence,
  { queuedMost, queuedBytesMost }: BrokerOptions,
  dropped: { queued: number },
): { forget(clientId: string): void } {
  const queues = new Map<string, { n: number; bytes: number }>();
  let total = 0;
  const enqueueOne = persistence.outgoingEnqueue.bind(persistence);
  const enqueueMany = persistence.outgoingEnqueueCombi.bind(persistence);
  const clear = persistence.outgoingClearMessageId.bind(persistence);

  function take(clientId: string, size: number): boolean {
    const queue = queues.get(clientId) ?? { n: 0, bytes: 0 };
    if (queue.n >= queuedMost || total + size > queuedBytesMost) {
      dropped.queued++;
      return false;
    }
    queue.n++;
    queue.bytes += size;
    total += size;
    queues.set(clientId, queue);
    return true;
  }

  persistence.outgoingEnqueue = (sub, packet) =>
    take(sub.clientId, sizeOf(packet)) ? enqueueOne(sub, packet) : Promise.resolve();
  persistence.outgoingEnqueueCombi = (subs, packet) => {
    const size = subs.length === 0 ? 0 : sizeOf(packet);
    return enqueueMany(subs.filter((sub) => take(sub.clientId, size)), packet);
  };
  persistence.outgoingClearMessageId = async (client, packet) => {
    const cleared = await clear(client, packet);
    const queue = queues.get(client.id);
    if (cleared !== undefined && queue !== undefined) {
      // A PUBREL that stands for a QoS 2 message has neither topic nor payload.
      const size = Math.min(queue.bytes, cleared.payload === undefined ? 0 : sizeOf(cleared));
      queue.n--;
      queue.bytes -= size;
      total -= size;
      if (queue.n <= 0) {
        total -= queue.bytes;
        queues.delete(client.id);
      }
    }
    return cleared;
  };
  return {
    forget(clientId) {
      total -= queues.get(clientId)?.bytes ?? 0;
      queues.delete(clientId);
    },
  };
}

function boundSessions(
  persistence: Persistence,
  { sessionsMost }: BrokerOptions,
  dropped: { sessions: number },
) {
  /** Longest away first: a session moves to the end whenever it is seen. */
  const sessions = new Map<string, Session>();

  async function forget(id: string): Promise<void> {
    sessions.delete(id);
    bounds.onForget(id);
    await persistence.cleanSubscriptions({ id });
    await persistence.cleanIncoming({ id });
    for await (const packet of persistence.outgoingStream({ id })) {
      await persistence.outgoingClearMessageId({ id }, packet);
    }
  }

  const bounds = {
    onForget: (_: string) => {},
    seen(clientId: string, user: string, clean: boolean): boolean {
      const known = sessions.get(clientId);
      if (known !== undefined && known.user !== user) return false;
      sessions.delete(clientId);
      sessions.set(clientId, { user, connected: true, clean });
      if (sessions.size > sessionsMost) {
        for (const [id, session] of sessions) {
          if (session.connected) continue;
          dropped.sessions++;
          forget(id).catch(() => {});
          break;
        }
      }
      return true;
    },
    left(clientId: string): void {
      const session = sessions.get(clientId);
      if (session === undefined) return;
      sessions.delete(clientId);
      if (!session.clean) sessions.set(clientId, { ...session, connected: false });
    },
  };
  return bounds;
}
