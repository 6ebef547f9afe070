import type { PacketMark } from "../../../lib/readings/reading.ts";
import type { TestReading } from "../storage.ts";

/** What a scenario writes, group by group; the same every time, so that a replay knows what must be there. */
export interface LedgerGroup {
  readings: TestReading[];
  marks: PacketMark[];
  /** Number of a sensor whose row is written in this group's transaction; 0 for none. */
  newSensor: number;
}

export type Scenario = "ingest" | "checkpoint" | "sealing";
export const SCENARIOS: readonly Scenario[] = ["ingest", "checkpoint", "sealing"];

const START_MS = Date.UTC(2026, 0, 1);
const SENSORS = 5;
/** Commits and the most readings of one. A WAL of 1 000 pages is checkpointed several times in `checkpoint`. */
const SHAPE: Record<Scenario, { groups: number; most: number }> = {
  ingest: { groups: 500, most: 30 },
  checkpoint: { groups: 1300, most: 120 },
  sealing: { groups: 700, most: 30 },
};

export function ledger(scenario: Scenario): LedgerGroup[] {
  const { groups, most } = SHAPE[scenario];
  let state = 12345;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000;
  };
  let count = 0;
  return Array.from({ length: groups }, (_, g) => {
    const n = 1 + Math.floor(random() * most);
    const readings = Array.from({ length: n }, () => {
      const i = count++;
      // Every ninth reading of the sealing scenario is late, at a time of its own.
      const late = scenario === "sealing" && i % 9 === 0 ? 1_000_000 + 500 : 0;
      return {
        sensor: 1 + i % SENSORS,
        tMs: START_MS + i * 1000 - late,
        // Values that fill pages quickly where it is about checkpoints.
        value: scenario === "checkpoint" ? random() : Math.round(random() * 4000) / 100,
      };
    });
    return {
      readings,
      marks: g % 3 === 0 ? [{ session: "press", packetId: g, hash: (g * 7) & 0xffff }] : [],
      newSensor: g % 50 === 0 ? 1 + g / 50 : 0,
    };
  });
}
