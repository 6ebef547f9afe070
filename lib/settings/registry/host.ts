/** The host that Perch runs on. */
import { z } from "zod";
import { setting, whole } from "../setting.ts";

const byAdmins = { see: "viewer", change: "admin" } as const;

export const HOST_SETTINGS = {
  "host.sample_s": setting({
    category: "This host",
    title: "Look at this host every",
    help: "Processor, memory, disk, temperature and supply. A minute of it makes one reading each.",
    schema: whole(5, 300),
    default: 15,
    unit: "s",
    ...byAdmins,
  }),
  "host.history": setting({
    category: "This host",
    title: "Keep the readings of this host",
    help: "As sensors of the machine “This host”, with charts, limits and alarms. Off: the page " +
      "about this host shows the moment alone.",
    schema: z.boolean(),
    default: true,
    ...byAdmins,
  }),
  "host.detectors": setting({
    category: "This host",
    title: "Learn what is usual of this host",
    help:
      "Detectors that learn watch its sensors too, as they do the plant's. What they learn is " +
      "stored every ten minutes: some 20 MB more a day on the card. Limits hold either way.",
    schema: z.boolean(),
    default: false,
    ...byAdmins,
  }),
  "host.emergency": setting({
    category: "This host",
    title: "Do less when this host is in need",
    help:
      "Above the critical limits of its disk, memory, temperature or processor, what can wait " +
      "waits for ten minutes or more: backtests, training, new files, backups. Readings " +
      "and alarms go on either way.",
    schema: z.boolean(),
    default: true,
    ...byAdmins,
  }),
  "host.card_tb": setting({
    category: "This host",
    title: "The card or disk is rated for",
    help: "Terabytes that it can take, as its maker states (TBW). 10 is a cautious guess for a " +
      "consumer SD card of 64 GB; endurance cards have 50 and more, SSDs 100 and more.",
    schema: z.number().min(0.1).max(100_000),
    default: 10,
    unit: "TB",
    ...byAdmins,
  }),
  "host.card_amplification": setting({
    category: "This host",
    title: "The card writes inside",
    help:
      "Times as much as it is given: small writes fill whole blocks. 10 is a cautious guess for " +
      "the small commits of a database on an SD card; SSDs are nearer to 2.",
    schema: z.number().min(1).max(1000),
    default: 10,
    unit: "times",
    ...byAdmins,
  }),
  "host.reboot": setting({
    category: "This host",
    title: "Reboot this host as a last resort",
    help: "When a unit of /etc/perch/units does not run and restarting it six times did not help.",
    schema: z.boolean(),
    default: false,
    ...byAdmins,
  }),
  "host.reboot_hours": setting({
    category: "This host",
    title: "Between two such reboots at least",
    help: "It counts over the reboots themselves. A person may reboot sooner.",
    schema: whole(1, 720),
    default: 24,
    unit: "hours",
    ...byAdmins,
  }),
} as const;
