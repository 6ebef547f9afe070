import { join } from "node:path";
import { startedEarly } from "../../app/storage_start.ts";
import type { Config } from "../../base/config.ts";
import { messageOf, PerchError } from "../../base/errors.ts";
import type { VariableName } from "../../base/variables.ts";
import {
  faultScript,
  SCENARIO_NAMES,
  type SimulatorOptions,
  simulatorOptions,
} from "../../../sim/options.ts";
import { type Command, type CommandContext, type Flags, UsageError } from "../command.ts";

const DEFAULT_HISTORY_H = 6;

export const sim: Command = {
  name: "sim",
  summary: "run Perch with a simulated plant on loopback, to try it without hardware",
  options: {
    scenario: {
      type: "string",
      value: "S",
      help: `${SCENARIO_NAMES.join(", ")} (default ${SCENARIO_NAMES[0]})`,
    },
    seed: { type: "string", value: "N", help: "same seed, same readings (default 1)" },
    speed: { type: "string", value: "X", help: "0.1 to 100 times as fast and as often" },
    faults: { type: "string", value: "FILE", help: "JSON script of more faults" },
    history: { type: "string", value: "HOURS", help: "past to fill in at the first start (6)" },
    stopped: { type: "boolean", help: "do not start the plant; the page or the API can" },
    "allow-remote-broker": { type: "boolean", help: "publish to an MQTT_URL beyond this host" },
  },
  async run(context) {
    const { terminal, flags } = context;
    const chosen = readOptions(flags);
    const historyH = flags.number("history", 0, 168) ?? DEFAULT_HISTORY_H;
    const config = context.config("sim", freePorts(context));
    refuseRemote(config, flags);
    const isNew = !exists(join(config.dataDir, "perch.db"));
    const storageWorker = startedEarly(config.database.url);
    const { simPlant } = await import("../sim_plant.ts");
    return await simPlant({
      storageWorker,
      config,
      terminal,
      historyH: isNew ? historyH : 0,
      begin: flags.has("stopped") ? null : chosen,
    });
  },
};

/**
 * Ports that nobody asked for and that are taken become any free one. The embedded broker's port is always
 * settled here, because the plant has to know it.
 */
function freePorts(context: CommandContext): Partial<Record<VariableName, string>> {
  const config = context.config("sim");
  const set: Partial<Record<VariableName, string>> = {};
  const { http, broker, mqtt } = config;
  if (!context.isSet("PERCH_PORT", "sim") && !isFree(http.host, http.port)) set.PERCH_PORT = "0";
  const wantsAny = broker.port === 0 ||
    (!context.isSet("MQTT_PORT", "sim") && !isFree(broker.host, broker.port));
  if (mqtt.url === null && wantsAny) set.MQTT_PORT = String(anyPort(broker.host));
  return set;
}

function isFree(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return true;
  } catch {
    return false;
  }
}

function anyPort(hostname: string): number {
  const listener = Deno.listen({ hostname, port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Simulated readings do not belong into a real plant's broker. */
function refuseRemote(config: Config, flags: Flags): void {
  if (config.mqtt.url === null || flags.has("allow-remote-broker")) return;
  const { hostname } = new URL(config.mqtt.url);
  if (["localhost", "127.0.0.1", "[::1]"].includes(hostname)) return;
  throw new PerchError(
    "bad_request",
    `MQTT_URL is "${config.mqtt.url}": the simulator publishes to brokers on this host only. ` +
      "Unset it, or add --allow-remote-broker.",
  );
}

function readOptions(flags: Flags): SimulatorOptions {
  const file = flags.text("faults");
  const parsed = simulatorOptions.safeParse({
    scenario: flags.text("scenario"),
    seed: flags.number("seed", 0, 2 ** 31 - 1),
    speed: flags.number("speed", 0.1, 100),
    faults: file === undefined ? undefined : readFaults(file),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`--${String(issue.path[0])}: ${issue.message}`);
}

function readFaults(path: string): SimulatorOptions["faults"] {
  let json: unknown;
  try {
    json = JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    throw new UsageError(`--faults: ${path} cannot be read as JSON (${messageOf(error)})`);
  }
  const parsed = faultScript.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`--faults: ${path}: ${issue.path.join(".")}: ${issue.message}`);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
