import type { Route } from "../http/route.ts";
import { commandApi } from "./api.ts";
import type { CommandServices } from "./request.ts";
import { commandRuleApi } from "./rules_api.ts";

export type CommandRouteParts = CommandServices;

/** Orders to devices: the API and the pages. */
export function commandRoutes(parts: CommandRouteParts): Route[] {
  return [...commandApi(parts), ...commandRuleApi(parts)];
}
