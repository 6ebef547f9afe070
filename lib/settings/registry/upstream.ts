/** What this Perch forwards to another one. */
import { z } from "zod";
import { adminOnly, setting, whole } from "../setting.ts";

export const UPSTREAM_SETTINGS = {
  "forwarding.line": setting({
    category: "Forwarding",
    title: "Line of the centre",
    help:
      "As the centre showed it when this site was added there: https://<site>:<key>@<address> or, through a broker, " +
      "mqtts://<site>:<key>@<broker>. Empty: nothing is forwarded.",
    schema: z.string().trim().max(600).refine(
      (line) => line === "" || /^(https?|mqtts?):\/\/[^:/@\s]+:[^@/\s]+@\S+$/.test(line),
      "must be https://<site>:<key>@<address>, mqtts://<site>:<key>@<broker>, or empty",
    ),
    default: "",
    secret: true,
    ...adminOnly,
  }),
  "forwarding.keep_days": setting({
    category: "Forwarding",
    title: "Wait for the centre",
    help:
      "What the centre, or the upstream broker, has not taken by then is not forwarded any more; it stays here.",
    schema: whole(1, 366),
    default: 30,
    unit: "days",
    ...adminOnly,
  }),
  "forwarding.keep_mb": setting({
    category: "Forwarding",
    title: "Room for what waits",
    help:
      "When more waits for the centre, or for the upstream broker, the oldest of it is not forwarded any more; it " +
      "stays here.",
    schema: whole(1, 100_000),
    default: 500,
    unit: "MB",
    ...adminOnly,
  }),
} as const;
