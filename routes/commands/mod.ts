import type { Route } from "../http/route.ts";
import { commandApi } from "./api.ts";
import { commandListPages } from "./list.tsx";
import { commandPages } from "./one.tsx";
import type { CommandPageParts } from "./page_parts.tsx";
import { commandRuleApi } from "./rules_api.ts";
import { commandRulePages } from "./rules.tsx";

export type CommandRouteParts = CommandPageParts;

/** Orders to devices: the API and the pages. */
export function commandRoutes(parts: CommandRouteParts): Route[] {
  return [
    ...commandApi(parts),
    ...commandRuleApi(parts),
    ...commandListPages(parts),
    ...commandRulePages(parts),
    ...commandPages(parts),
  ];
}
