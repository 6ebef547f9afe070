/**
 * The stream route on its own, as a process: prints its port, then publishes commit groups.
 * Arguments: a JSON object `StreamServerOptions`.
 */
import { silentLog } from "../../lib/base/log.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { createSocketLimiter } from "../../lib/live/socket_limits.ts";
import { createStreamHub, type StreamLimits } from "../../lib/live/stream.ts";
import { mount } from "../../routes/mount.ts";
import { streamRoutes } from "../../routes/stream.ts";
import { directoryOf, groupOf } from "./directory.ts";

export interface StreamServerOptions {
  limits: Partial<StreamLimits>;
  /** Commit groups per second. */
  groupsPerS: number;
  readingsPerGroup: number;
  /** False leaves the sockets as the kernel makes them. */
  limitSockets: boolean;
}

if (import.meta.main) run(JSON.parse(Deno.args[0]));

function run(options: StreamServerOptions): void {
  const sensors = directoryOf([{ name: "plant/press/temperature" }]);
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
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, app.fetch);
  console.log((server.addr as Deno.NetAddr).port);

  let value = 0;
  const publish = () => {
    const tMs = Date.now();
    const readings = Array.from(
      { length: options.readingsPerGroup },
      () => ({ sensor: "plant/press/temperature", tMs, value: ++value }),
    );
    hub.publishReadings(groupOf(sensors, readings));
  };
  setInterval(publish, 1000 / options.groupsPerS);
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
