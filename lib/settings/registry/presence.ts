/** How others find this Perch. */
import { z } from "zod";
import { setting } from "../setting.ts";

const category = "Site";

export const PRESENCE_SETTINGS = {
  "presence.mdns": setting({
    category,
    title: "Announce on the network",
    help: "Clients find Perch by mDNS (_perch._tcp). Where Avahi runs, perch install does it.",
    schema: z.boolean(),
    default: true,
    see: "viewer",
    change: "admin",
  }),
  "presence.home_assistant": setting({
    category,
    title: "Show in Home Assistant",
    help: "Tells Home Assistant, by MQTT discovery, of open alarms and of how each machine is.",
    schema: z.boolean(),
    default: false,
    see: "viewer",
    change: "admin",
  }),
} as const;
