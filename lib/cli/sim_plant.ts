import { dirname, join } from "node:path";
import { createSimCamera } from "../../sim/camera/camera.ts";
import { createSimulator } from "../../sim/simulator.ts";
import type { SimulatorOptions } from "../../sim/options.ts";
import { type App, buildApp } from "../app.ts";
import { ownHost } from "../app/own_host.ts";
import { systemClock } from "../base/clock.ts";
import type { Config } from "../base/config.ts";
import { makeFolder, writeDurably } from "../base/durable_file.ts";
import { messageOf } from "../base/errors.ts";
import type { ExitCode } from "./command.ts";
import { foregroundOf } from "./foreground_of.ts";
import { commandLog } from "./logging.ts";
import { runApp } from "./run_app.ts";
import { knownPort, showCamera } from "./sim_camera.ts";
import type { Terminal } from "./terminal.ts";

interface SimOptions {
  config: Config;
  terminal: Terminal;
  /** How the plant is to be; null: it does not start by itself. */
  begin: SimulatorOptions | null;
  /** Hours of past to fill in. */
  historyH: number;
  storageWorker: () => Worker;
}

/** What `perch sim` does. */
export async function simPlant(
  { config, terminal: given, begin, historyH, storageWorker }: SimOptions,
): Promise<ExitCode> {
  const foreground = await foregroundOf(given, config);
  const terminal = foreground?.terminal ?? given;
  let perch: App | null = null;
  const clock = systemClock();
  const log = commandLog(config, terminal).child("sim");
  /** What Perch may connect to beyond its environment, `127.0.0.1:8080`. */
  const openedPlaces: string[] = [];
  const simulator = createSimulator({
    clock,
    log,
    broker: () => brokerOf(config),
    room: {
      minC: config.sim.tempMinC,
      maxC: config.sim.tempMaxC,
      periodS: config.sim.updateIntervalS,
    },
    async putScript(path, text, instead) {
      const file = join(config.dataDir, path);
      if (instead !== undefined && await Deno.readTextFile(file) !== instead) return false;
      await makeFolder(dirname(file));
      await writeDurably(file, new TextEncoder().encode(text));
      await perch?.parts().scripts.look();
      return true;
    },
    camera: createSimCamera({ clock, log, port: () => perch === null ? 0 : knownPort(perch) }),
    async onCamera(camera) {
      openedPlaces[0] = `127.0.0.1:${camera.port}`;
      if (perch !== null) await showCamera(perch, camera);
    },
  });
  return await runApp({
    config,
    foreground,
    command: "sim",
    terminal,
    build: (options) =>
      buildApp({
        ...options,
        storageWorker,
        host: ownHost(options.config.dataDir),
        simulator,
        openedPlaces: () => openedPlaces,
      }),
    onStarted: async (app, { url, access }, log) => {
      perch = app;
      terminal.out(greeting(url, access.demoUsers, config));
      // Another program may listen at a port that was asked for; the plant must not publish to it.
      const broker = app.parts().broker?.state();
      if (broker !== undefined && broker.state !== "listening") {
        log.error(`the plant does not run: ${broker.detail}`);
      } else if (begin !== null) {
        await simulator.start({ ...begin, historyS: Math.round(historyH * 3_600) })
          .catch((error) => log.error(messageOf(error)));
      }
      return () => simulator.stop();
    },
  });
}

function brokerOf({ mqtt, broker }: Config) {
  if (mqtt.url !== null) return { url: mqtt.url, user: mqtt.user, password: mqtt.password };
  const host = broker.host === "0.0.0.0" ? "127.0.0.1" : broker.host;
  return { url: `mqtt://${host.includes(":") ? `[${host}]` : host}:${broker.port}` };
}

function greeting(
  url: string,
  users: readonly { email: string; password: string }[],
  config: Config,
): string {
  const signIns = users.map(({ email, password }) => `    ${email.padEnd(22)} ${password}`);
  return [
    "",
    `  Perch with a simulated plant: ${url}`,
    "",
    "  Sign in as",
    ...signIns,
    "",
    `  MQTT ${brokerOf(config).url}   data ${config.dataDir}   Ctrl-C ends it`,
    "",
  ].join("\n");
}
