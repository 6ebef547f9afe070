import { z } from "zod";
import { defineChannel } from "../define.ts";
import { cut, machineBody } from "./fields.ts";

const PLACES = ["site", "type", "kind", "severity", "subject"] as const;
const TOPIC_HELP = `May hold ${PLACES.map((place) => `{${place}}`).join(", ")}.`;

const options = z.strictObject({
  topic: z.string().trim().min(1).max(500)
    .regex(/^[^+#\0$][^+#\0]*$/, "a topic without + and #, not beginning with $")
    .superRefine((topic, context) => {
      for (const [, name] of topic.matchAll(/\{([^}]*)\}/g)) {
        if ((PLACES as readonly string[]).includes(name)) continue;
        context.addIssue({ code: "custom", message: `{${name}} is unknown. ${TOPIC_HELP}` });
      }
    })
    .default("perch/{site}/events/{type}")
    .meta({ title: "Topic", description: TOPIC_HELP }),
  retain: z.boolean().default(false).meta({
    title: "Retain",
    description: "The broker keeps the last message of each topic for those who come later.",
  }),
});

/** Events as JSON at the broker that Perch uses; delivered when the broker acknowledged (QoS 1). */
export const mqtt = defineChannel({
  kind: "mqtt",
  title: "MQTT",
  about: "Publishes each event as JSON at the broker that Perch uses.",
  options,
  forPeople: false,
  async send({ topic, retain }, message, { publishMqtt, signal, site }) {
    const values: Record<typeof PLACES[number], string> = {
      site,
      type: message.event?.type ?? message.kind,
      kind: message.kind,
      severity: message.severity,
      subject: message.event?.subject ?? message.kind,
    };
    const filled = topic.replaceAll(/\{([^}]*)\}/g, (_, name) => level(values[name as "site"]));
    const payload = JSON.stringify({ id: message.uid, ...machineBody(message) });
    await publishMqtt({ topic: filled, payload, qos: 1, retain }, signal);
    return { state: "delivered", answer: `acknowledged on ${filled}` };
  },
});

/** A value as one level of a topic. */
function level(text: string): string {
  return cut(text.replaceAll(/[+#/\0\s]+/g, "_"), 100);
}
