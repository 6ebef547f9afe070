import type { EventLog } from "../../lib/events/events_store.ts";
import type { SelfHealing } from "../../lib/faults/healing.ts";
import type { PageParts } from "../frame/page_parts.ts";
import type { CorrectionServices } from "./corrections_request.ts";

export interface FaultPageParts extends Omit<PageParts, "audit">, CorrectionServices {
  healing: Pick<SelfHealing, "view">;
  events: Pick<EventLog, "list">;
}
