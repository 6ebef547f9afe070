import { perchCommand } from "./perch.ts";
import { until } from "./until.ts";

/** A socket that takes datagrams, as systemd listens for `sd_notify`. Through libc: Deno's own is unstable. */
export function listenForDatagrams(path: string): { take(): string[]; close(): void } {
  const { symbols: libc } = Deno.dlopen("libc.so.6", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
    close: { parameters: ["i32"], result: "i32" },
  });
  const name = new TextEncoder().encode(path);
  if (path.startsWith("@")) name[0] = 0;
  const address = new Uint8Array(2 + name.length + (path.startsWith("@") ? 0 : 1));
  address[0] = 1;
  address.set(name, 2);
  const fd = libc.socket(1, 2 | 0o2000000 | 0o4000, 0);
  if (libc.bind(fd, address, address.length) !== 0) throw new Error(`cannot bind ${path}`);
  const buffer = new Uint8Array(4096);
  return {
    take() {
      const all: string[] = [];
      for (;;) {
        const n = Number(libc.recv(fd, buffer, 4096n, 0x40));
        if (n < 0) return all;
        all.push(new TextDecoder().decode(buffer.subarray(0, n)));
      }
    },
    close: () => void libc.close(fd),
  };
}

/** What a service manager saw; `ms` as `performance.now` counts. */
export interface Seen {
  ms: number;
  what: "start" | "ready" | "ping" | "status" | "stopping" | "missed" | "ended";
  text: string;
}

export interface ManagedPerch extends AsyncDisposable {
  seen: Seen[];
  /** Of the one that was started last, once it has said it. */
  url(): Promise<string>;
  pid(): number;
  output(): string;
  /** The first of a kind after `afterMs`; rejects after `withinMs`. */
  until(what: Seen["what"], afterMs: number, withinMs: number): Promise<Seen>;
}

export interface ManagedOptions {
  dataDir: string;
  /** `WatchdogSec`. */
  watchdogS: number;
  /** Instead of the sources: a program that takes Perch's arguments. */
  binary?: string[];
  args?: string[];
  /** Commands of the shell that run before Perch, such as `ulimit`. */
  before?: string;
}

/**
 * Runs Perch as systemd runs a unit with `Type=notify`, `WatchdogSec` and `Restart=always`: whoever misses the
 * deadline after READY is killed and started again.
 */
export function manage(options: ManagedOptions): ManagedPerch {
  const { dataDir, watchdogS } = options;
  const socket = `${dataDir}/notify`;
  const datagrams = listenForDatagrams(socket);
  const seen: Seen[] = [];
  const note = (what: Seen["what"], text = "") => seen.push({ ms: performance.now(), what, text });
  let output = "";
  /** Where the words of the one that was started last begin. */
  let from = 0;
  let child: Deno.ChildProcess;
  let dueMs = Infinity;
  let over = false;
  let running = Promise.resolve();

  function start(): void {
    const [command, args] = perchCommand(options.binary, options.args ?? ["serve"]);
    dueMs = Infinity;
    from = output.length;
    note("start");
    child = new Deno.Command("sh", {
      // The process number is known to the shell that becomes Perch.
      args: [
        "-c",
        `${options.before ?? ":"}; WATCHDOG_PID=$$ exec "$@"`,
        "sh",
        command,
        ...args,
      ],
      cwd: dataDir,
      env: {
        PERCH_DATA: dataDir,
        PERCH_HOST: "127.0.0.1",
        PERCH_PORT: "0",
        MQTT_PORT: "0",
        NO_COLOR: "1",
        NOTIFY_SOCKET: socket,
        WATCHDOG_USEC: String(watchdogS * 1_000_000),
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) output += text;
    };
    running = Promise.all([read(child.stdout), read(child.stderr), child.status]).then(() => {
      note("ended");
      if (!over) start();
    });
  }

  const timer = setInterval(() => {
    for (const text of datagrams.take()) {
      const lines = text.split("\n");
      if (lines.includes("READY=1")) note("ready", text);
      else if (lines.includes("WATCHDOG=1")) note("ping", text);
      else note(lines.includes("STOPPING=1") ? "stopping" : "status", text);
      const isReady = dueMs < Infinity || lines.includes("READY=1");
      if (isReady) dueMs = performance.now() + watchdogS * 1000;
    }
    if (performance.now() < dueMs) return;
    dueMs = Infinity;
    note("missed");
    child.kill("SIGKILL");
  }, 20);
  start();

  return {
    seen,
    output: () => output,
    pid: () => child.pid,
    url: () => {
      const look = () => /http:\/\/127\.0\.0\.1:\d+/.exec(output.slice(from))?.[0] ?? null;
      return until("its address", look);
    },
    async until(what, afterMs, withinMs) {
      const endMs = performance.now() + withinMs;
      for (;;) {
        const found = seen.find((one) => one.what === what && one.ms > afterMs);
        if (found) return found;
        if (performance.now() > endMs) {
          throw new Error(`waited ${withinMs} ms for ${what}\n${output}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async [Symbol.asyncDispose]() {
      over = true;
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await running;
      clearInterval(timer);
      datagrams.close();
    },
  };
}
