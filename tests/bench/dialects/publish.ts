/**
 * Publishes messages over one raw connection at QoS 1, as fast as they are acknowledged.
 * Usage: publish.ts PORT FILE COUNT [PER_SECOND]; FILE holds JSON: [topic, payload in base64][]. They are sent in turn, over and
 * over. It costs little CPU, so that what is measured is the other side.
 */

const WINDOW = 1_000;
const TOGETHER = 200;
const encoder = new TextEncoder();
const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

function lengthOf(n: number): number[] {
  const bytes: number[] = [];
  do {
    bytes.push(n % 128 | (n > 127 ? 0x80 : 0));
    n = Math.floor(n / 128);
  } while (n > 0);
  return bytes;
}

/** A PUBLISH at QoS 1, and where its packet id stands. */
function packetOf(topic: string, payload: Uint8Array): { bytes: Uint8Array; idAt: number } {
  const name = encoder.encode(topic);
  const head = [0x32, ...lengthOf(name.length + payload.length + 4)];
  const bytes = new Uint8Array(head.length + name.length + payload.length + 4);
  bytes.set([...head, name.length >> 8, name.length & 0xff]);
  bytes.set(name, head.length + 2);
  bytes.set(payload, head.length + name.length + 4);
  return { bytes, idAt: head.length + name.length + 2 };
}

async function main([port, file, count, rate = "0"]: string[]): Promise<void> {
  const messages: [string, string][] = JSON.parse(await Deno.readTextFile(file));
  const packets = messages.map(([topic, payload]) => packetOf(topic, bytesOf(payload)));
  const most = Number(count);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  conn.setNoDelay(true);
  const id = encoder.encode("bench");
  await conn.write(
    new Uint8Array([
      0x10,
      12 + id.length,
      0,
      4,
      ...encoder.encode("MQTT"),
      4,
      2,
      0,
      0,
      0,
      id.length,
      ...id,
    ]),
  );
  let [sent, acknowledged, bytesIn] = [0, 0, 0];
  const buffer = new Uint8Array(64 * 1024);
  const perMs = Number(rate) / 1000;
  const startedMs = performance.now();
  const due = () => perMs === 0 ? most : Math.min(most, (performance.now() - startedMs) * perMs);
  let writing = false;
  async function topUp(): Promise<void> {
    if (writing) return;
    writing = true;
    while (sent < due() && sent - acknowledged < WINDOW) {
      const room = Math.min(due() - sent, WINDOW - (sent - acknowledged));
      const n = Math.min(TOGETHER, Math.ceil(room));
      const chunk = Array.from({ length: n }, () => {
        const { bytes, idAt } = packets[sent % packets.length];
        const packetId = sent++ % 65_535 + 1;
        bytes[idAt] = packetId >> 8;
        bytes[idAt + 1] = packetId & 0xff;
        return bytes.slice();
      });
      const all = new Uint8Array(chunk.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const one of chunk) {
        all.set(one, at);
        at += one.length;
      }
      for (at = 0; at < all.length;) at += await conn.write(all.subarray(at));
    }
    writing = false;
  }
  const timer = perMs === 0 ? undefined : setInterval(topUp, 10);
  // CONNACK and PUBACK, four bytes each.
  while (acknowledged < most) {
    const n = await conn.read(buffer);
    if (n === null) throw new Error(`the broker closed the connection after ${acknowledged}`);
    bytesIn += n;
    acknowledged = Math.max(0, Math.floor(bytesIn / 4) - 1);
    if (bytesIn >= 4) await topUp();
  }
  clearInterval(timer);
  conn.close();
}

await main(Deno.args);
