import type { OwnMessage } from "../../source.ts";

export interface BirthDeps {
  prefix: () => string;
  isOn: () => boolean;
  publish: (message: OwnMessage) => void;
  /** Waits, and does nothing once it is over. */
  after: (ms: number, then: () => void) => void;
  random?: () => number;
}

const SOONEST_MS = 1_000;
const LATEST_MS = 5_000;

/**
 * What to do when Perch is connected: it says below the discovery prefix that it is there, so that devices which do
 * not retain what they announce say it again. Some time later, at random: all of them answer at once.
 */
export function createBirth(deps: BirthDeps): () => void {
  const random = deps.random ?? Math.random;
  return () => {
    if (!deps.isOn()) return;
    deps.after(SOONEST_MS + random() * (LATEST_MS - SOONEST_MS), () => {
      if (!deps.isOn()) return;
      deps.publish({ topic: `${deps.prefix()}/status`, payload: "online", qos: 1, retain: false });
    });
  };
}
