/** Signing in, and limits of requests. */
import { adminOnly, setting, whole } from "../setting.ts";

export const ACCESS_SETTINGS = {
  "access.wrong_sign_ins": setting({
    category: "Access",
    title: "Wrong sign-ins",
    help: "Attempts allowed in five minutes per account and address; further ones are delayed.",
    schema: whole(3, 20),
    default: 5,
    unit: "in 5 minutes",
    ...adminOnly,
  }),
  "access.session_idle_days": setting({
    category: "Access",
    title: "Sign out after",
    help: "A browser that was not used for so long is signed out; after 30 days it is anyway.",
    schema: whole(1, 30),
    default: 7,
    unit: "days without use",
    ...adminOnly,
  }),
  "access.requests_per_second": setting({
    category: "Access",
    title: "Requests per second",
    help:
      "Per person, key or address, with a burst of ten times as many. Ingest has its own limit.",
    schema: whole(5, 10_000),
    default: 30,
    unit: "per second",
    ...adminOnly,
  }),
} as const;
