import type { EngineDeps } from "../../../lib/readings/engine.ts";
import type { Scenario } from "./ledger.ts";

/** Small limits where a scenario is about sealing and turning the journal, else the product's own. */
export const LIMITS: Record<Scenario, EngineDeps["options"]> = {
  ingest: undefined,
  checkpoint: undefined,
  sealing: { sealReadings: 150, journal: { turnMs: 0, leastBytes: 2000, mostBytes: 4000 } },
};
