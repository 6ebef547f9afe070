/*
 * Many devices that publish over raw sockets at QoS 1, each with a window of unacknowledged messages, and
 * the ledger of what they sent and what was acknowledged. It costs little CPU, so that what is measured
 * is the other side. Values follow from (device, seq): the ledger is exact and small.
 *
 * As a process: deno run --allow-net tests/support/mqtt_load.ts --port=1883 --messages=100000
 * prints the ledger as one line of JSON when all is acknowledged, or on SIGTERM.
 */

export interface LoadOptions {
  port: number;
  host?: string;
  /** Devices, one connection each (20). */
  devices?: number;
  /** Messages of all devices together; they go on until `stop` without it. */
  messages?: number;
  /** Unacknowledged messages per device (20). */
  window?: number;
  /** Messages per second of all devices together; as fast as they are acknowledged without it. */
  ratePerS?: number;
  /** `full` has value, ts and seq (default); `time` value and ts; `plain` the number alone. */
  payload?: "full" | "time" | "plain";
  /** First level(s) of the topic before `/<device>/value` (`factory/load`). */
  topic?: string;
  user?: string;
  password?: string;
  /** Time of seq 0. */
  startMs?: number;
  /** From the time of a seq to that of the next (1). */
  stepMs?: number;
  /** Prefix of client ids and device names (`d`). */
  prefix?: string;
}

/** What one device did. Seqs run from 0. */
export interface DeviceLedger {
  device: string;
  sent: number;
  acknowledged: number;
  /** Seqs below `sent` whose PUBACK did not come. */
  open: number[];
}

export interface Load {
  /** Resolves when all messages are acknowledged, or after `stop`. */
  readonly done: Promise<void>;
  acknowledged(): number;
  sent(): number;
  reconnects(): number;
  ledger(): DeviceLedger[];
  stop(): Promise<void>;
}

/** The value that a device sends with a sequence number: two decimals, within ±1000. */
export function valueOf(device: number, seq: number): number {
  const mixed = Math.imul(seq + 1, 2654435761) ^ Math.imul(device + 1, 40503);
  return ((mixed >>> 8) % 200_001 - 100_000) / 100;
}

/** Starts the devices. */
export function startLoad(options: LoadOptions): Load {
  const n = options.devices ?? 20;
  const devices = Array.from({ length: n }, (_, i) => {
    const share = options.messages === undefined
      ? Infinity
      : Math.floor(options.messages / n) + (i < options.messages % n ? 1 : 0);
    return new Device(i, share, options);
  });
  const total = (of: (device: Device) => number) => devices.reduce((sum, d) => sum + of(d), 0);
  return {
    done: Promise.all(devices.map((device) => device.run())).then(() => {}),
    acknowledged: () => total((d) => d.acknowledged),
    sent: () => total((d) => d.sent),
    reconnects: () => total((d) => d.reconnects),
    ledger: () => devices.map((d) => d.ledger()),
    async stop() {
      await Promise.all(devices.map((device) => device.stop()));
    },
  };
}

const RECONNECT_MS = 50;
const PAYLOAD_MOST = 128;
const encoder = new TextEncoder();

