import type { VNode } from "preact";
import type { Fault } from "../../lib/faults/fault.ts";
import type { RouteContext } from "../http/route.ts";
import type { FaultPageParts } from "./page_parts.ts";

/** What is proposed against a fault, and what became of it; null: nothing. */
export function correctionOf(
  _parts: FaultPageParts,
  _context: RouteContext,
  _fault: Fault,
): Promise<VNode | null> {
  return Promise.resolve(null);
}
