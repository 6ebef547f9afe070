import type { Route } from "../http/route.ts";
import { alarmRoutes } from "./api.ts";
import { alarmsPages } from "./list.tsx";
import { alarmPages } from "./one.tsx";
import { raisePages } from "./raise.tsx";
import type { AlarmPageParts } from "./request.ts";

/** Alarms: asked, acknowledged, shelved, resolved. */
export function alarmsRoutes(parts: AlarmPageParts): Route[] {
  return [
    ...alarmRoutes(parts),
    ...alarmsPages(parts),
    ...raisePages(parts),
    ...alarmPages(parts),
  ];
}
