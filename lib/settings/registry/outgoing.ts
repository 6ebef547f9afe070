/** Connections that Perch opens: ThingSpeak, and the networks that may be reached. */
import { z } from "zod";
import { networkFault } from "../../base/reach.ts";
import { adminOnly, namesOf, setting, whole } from "../setting.ts";

const privateNetwork = z.string().max(64).superRefine((text, context) => {
  const fault = networkFault(text);
  if (fault !== null) context.addIssue({ code: "custom", message: fault });
});

export const OUTGOING_SETTINGS = {
  "thingspeak.channel": setting({
    category: "ThingSpeak",
    title: "Channel",
    help: "Number of the channel that readings are uploaded to. Empty: none is.",
    schema: z.string().regex(/^\d{0,12}$/, "must be a number, or empty"),
    default: "",
    ...adminOnly,
  }),
  "thingspeak.write_key": setting({
    category: "ThingSpeak",
    title: "Write key",
    help: "Of the channel's API keys.",
    schema: z.string().max(100),
    default: "",
    secret: true,
    ...adminOnly,
  }),
  "thingspeak.read_key": setting({
    category: "ThingSpeak",
    title: "Read key",
    help: "To read back a channel that is not public.",
    schema: z.string().max(100),
    default: "",
    secret: true,
    ...adminOnly,
  }),
  "thingspeak.fields": setting({
    category: "ThingSpeak",
    title: "Sensors",
    help:
      "Names of the sensors of field 1 to 8, with commas between them. Empty: the first eight " +
      "number sensors.",
    schema: z.string().max(4000).refine((names) => namesOf(names).length <= 8, "eight at most"),
    default: "",
    ...adminOnly,
  }),
  "thingspeak.interval_s": setting({
    category: "ThingSpeak",
    title: "Time between two values",
    help: "A free account takes one every 15 s.",
    schema: whole(15, 86_400),
    default: 15,
    unit: "s",
    ...adminOnly,
  }),
  "outgoing.allowed_networks": setting({
    category: "Outgoing connections",
    title: "Private networks that may be reached",
    help: "Webhooks, mail and other channels reach the internet and these networks only, e.g. " +
      "192.168.1.0/24. This host itself can be allowed in the environment alone (OUTGOING_NETWORKS).",
    schema: z.array(privateNetwork).max(100),
    default: [] as string[],
    ...adminOnly,
  }),
} as const;
