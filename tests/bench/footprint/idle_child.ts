/**
 * A Perch with nothing to do, on a clock that runs fast, under a service manager. Arguments: data directory,
 * socket of the service manager, how many times as fast. Ends with SIGTERM.
 */
import { buildApp } from "../../../lib/app.ts";
import { ownHost } from "../../../lib/app/own_host.ts";
import { parseConfig } from "../../../lib/base/config.ts";
import { silentLog } from "../../../lib/base/log.ts";
import type { HostWatch } from "../../../lib/health/history/host_watch.ts";
import { fastClock } from "../../support/fast_clock.ts";

/** What else the host does, and the fast clock, are no part of the question. */
function calm(host: HostWatch): HostWatch {
  const about = (value: number) => value * (0.95 + Math.random() / 10);
  return {
    ...host,
    sample: async () => ({
      ...await host.sample(),
      cpu: { used: about(0.03), iowait: about(0.002), steal: 0 },
      temperatures: [{ name: "cpu-thermal", celsius: about(48) }],
      pressure: { cpu: about(0.002), io: about(0.001), memory: 0 },
    }),
    sense: () => Promise.resolve({ cpu: 3, memory: 20, disk: 40, temperature: 48 }),
  };
}

const [dataDir, socket, times] = Deno.args;
const app = buildApp({
  config: parseConfig({
    PERCH_DATA: dataDir,
    PERCH_HOST: "127.0.0.1",
    PERCH_PORT: "0",
    MQTT_PORT: "0",
    NOTIFY_SOCKET: socket,
    WATCHDOG_USEC: String(3_600_000_000),
  }),
  version: "0.0.0",
  log: silentLog(),
  clock: fastClock(Number(times)),
  host: (clock) => calm(ownHost(dataDir)(clock)),
});
Deno.addSignalListener("SIGTERM", async () => {
  await app.stop();
  Deno.exit(0);
});
await app.start();
console.log("ready");
