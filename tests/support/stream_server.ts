/**
 * The stream route on its own, as a process: prints its port, then publishes commit groups.
 * Arguments: a JSON object `StreamServerOptions`.
 */
import { silentLog } from "../../lib/base/log.ts";
import { systemClock } from "../../lib/base/clock.ts";
import type { CommittedGroup } from "../../lib/intake/committed.ts";
import { createReadingEncoder } from "../../lib/live/encode.ts";
import { createSocketLimiter } from "../../lib/live/socket_limits.ts";
import { createStreamHub } from "../../lib/live/stream.ts";
import { type StreamLimits } from "../../lib/live/stream_limits.ts";
import type { SensorDirectory } from "../../lib/machines/sensor.ts";
import { mount } from "../../routes/http/mount.ts";
import { streamRoutes } from "../../routes/site/stream_api.ts";
import { directoryOf, groupOf } from "./directory.ts";

export interface StreamServerOptions {
  limits: Partial<StreamLimits>;
  /** Commit groups per second. */
  groupsPerS: number;
  readingsPerGroup: number;
  /** False leaves the sockets as the kernel makes them. */
  limitSockets: boolean;
  /** A bare `Deno.serve` that hands the same bytes to every client: the measure for the stream's cost. */
  bare?: boolean;
}

if (import.meta.main) {
  const options: StreamServerOptions = JSON.parse(Deno.args[0]);
  const sensors = directoryOf([{ name: "plant/press/temperature" }]);
  const { fetch, publish } = options.bare ? bare(sensors) : perch(sensors, options);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, fetch);
  console.log((server.addr as Deno.NetAddr).port);
  let value = 0;
  setInterval(() => {
    const tMs = Date.now();
    const readings = Array.from(
      { length: options.readingsPerGroup },
      () => ({ sensor: "plant/press/temperature", tMs, value: ++value }),
    );
    publish(groupOf(sensors, readings));
  }, 1000 / options.groupsPerS);
}

interface StreamServer {
  fetch: Deno.ServeHandler<Deno.NetAddr>;
  publish: (group: CommittedGroup) => void;
}

function perch(sensors: SensorDirectory, options: StreamServerOptions): StreamServer {
  const hub = createStreamHub({ clock: systemClock(), sensors, limits: options.limits });
  hub.start();
  const limitSocket = options.limitSockets ? createSocketLimiter() : () => false;
  const app = mount({
    routes: streamRoutes({ hub, sensors, limitSocket }),
    resolve: () => ({
      kind: "key",
      id: "k",
      name: "k",
      role: "viewer",
      scopes: null,
      machine: null,
      via: "key",
    }),
    log: silentLog(),
  });
  return { fetch: app.fetch, publish: (group) => hub.publishReadings(group) };
}

function bare(sensors: SensorDirectory): StreamServer {
  const clients = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const encode = createReadingEncoder(sensors);
  let n = 0;
  return {
    fetch: () => {
      let client: ReadableStreamDefaultController<Uint8Array>;
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => void clients.add(client = controller),
        cancel: () => void clients.delete(client),
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
    publish: (group) => {
      const bytes = encode(group, null, `id: bare-${++n}\nevent: reading\ndata: `, "\n\n");
      if (bytes === null) return;
      for (const client of clients) client.enqueue(bytes);
    },
  };
}

/** Starts the server as a process. */
export async function startStreamServer(
  options: StreamServerOptions,
): Promise<{ url: string; port: number; pid: number; stop(): Promise<void> }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", import.meta.url, JSON.stringify(options)],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  const port = Number(value);
  return {
    url: `http://127.0.0.1:${port}/api/stream`,
    port,
    pid: child.pid,
    async stop() {
      child.kill("SIGTERM");
      await child.status;
      await reader.cancel();
    },
  };
}
