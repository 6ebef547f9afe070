/** A connection as bytes, whatever it runs over. One read and one write at a time. */
export interface Link {
  /** The next bytes, which stay as they are until the next read; null at the end. */
  read(): Promise<Uint8Array | null>;
  write(bytes: Uint8Array): Promise<void>;
  close(): void;
}

const READ_BYTES = 64 * 1024;

/** A TCP or TLS connection as a link. */
export function connLink(conn: Deno.Conn): Link {
  const buffer = new Uint8Array(READ_BYTES);
  let open = true;
  return {
    async read() {
      const n = await conn.read(buffer);
      return n === null ? null : buffer.subarray(0, n);
    },
    async write(bytes) {
      for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    },
    close() {
      if (open) conn.close();
      open = false;
    },
  };
}
