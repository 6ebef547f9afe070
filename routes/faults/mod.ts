import type { Route } from "../http/route.ts";
import { faultActions } from "./actions.ts";
import { faultRoutes } from "./api.ts";
import { correctionRoutes } from "./corrections_api.ts";
import { faultListPage } from "./list.tsx";
import { faultPages } from "./one.tsx";
import type { FaultPageParts } from "./page_parts.ts";

export type FaultRouteParts = FaultPageParts;

/** What is wrong with Perch itself, and what is done about it. */
export function faultsRoutes(parts: FaultRouteParts): Route[] {
  return [
    ...faultRoutes(parts),
    ...correctionRoutes(parts),
    faultListPage(parts),
    ...faultActions(parts),
    ...faultPages(parts),
  ];
}
