import type { Route } from "../http/route.ts";
import { type AlarmPageParts, alarmRoutes } from "./api.ts";
import { alarmsPages } from "./list.tsx";
import { alarmPages } from "./one.tsx";

/** Alarms: asked, acknowledged, shelved, resolved. */
export function alarmsRoutes(parts: AlarmPageParts): Route[] {
  return [...alarmRoutes(parts), ...alarmsPages(parts), ...alarmPages(parts)];
}
