/** A way to a server on loopback that can be cut and mended. */
export interface Cuttable extends AsyncDisposable {
  url: string;
  /** Ends all connections, and takes none until it is mended. */
  cut(): void;
  mend(): void;
}

export function startCuttable(port: number): Cuttable {
  const open = new Set<Deno.Conn>();
  let isCut = false;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const close = (conn: Deno.Conn) => {
    if (open.delete(conn)) conn.close();
  };
  const accepting = (async () => {
    for await (const near of listener) {
      if (isCut) near.close();
      else through(near).catch(() => {});
    }
  })();

  async function through(near: Deno.Conn): Promise<void> {
    open.add(near);
    const far = await Deno.connect({ hostname: "127.0.0.1", port });
    open.add(far);
    await Promise.race([
      near.readable.pipeTo(far.writable).catch(() => {}),
      far.readable.pipeTo(near.writable).catch(() => {}),
    ]);
    for (const conn of [near, far]) close(conn);
  }

  const cut = () => {
    isCut = true;
    for (const conn of [...open]) {
      try {
        close(conn);
      } catch {
        // It had ended by itself.
      }
    }
  };
  return {
    url: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    cut,
    mend: () => void (isCut = false),
    async [Symbol.asyncDispose]() {
      listener.close();
      cut();
      await accepting.catch(() => {});
    },
  };
}
