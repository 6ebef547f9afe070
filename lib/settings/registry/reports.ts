/** What other programs may report. */
import { adminOnly, setting, whole } from "../setting.ts";

export const REPORT_SETTINGS = {
  "events.per_minute": setting({
    category: "Reports of other programs",
    title: "Reports per minute",
    help: "Events and states of components that one key may report; further ones get 429.",
    schema: whole(1, 6_000),
    default: 120,
    unit: "per minute",
    ...adminOnly,
  }),
  "events.per_day": setting({
    category: "Reports of other programs",
    title: "Events per day",
    help: "Events that one key may report in a day of the site's time zone; further ones get 429.",
    schema: whole(1, 1_000_000),
    default: 10_000,
    unit: "per day",
    ...adminOnly,
  }),
} as const;
