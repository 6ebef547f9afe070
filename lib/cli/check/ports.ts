import { createOutgoing } from "../../base/create_outgoing.ts";
import type { Config } from "../../base/config.ts";
import { messageOf } from "../../base/errors.ts";
import type { Condition } from "../condition.ts";
import type { Check, Finding } from "./check.ts";

const ANSWER_MS = 5_000;

/** The Perch that runs. */
export interface RunningPorts {
  /** Of its pages. */
  url: string;
  /** Null: it does not say how it is, such as in safe mode. */
  condition: Pick<Condition, "broker"> | null;
}

/**
 * While Perch runs its ports are its own, and have to answer: the addresses are those that it names, whatever stands in
 * the environment of this command. Otherwise each must be free and allowed.
 */
export function portsCheck(config: Config, running: RunningPorts | null): Check {
  return {
    name: "ports",
    deadlineMs: 3 * ANSWER_MS,
    async run() {
      if (running !== null) return await answering(running);
      const findings = [port("PERCH_PORT", config.http.host, config.http.port)];
      if (config.tls !== null) {
        findings.push(port("PERCH_TLS_PORT", config.http.host, config.tls.port));
      }
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
async function answering({ url, condition }: RunningPorts): Promise<Omit<Finding, "name">[]> {
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
  if (condition === null) {
    const detail = "whether its MQTT broker listens is not known: it does not say where";
    return [...found, { state: "unknown", detail }];
  }
  if (condition.broker === null) return found;
  const { host, port: number } = condition.broker;
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
