import { z } from "zod";
import type { Secret } from "../../base/secret.ts";
import { DEFAULT_TOPICS } from "../dialects/topic.ts";

const SCHEMES = ["mqtt:", "mqtts:", "ws:", "wss:"];

/** Options of the MQTT client; validation, help and the settings form derive from it. */
export const mqttOptions = z.strictObject({
  url: z.string().refine((text) => URL.canParse(text) && SCHEMES.includes(new URL(text).protocol), {
    error: "an address such as mqtt://10.0.0.5:1883; mqtt, mqtts, ws and wss are known",
  }).meta({ title: "Broker", description: "Address of the broker." }),
  topics: z.array(z.string().min(1).max(1024)).min(1).max(64).default([...DEFAULT_TOPICS])
    .meta({ title: "Topics", description: "Filters to subscribe to, at QoS 1." }),
  clientId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, {
    error: "1 to 64 letters, digits, - and _",
  }).meta({
    title: "Client id",
    description: "Names the session that the broker keeps while Perch is away. Unique per broker.",
  }),
  user: z.string().max(256).optional().meta({ title: "User" }),
  password: z.custom<Secret>().optional().meta({ title: "Password" }),
  caFile: z.string().optional().meta({
    title: "Authority",
    description: "PEM file of the authority that signed the broker's certificate.",
  }),
  certFile: z.string().optional().meta({ title: "Client certificate", description: "PEM file." }),
  keyFile: z.string().optional().meta({ title: "Client key", description: "PEM file." }),
  version: z.enum(["auto", "5", "3.1.1"]).default("auto").meta({
    title: "Protocol",
    description: "auto: MQTT 5, and 3.1.1 when the broker refuses it.",
  }),
  shareGroup: z.string().regex(/^[^/+#\s]{1,64}$/).optional().meta({
    title: "Shared subscription",
    description: "Group of Perches that share the messages of one broker.",
  }),
  receiveMaximum: z.int().min(1).max(65_535).default(2_000).meta({
    title: "In-flight window",
    description: "Unacknowledged messages that the broker may send (MQTT 5).",
  }),
  sessionExpiryS: z.int().min(0).max(0xffffffff).default(7 * 24 * 3600).meta({
    title: "Session expiry",
    description: "Seconds for which the broker keeps messages while Perch is away (MQTT 5).",
  }),
  keepaliveS: z.int().min(1).max(3600).default(30).meta({ title: "Keep-alive" }),
  connectTimeoutMs: z.int().min(100).max(120_000).default(10_000).meta({
    title: "Connect timeout",
  }),
  stateTopic: z.string().max(256).nullish().meta({
    title: "State topic",
    description: "Retained online/offline; perch/<client id>/state by default, null for none.",
  }),
}).refine((o) => (o.certFile === undefined) === (o.keyFile === undefined), {
  error: "a client certificate and its key are given together",
  path: ["certFile"],
});

export type MqttOptions = z.output<typeof mqttOptions>;
export type MqttOptionsInput = z.input<typeof mqttOptions>;
