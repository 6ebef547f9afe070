/** What sends wrong input over sockets of its own, so that no client library mends it. */
import { connectPacket, type HostileMessage, joined, publishPacket } from "./hostile.ts";

const AT_ONCE = 10;
/** Of packets: 1 to 65 535. */
const IDS = 65_535;

/** Publishes over a socket of its own, ten at a time, so that no client library mends what is wrong. */
export async function publishAll(port: number, messages: readonly HostileMessage[]): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const buffer = new Uint8Array(4_096);
  const read = async (want: number) => {
    for (let got = 0; got < want;) {
      const n = await conn.read(buffer);
      if (n === null) throw new Error(`the connection was closed at ${messages[at]?.what}`);
      got += n;
    }
  };
  let at = 0;
  try {
    await write(conn, connectPacket("hostile"));
    await read(4);
    for (; at < messages.length; at += AT_ONCE) {
      const group = messages.slice(at, at + AT_ONCE);
      const packets = group.map(({ topic, payload }, i) =>
        publishPacket(topic, payload, (at + i) % IDS + 1)
      );
      await write(conn, joined(packets));
      await read(4 * group.length);
    }
  } finally {
    conn.close();
  }
}

async function write(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** Sends bytes, waits a moment for the other side to close, and leaves. Gives what was answered. */
export async function throwAt(port: number, bytes: Uint8Array): Promise<string> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const answer: string[] = [];
  try {
    await write(conn, bytes);
    await Promise.race([untilClosed(conn, answer), new Promise((r) => setTimeout(r, 20))]);
  } catch {
    // reset by the other side: that is an answer
  }
  conn.close();
  return answer.join("");
}

async function untilClosed(conn: Deno.Conn, answer: string[]): Promise<void> {
  const buffer = new Uint8Array(1_024);
  for (;;) {
    const n = await conn.read(buffer).catch(() => null);
    if (n === null) return;
    answer.push(new TextDecoder("latin1").decode(buffer.subarray(0, n)));
  }
}
