/**
 * Many readers of one event stream in a process of their own, on raw sockets so that they cost little.
 * Arguments: port, readers, seconds. Prints `{"events","p50","p99"}`; the age of an event is this host's
 * time minus the `ts` of its first reading, in ms.
 */
const [port, readers, seconds] = Deno.args.map(Number);
const request = new TextEncoder().encode(
  "GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer x\r\n\r\n",
);
const TS = new TextEncoder().encode('"ts":');
const ages: number[] = [];
let events = 0;
let measuring = false;

function countEvents(bytes: Uint8Array): void {
  const nowMs = Date.now();
  // An event begins with `id: `, and its first `"ts":` is followed by 13 digits.
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] !== 10 || bytes[i + 1] !== 100 || bytes[i + 2] !== 97) continue; // "\nda"
    events++;
    const at = indexOf(bytes, TS, i);
    if (at < 0) continue;
    let ts = 0;
    for (let k = at + TS.length; bytes[k] >= 48 && bytes[k] <= 57; k++) {
      ts = ts * 10 + bytes[k] - 48;
    }
    ages.push(nowMs - ts);
  }
}

function indexOf(bytes: Uint8Array, word: Uint8Array, from: number): number {
  for (let i = bytes.indexOf(word[0], from); i >= 0; i = bytes.indexOf(word[0], i + 1)) {
    if (word.every((byte, k) => bytes[i + k] === byte)) return i;
  }
  return -1;
}

async function read(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const n = await connection.read(buffer);
    if (n === null) return;
    if (measuring) countEvents(buffer.subarray(0, n));
  }
}

for (let i = 0; i < readers; i++) {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(request);
  read(connection).catch(() => {});
}
console.log("ready");
await new Promise((resolve) => setTimeout(resolve, 1_000));
measuring = true;
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
measuring = false;
ages.sort((a, b) => a - b);
const quantile = (q: number) => ages[Math.floor(q * (ages.length - 1))];
console.log(JSON.stringify({ events, p50: quantile(0.5), p99: quantile(0.99) }));
Deno.exit(0);
