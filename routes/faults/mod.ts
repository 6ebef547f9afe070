import type { Route } from "../http/route.ts";
import { faultRoutes } from "./api.ts";
import { correctionRoutes } from "./corrections_api.ts";
import type { CorrectionServices } from "./corrections_request.ts";

export type FaultRouteParts = CorrectionServices;

/** What is wrong with Perch itself, and what is done about it. */
export function faultsRoutes(parts: FaultRouteParts): Route[] {
  return [...faultRoutes(parts), ...correctionRoutes(parts)];
}
