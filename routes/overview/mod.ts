import type { Route } from "../http/route.ts";
import { attentionRoutes } from "./attention.ts";
import { overviewPage, type OverviewParts } from "./overview.tsx";
import { plantTreePage } from "./plant_tree.tsx";

/** What needs attention, and the plant as a tree. */
export function overviewRoutes(parts: OverviewParts): Route[] {
  return [...attentionRoutes(parts), overviewPage(parts), plantTreePage(parts)];
}
