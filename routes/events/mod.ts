import type { Route } from "../http/route.ts";
import { logRoutes, type LogServices } from "./logs_api.ts";

export type EventRouteParts = LogServices;

/** What happened: the event log and the log files. */
export function eventsRoutes(parts: EventRouteParts): Route[] {
  return [...logRoutes(parts)];
}
