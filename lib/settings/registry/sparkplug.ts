/** Perch as a host application of Sparkplug B; whether it is one says `devices.sparkplug`. */
import { z } from "zod";
import { setting, whole } from "../setting.ts";

const category = "Devices";

export const SPARKPLUG_SETTINGS = {
  "sparkplug.host_id": setting({
    category,
    title: "Sparkplug host id",
    help:
      "What edge nodes know this host by: its state is at spBv1.0/STATE/<id>. One host of a name per broker.",
    schema: z.string().regex(/^[^/+#\s]{1,64}$/, "1 to 64 characters without blanks, /, + and #"),
    default: "perch",
    see: "viewer",
    change: "admin",
  }),
  "sparkplug.reorder_ms": setting({
    category,
    title: "Wait for missing Sparkplug messages",
    help: "What has not come by then is asked for again, as a rebirth, once a minute at most.",
    schema: whole(100, 60_000),
    default: 2_000,
    unit: "ms",
    see: "viewer",
    change: "admin",
  }),
  "sparkplug.state_2_2": setting({
    category,
    title: "State for Sparkplug 2.2",
    help: "Says ONLINE and OFFLINE at STATE/<id> too, where older edge nodes look for it.",
    schema: z.boolean(),
    default: false,
    see: "viewer",
    change: "admin",
  }),
} as const;