class Device {
  sent = 0;
  acknowledged = 0;
  reconnects = -1;
  readonly #name: string;
  readonly #topic: Uint8Array;
  readonly #window: number;
  readonly #startMs: number;
  readonly #stepMs: number;
  /** Seqs in flight, oldest first; packet ids follow from them. */
  readonly #open = new Set<number>();
  #conn: Deno.Conn | null = null;
  #stopped = false;
  #writing = false;
  #running: Promise<void> = Promise.resolve();
  #allowed = Infinity;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly index: number,
    private readonly share: number,
    private readonly options: LoadOptions,
  ) {
    this.#name = `${options.prefix ?? "d"}${index}`;
    this.#topic = encoder.encode(`${options.topic ?? "factory/load"}/${this.#name}/value`);
    this.#window = options.window ?? 20;
    this.#startMs = options.startMs ?? Date.UTC(2026, 0, 1);
    this.#stepMs = options.stepMs ?? 1;
  }

  run(): Promise<void> {
    if (this.options.ratePerS !== undefined) this.#pace(this.options.ratePerS);
    return this.#running = this.#connections().finally(() => clearInterval(this.#timer));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#close();
    await this.#running;
  }

  ledger(): DeviceLedger {
    return {
      device: this.#name,
      sent: this.sent,
      acknowledged: this.acknowledged,
      open: [...this.#open].sort((a, b) => a - b),
    };
  }

  #pace(ratePerS: number): void {
    const startMs = performance.now();
    const perMs = ratePerS / (this.options.devices ?? 20) / 1000;
    this.#allowed = 0;
    this.#timer = setInterval(() => {
      this.#allowed = Math.floor((performance.now() - startMs) * perMs);
      this.#topUp();
    }, 10);
  }

  get #finished(): boolean {
    return this.#stopped || this.acknowledged >= this.share;
  }

  async #connections(): Promise<void> {
    while (!this.#finished) {
      this.reconnects++;
      try {
        await this.#connection();
      } catch {
        // refused or reset: the next try comes soon
      }
      this.#close();
      if (!this.#finished) await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }

  async #connection(): Promise<void> {
    const { host = "127.0.0.1", port } = this.options;
    const conn = await Deno.connect({ hostname: host, port });
    if (this.#stopped) return conn.close();
    this.#conn = conn;
    conn.setNoDelay(true);
    await conn.write(connectPacket(this.#name, this.options.user, this.options.password));
    const buffer = new Uint8Array(16 * 1024);
    let rest = 0;
    let connected = false;
    for (;;) {
      const n = await conn.read(buffer.subarray(rest));
      if (n === null) return;
      const have = rest + n;
      let at = 0;
      // CONNACK and PUBACK are the only packets that come, four bytes each.
      for (; at + 4 <= have; at += 4) {
        if (buffer[at] === 0x20) {
          if (buffer[at + 3] !== 0) return;
          connected = true;
          await this.#resend(conn);
        } else this.#puback(buffer[at + 2] << 8 | buffer[at + 3]);
      }
      buffer.copyWithin(0, at, have);
      rest = have - at;
      if (this.#finished) return;
      if (connected) this.#topUp();
    }
  }

  #puback(packetId: number): void {
    for (const seq of this.#open) {
      if (packetIdOf(seq) !== packetId) continue;
      this.#open.delete(seq);
      this.acknowledged++;
      return;
    }
  }

  async #resend(conn: Deno.Conn): Promise<void> {
    if (this.#open.size === 0) return;
    await writeAll(conn, this.#packets([...this.#open], true));
  }

  #topUp(): void {
    const conn = this.#conn;
    if (conn === null || this.#writing || this.#stopped) return;
    const room = Math.min(
      this.#window - this.#open.size,
      Math.min(this.share, this.#allowed) - this.sent,
    );
    if (room <= 0) return;
    const seqs: number[] = [];
    for (let i = 0; i < room; i++) {
      this.#open.add(this.sent);
      seqs.push(this.sent++);
    }
    this.#writing = true;
    writeAll(conn, this.#packets(seqs, false)).catch(() => {}).finally(() => {
      this.#writing = false;
      if (this.#conn === conn) this.#topUp();
    });
  }

  #packets(seqs: readonly number[], again: boolean): Uint8Array {
    const topic = this.#topic;
    const bytes = new Uint8Array(seqs.length * (topic.length + PAYLOAD_MOST + 8));
    let at = 0;
    for (const seq of seqs) {
      const bodyAt = at + 3;
      let i = bodyAt;
      bytes[i++] = topic.length >> 8;
      bytes[i++] = topic.length & 0xff;
      bytes.set(topic, i);
      i += topic.length;
      const packetId = packetIdOf(seq);
      bytes[i++] = packetId >> 8;
      bytes[i++] = packetId & 0xff;
      i += encoder.encodeInto(this.#payload(seq), bytes.subarray(i)).written;
      const length = i - bodyAt;
      bytes[at] = again ? 0x3a : 0x32;
      // Two bytes of length, also where one would do.
      bytes[at + 1] = length & 0x7f | 0x80;
      bytes[at + 2] = length >> 7;
      at = i;
    }
    return bytes.subarray(0, at);
  }

  #payload(seq: number): string {
    const value = valueOf(this.index, seq);
    const ts = this.#startMs + seq * this.#stepMs;
    switch (this.options.payload ?? "full") {
      case "plain":
        return String(value);
      case "time":
        return `{"value":${value},"ts":${ts}}`;
      default:
        return `{"value":${value},"ts":${ts},"seq":${seq}}`;
    }
  }

  #close(): void {
    try {
      this.#conn?.close();
    } catch {
      // closed before
    }
    this.#conn = null;
  }
}

function packetIdOf(seq: number): number {
  return seq % 65_535 + 1;
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

function connectPacket(clientId: string, user?: string, password?: string): Uint8Array {
  const field = (text: string) => {
    const bytes = encoder.encode(text);
    return [bytes.length >> 8, bytes.length & 0xff, ...bytes];
  };
  const flags = (user === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40);
  const body = [
    ...field("MQTT"),
    4,
    flags,
    0,
    0,
    ...field(clientId),
    ...(user === undefined ? [] : field(user)),
    ...(password === undefined ? [] : field(password)),
  ];
  return new Uint8Array([0x10, body.length & 0x7f | 0x80, body.length >> 7, ...body]);
}

async function main(args: readonly string[]): Promise<void> {
  const named = new Map(args.map((arg) => arg.replace(/^--/, "").split("=") as [string, string]));
  const number = (key: string) => named.has(key) ? Number(named.get(key)) : undefined;
  const load = startLoad({
    port: number("port") ?? 1883,
    host: named.get("host"),
    devices: number("devices"),
    messages: number("messages"),
    window: number("window"),
    ratePerS: number("rate"),
    payload: named.get("payload") as LoadOptions["payload"],
    topic: named.get("topic"),
    startMs: number("start-ms"),
    prefix: named.get("prefix"),
  });
  const startedMs = performance.now();
  Deno.addSignalListener("SIGTERM", () => void load.stop());
  await load.done;
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(JSON.stringify({
    acknowledged: load.acknowledged(),
    sent: load.sent(),
    reconnects: load.reconnects(),
    seconds,
    ledger: load.ledger(),
  }));
  Deno.exit(0);
}

if (import.meta.main) await main(Deno.args);
