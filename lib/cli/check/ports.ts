import { createOutgoing } from "../../base/create_outgoing.ts";
import type { Config } from "../../base/config.ts";
import { messageOf } from "../../base/errors.ts";
import type { Check, Finding } from "./check.ts";

const ANSWER_MS = 5_000;

/** While Perch runs its ports are its own, and have to answer; otherwise each must be free and allowed. */
export function portsCheck(config: Config, runningUrl: string | null): Check {
  return {
    name: "ports",
    deadlineMs: 3 * ANSWER_MS,
    async run() {
      if (runningUrl !== null) return await answering(config, runningUrl);
      const findings = [port("PERCH_PORT", config.http.host, config.http.port)];
      if (config.mqtt.url === null) {
        findings.push(port("MQTT_PORT", config.broker.host, config.broker.port));
      }
      return findings;
    },
  };
}

/** This host's own, as the environment names it. */
const OWN = { timeoutMs: ANSWER_MS, trusted: true };

/** The pages, and the broker inside Perch, of one that runs. */
async function answering(config: Config, url: string): Promise<Omit<Finding, "name">[]> {
  const outgoing = createOutgoing({ allowed: () => [], opened: [], ownPorts: () => [] });
  const found: Omit<Finding, "name">[] = [];
  try {
    await outgoing.fetch(`${url}/health/live`, OWN);
    found.push({ state: "ok", detail: `Perch serves ${url}` });
  } catch (error) {
    found.push({
      state: "problem",
      detail: `Perch runs, but ${url} does not answer (${messageOf(error)})`,
      advice: "Look at its log (journalctl -u perch -e), and restart it.",
    });
  }
  const { host, port: number } = config.broker;
  if (config.mqtt.url !== null || number === 0) return found;
  // Bound to every address: the nearest will do.
  const hostname = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  try {
    (await outgoing.connect(hostname, number, OWN)).destroy();
    found.push({ state: "ok", detail: `its MQTT broker listens on ${host}:${number}` });
  } catch (error) {
    found.push({
      state: "problem",
      detail: `its MQTT broker does not listen on ${host}:${number} (${messageOf(error)})`,
      advice: "The page Sources says why; often another program has the port: set MQTT_PORT.",
    });
  }
  return found;
}

function port(variable: string, hostname: string, port: number): Omit<Finding, "name"> {
  try {
    Deno.listen({ hostname, port }).close();
    return { state: "ok", detail: `${variable}: ${hostname}:${port} is free` };
  } catch (error) {
    const taken = error instanceof Deno.errors.AddrInUse;
    return {
      state: "problem",
      detail: `${variable}: ${hostname}:${port} ${
        taken ? "is taken by another program" : `cannot be used (${messageOf(error)})`
      }`,
      advice: `Set ${variable} to a free port of 1024 or above, or end what uses it.`,
    };
  }
}
