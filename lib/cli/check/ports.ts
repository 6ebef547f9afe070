import type { Config } from "../../base/config.ts";
import { messageOf } from "../../base/errors.ts";
import type { Check, Finding } from "./check.ts";

/** While Perch runs its ports are its own; otherwise each must be free and allowed. */
export function portsCheck(config: Config, runningUrl: string | null): Check {
  return {
    name: "ports",
    run() {
      if (runningUrl !== null) {
        return Promise.resolve([{ state: "ok", detail: `Perch serves ${runningUrl}` }]);
      }
      const findings = [port("PERCH_PORT", config.http.host, config.http.port)];
      if (config.mqtt.url === null) {
        findings.push(port("MQTT_PORT", config.broker.host, config.broker.port));
      }
      return Promise.resolve(findings);
    },
  };
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
