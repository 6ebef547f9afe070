/** How others find this Perch. */
import { z } from "zod";
import { isZone } from "../../words/zones.ts";
import { setting } from "../setting.ts";

const category = "Site";

export const PRESENCE_SETTINGS = {
  "site.time_zone": setting({
    category,
    title: "Time zone",
    help:
      "Days, weekly windows, quiet hours, schedules and reports count in it, and pages and messages " +
      "show times in it; such as Europe/Berlin. Empty: the host's.",
    schema: z.string().trim().max(64).refine((name) => name === "" || isZone(name), {
      error: "name a time zone, such as Europe/Berlin or America/New_York; empty: the host's",
    }),
    default: "",
    see: "viewer",
    change: "admin",
  }),
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
