/**
 * A load of QoS 1 publishes from raw sockets with as little CPU as possible, so that what is measured is
 * the broker and Perch. No ledger, no redelivery: for those see `tests/support/mqtt_load.ts`.
 *
 * Usage: load.ts PORT COUNT [WINDOW]; 20 clients, 200 sensors, MQTT 3.1.1; prints `{"n","ms"}` when the
 * broker has acknowledged all.
 */
const CLIENTS = 20;
const SENSORS_PER_CLIENT = 10;
const [port, count, window] = [Deno.args[0], Deno.args[1], Deno.args[2] ?? "500"].map(Number);
const encoder = new TextEncoder();

function utf8(text: string): number[] {
  return [text.length >> 8, text.length & 255, ...encoder.encode(text)];
}

/** Writes one PUBLISH (QoS 1) at `at`; gives the next free place. */
function putPublish(out: Uint8Array, at: number, client: number, seq: number): number {
  const topic = `factory/bench/m${client}/s${seq % SENSORS_PER_CLIENT}`;
  const payload = `{"value":${((seq * 7919) % 4000) / 100},"seq":${seq}}`;
  const length = 2 + topic.length + 2 + payload.length;
  out[at++] = 0x32;
  if (length > 127) out[at++] = (length & 127) | 128;
  out[at++] = length > 127 ? length >> 7 : length;
  out[at++] = 0;
  out[at++] = topic.length;
  at += encoder.encodeInto(topic, out.subarray(at)).written;
  const id = (seq % 65_535) + 1;
  out[at++] = id >> 8;
  out[at++] = id & 255;
  return at + encoder.encodeInto(payload, out.subarray(at)).written;
}

async function client(index: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const body = [...utf8("MQTT"), 4, 2, 0, 60, ...utf8(`load-${Deno.pid}-${index}`)];
  await connection.write(Uint8Array.of(0x10, body.length, ...body));
  const input = new Uint8Array(65_536);
  const output = new Uint8Array(window * 128);
  await connection.read(input);
  const mine = count / CLIENTS;
  let sent = 0;
  let ackBytes = 0;
  while (ackBytes < mine * 4) {
    const room = Math.min(window - (sent - (ackBytes >> 2)), mine - sent);
    if (room > 0) {
      let end = 0;
      for (let i = 0; i < room; i++) end = putPublish(output, end, index, sent++);
      for (let at = 0; at < end;) at += await connection.write(output.subarray(at, end));
    }
    const n = await connection.read(input);
    if (n === null) throw new Error("the broker closed the connection");
    ackBytes += n;
  }
  connection.close();
}

const startedMs = performance.now();
await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(i)));
console.log(JSON.stringify({ n: count, ms: performance.now() - startedMs }));
