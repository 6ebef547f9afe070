import { systemClock } from "../../lib/base/clock.ts";
import { createOutgoing } from "../../lib/base/create_outgoing.ts";
import type { SendContext } from "../../lib/notify/channel.ts";

/** What a channel needs to send to receivers on loopback; `ca` is the PEM file of an authority to trust. */
export function sendContext(change: Partial<SendContext> = {}, ca?: string): SendContext {
  return {
    outgoing: createOutgoing({
      allowed: () => [],
      opened: ["127.0.0.1", "::1"],
      ownPorts: () => [],
      ca: ca === undefined ? [] : [Deno.readTextFileSync(ca)],
    }),
    signal: AbortSignal.timeout(10_000),
    clock: systemClock(),
    site: "hall",
    environment: {
      smtp: { server: null, port: 587, sender: null, password: null, recipient: null },
      slackUrl: null,
    },
    publishMqtt: () => Promise.reject(new Error("not connected")),
    push: {
      browsersOf: () => Promise.resolve([]),
      used: () => Promise.resolve(),
      gone: () => Promise.resolve(),
      vapid: () => Promise.reject(new Error("there is no key")),
    },
    ...change,
  };
}
