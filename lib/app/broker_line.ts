import type { Clock } from "../base/clock.ts";
import { randomId } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { Outgoing } from "../base/outgoing.ts";
import { Secret } from "../base/secret.ts";
import type { BrokerLine, MqttLinkDeps } from "../upstream/edge/mqtt_link.ts";

const CONNECT_MS = 10_000;

/** Opens lines to the broker of a centre, through the one way out; the library of MQTT is loaded with the first. */
export function brokerLines(
  { clock, log, outgoing, trusted }: {
    clock: Clock;
    log: Log;
    outgoing: Pick<Outgoing, "connect">;
    /** The address stands in the environment. */
    trusted: () => boolean;
  },
): MqttLinkDeps["open"] {
  return async (
    { host, port, isSecure, user, password },
    topic,
    onMessage,
  ): Promise<BrokerLine> => {
    const { createPlainLine } = await import("../sources/mqtt/plain_line.ts");
    const { socketLink } = await import("../sources/framing/socket_link.ts");
    const at = host.includes(":") ? `[${host}]` : host;
    const line = createPlainLine(
      {
        ...{ clock, log },
        onMessage: (_, payload) => onMessage(payload),
        dial: async (_, signal) =>
          socketLink(
            await outgoing.connect(host, port, { tls: isSecure, signal, trusted: trusted() }),
          ),
      },
      {
        url: `${isSecure ? "mqtts" : "mqtt"}://${at}:${port}`,
        user: user ?? undefined,
        password: password === null ? undefined : new Secret(password),
        // Nothing is kept for it at the broker, so it is another one each time: a copied card has one of its own.
        clientId: `perch-fwd-${randomId(12)}`,
        topics: [topic],
        version: "auto",
        connectTimeoutMs: CONNECT_MS,
      },
    );
    line.start();
    return {
      isReady: () => line.state() === "connected",
      isStarting: () => line.state() === "starting",
      why: line.why,
      publish: (to, payload, signal) =>
        line.publish({ topic: to, payload, qos: 1, retain: false }, signal),
      stop: line.stop,
    };
  };
}
