/** A port of loopback whose connections a test can count, close and refuse. */
export interface Listener {
  readonly port: number;
  /** Connections that are open. */
  open(): number;
  /** Connections since it was made. */
  accepted(): number;
  /** Closes every connection; it goes on listening. */
  drop(): void;
  /** Nobody listens at the port any more, and every connection is closed. */
  stop(): void;
  /** Listens again at the same port. */
  start(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Hands each connection to `serve` and closes it when that is done. */
export function startListener(serve: (connection: Deno.TcpConn) => Promise<void>): Listener {
  const connections = new Set<Deno.TcpConn>();
  const served = new Set<Promise<void>>();
  let accepted = 0;
  let listener: Deno.TcpListener | null = null;
  let port = 0;

  const drop = () => connections.forEach(close);

  async function take(connection: Deno.TcpConn): Promise<void> {
    connections.add(connection);
    accepted++;
    try {
      await serve(connection);
    } catch {
      // it left, or was dropped
    } finally {
      close(connection);
      connections.delete(connection);
    }
  }

  async function listen(on: Deno.TcpListener): Promise<void> {
    for await (const connection of on) {
      const work = take(connection).finally(() => served.delete(work));
      served.add(work);
    }
  }

  function start(): void {
    if (listener !== null) return;
    listener = Deno.listen({ hostname: "127.0.0.1", port });
    port = listener.addr.port;
    listen(listener);
  }

  function stop(): void {
    listener?.close();
    listener = null;
    drop();
  }

  start();
  return {
    port,
    open: () => connections.size,
    accepted: () => accepted,
    drop,
    stop,
    start,
    async [Symbol.asyncDispose]() {
      stop();
      await Promise.all(served);
    },
  };
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // closed already
  }
}

/** Writes all of it. */
export async function send(connection: Deno.TcpConn, what: string | Uint8Array): Promise<void> {
  const bytes = typeof what === "string" ? new TextEncoder().encode(what) : what;
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Reads until a line is empty; null: it left before. */
export async function readHead(connection: Deno.TcpConn): Promise<string | null> {
  let text = "";
  const buffer = new Uint8Array(4096);
  while (!text.includes("\r\n\r\n")) {
    const n = await connection.read(buffer);
    if (n === null) return null;
    text += new TextDecoder("latin1").decode(buffer.subarray(0, n));
  }
  return text;
}

/** Reads and forgets until the other side leaves. */
export async function untilLeft(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(4096);
  while (await connection.read(buffer) !== null);
}
