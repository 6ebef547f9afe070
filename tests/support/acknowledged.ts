/** A way to a broker that notes what a subscriber acknowledges there: that is what it may not lose. */
export interface Acknowledged extends AsyncDisposable {
  readonly port: number;
  /** Payloads of QoS 1 that were acknowledged, by topic, as often as they were. */
  payloads(): ReadonlyMap<string, readonly string[]>;
  count(): number;
}

const PUBLISH = 3;
const PUBACK = 4;
const CONNECT = 1;
const decoder = new TextDecoder();

/**
 * Listens on a free port of loopback and passes everything on to the broker on `port`. `early` is for sabotage: what was
 * handed over counts as acknowledged.
 */
export function startAcknowledged(port: number, early = false): Acknowledged {
  const acknowledged = new Map<string, string[]>();
  let count = 0;
  const open = new Set<Deno.Conn>();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  async function through(near: Deno.Conn): Promise<void> {
    open.add(near);
    const far = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
    if (far === null) return close(near);
    open.add(far);
    const held = new Map<number, { topic: string; payload: string }>();
    let version = 4;
    const note = (id: number) => {
      const message = held.get(id);
      if (message === undefined) return;
      held.delete(id);
      count++;
      const { topic, payload } = message;
      if (!acknowledged.has(topic)) acknowledged.set(topic, []);
      acknowledged.get(topic)!.push(payload);
    };
    const up = pass(near, far, (type, _flags, body) => {
      if (type === CONNECT) version = body[6];
      if (type === PUBACK) note(body[0] << 8 | body[1]);
    });
    const down = pass(far, near, (type, flags, body) => {
      if (type !== PUBLISH || (flags >> 1 & 3) !== 1) return;
      const { id, ...message } = published(body, version);
      held.set(id, message);
      if (early) note(id);
    });
    await Promise.race([up, down].map((way) => way.catch(() => {})));
    for (const conn of [near, far]) close(conn);
  }

  function close(conn: Deno.Conn): void {
    if (!open.delete(conn)) return;
    try {
      conn.close();
    } catch {
      // It had ended by itself.
    }
  }

  const accepting = (async () => {
    for await (const near of listener) through(near).catch(() => close(near));
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    payloads: () => acknowledged,
    count: () => count,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of [...open]) close(conn);
      await accepting.catch(() => {});
    },
  };
}

/** Passes bytes on, and shows each packet before its last byte goes. */
async function pass(
  from: Deno.Conn,
  to: Deno.Conn,
  see: (type: number, flags: number, body: Uint8Array) => void,
): Promise<void> {
  let rest: Uint8Array<ArrayBufferLike> = new Uint8Array();
  for await (const chunk of from.readable) {
    const all = new Uint8Array(rest.length + chunk.length);
    all.set(rest);
    all.set(chunk, rest.length);
    let at = 0;
    for (;;) {
      const { value: length, next: begin } = numberAt(all, at + 1);
      if (begin < 0 || begin + length > all.length) break;
      see(all[at] >> 4, all[at] & 15, all.subarray(begin, begin + length));
      at = begin + length;
    }
    rest = all.slice(at);
    for (let sent = 0; sent < chunk.length;) sent += await to.write(chunk.subarray(sent));
  }
}

/** A number of variable length (MQTT 5, 1.5.5); `next` is -1 while it is not there. */
function numberAt(bytes: Uint8Array, at: number): { value: number; next: number } {
  for (let value = 0, shift = 0; at < bytes.length; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 127) << shift;
    if (byte < 128) return { value, next: at };
  }
  return { value: 0, next: -1 };
}

function published(
  body: Uint8Array,
  version: number,
): { topic: string; id: number; payload: string } {
  const topicEnd = 2 + (body[0] << 8 | body[1]);
  const id = body[topicEnd] << 8 | body[topicEnd + 1];
  const properties = version < 5 ? null : numberAt(body, topicEnd + 2);
  const begin = properties === null ? topicEnd + 2 : properties.next + properties.value;
  return {
    topic: decoder.decode(body.subarray(2, topicEnd)),
    id,
    payload: decoder.decode(body.subarray(begin)),
  };
}
