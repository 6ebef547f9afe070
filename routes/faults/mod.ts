import type { Route } from "../http/route.ts";
import { faultRoutes } from "./api.ts";
import type { FaultServices } from "./request.ts";

export type FaultRouteParts = FaultServices;

/** What is wrong with Perch itself, and what is done about it. */
export function faultsRoutes(parts: FaultRouteParts): Route[] {
  return [...faultRoutes(parts)];
}
