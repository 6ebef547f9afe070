import { z } from "zod";
import { defineKind } from "./define.ts";

const options = z.strictObject({
  grace_s: z.number().min(0).max(7 * 86_400).default(60).meta({
    title: "Grace, seconds",
    description: "It may be so late before it counts as missed.",
  }),
});

/** A job that says by itself that it has done its work. */
export const heartbeat = defineKind({
  kind: "heartbeat",
  title: "Heartbeat",
  about:
    "A backup, a cron job or a device calls an address of its own, and Perch says when it did not.",
  everyS: 3_600,
  reports: true,
  options,
});
