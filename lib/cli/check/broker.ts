import type { Config } from "../../base/config.ts";
import { messageOf } from "../../base/errors.ts";
import type { BrokerConnection, QueueProbe } from "../../sources/queue_probe.ts";
import type { Check } from "./check.ts";

export interface BrokerCheckOptions {
  config: Config;
  /** False: look only whether the broker answers (`--no-queue-probe`). */
  probeQueue: boolean;
  /** The Perch that runs uses a broker inside itself; null: none runs, or it does not say. */
  runningEmbedded: boolean | null;
  /** `probeQueue` of lib/sources. */
  probe: (connection: BrokerConnection, messages: number) => Promise<QueueProbe>;
}

/** More than mosquitto's and most brokers' default queue of 1 000 for a client that is away. */
export const PROBE_MESSAGES = 1_200;

/**
 * Does the broker answer, and would it keep what comes while Perch is down? No broker publishes its queue limit,
 * so it is tried: a session goes away, messages are sent to it, and what comes back is counted.
 */
export function brokerCheck(options: BrokerCheckOptions): Check {
  const { mqtt } = options.config;
  return {
    name: "broker",
    async run() {
      if (mqtt.url === null && options.runningEmbedded === false) {
        return [{
          state: "unknown",
          detail: "the running Perch uses another broker, which MQTT_URL does not name here",
          advice: "To try it, run perch check with the environment of the service.",
        }];
      }
      if (mqtt.url === null) {
        return [{ state: "ok", detail: "the embedded broker is used (MQTT_URL is not set)" }];
      }
      const connection = {
        url: mqtt.url,
        user: mqtt.user,
        password: mqtt.password,
        caFile: mqtt.caFile,
        certFile: mqtt.certFile,
        keyFile: mqtt.keyFile,
      };
      const messages = options.probeQueue ? PROBE_MESSAGES : 0;
      let probe: QueueProbe;
      try {
        probe = await options.probe(connection, messages);
      } catch (error) {
        return [{
          state: "problem",
          detail: `could not reach the broker at ${mqtt.url} (${messageOf(error)})`,
          advice: "Check MQTT_URL, MQTT_USER and MQTT_PASSWORD, and that the broker runs.",
        }];
      }
      const reached = { state: "ok" as const, detail: `${mqtt.url} answers` };
      if (messages === 0) return [reached];
      return [reached, judge(probe, messages)];
    },
  };
}

function judge(probe: QueueProbe, sent: number) {
  if (probe.refused !== null) {
    return {
      state: "warn" as const,
      detail:
        `whether the broker keeps messages while Perch is down could not be tried: ${probe.refused}`,
      advice: "Allow this user to read and write perch/check/# at the broker and check again.",
    };
  }
  if (probe.delivered >= sent) {
    return {
      state: "ok" as const,
      detail: `the broker kept all of ${sent} messages for a client that was away`,
    };
  }
  return {
    state: "warn" as const,
    detail:
      `the broker kept only ${probe.delivered} of ${sent} acknowledged QoS 1 messages for a ` +
      "client that was away: readings sent while Perch is down or slow would be lost",
    advice: "In mosquitto.conf: max_queued_messages 0 (or as many as your memory allows), " +
      "max_inflight_messages 1000, persistence true; then restart it.",
  };
}
