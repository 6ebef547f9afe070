import { PerchError } from "../../lib/base/errors.ts";
import type { Broker } from "../../lib/sources/broker/broker.ts";
import { type Route, route } from "../http/route.ts";

/** MQTT over WebSocket. Public here, because the broker has its own sign-in: CONNECT carries it. */
export function mqttRoutes({ broker }: { broker: Broker | null }): Route[] {
  return [
    route({
      method: "get",
      path: "/mqtt",
      policy: "public",
      // The API document has no words for a WebSocket: its introduction names it.
      summary: null,
      handler({ c, address, loopback }) {
        if (broker === null) {
          throw new PerchError("not_found", "MQTT_URL is set, so the embedded broker does not run");
        }
        return broker.handleUpgrade(c.req.raw, { address, loopback });
      },
    }),
  ];
}
