import type { OwnMessage } from "../../source.ts";

export interface BirthDeps {
  prefix: () => string;
  isOn: () => boolean;
  publish: (message: OwnMessage) => void;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  random?: () => number;
}

const SOONEST_MS = 1_000;
const LATEST_MS = 5_000;

/**
 * What to do when Perch is connected: it says below the discovery prefix that it is there, so that devices which do
 * not retain what they announce say it again. Some time later, at random: all of them answer at once.
 */
export function createBirth(deps: BirthDeps): (stopping: AbortSignal) => void {
  const random = deps.random ?? Math.random;
  let waits = false;
  const say = () => {
    waits = false;
    if (!deps.isOn()) return;
    deps.publish({ topic: `${deps.prefix()}/status`, payload: "online", qos: 1, retain: false });
  };
  return (stopping) => {
    if (waits || !deps.isOn()) return;
    waits = true;
    // Stopped meanwhile: nothing is to be said any more.
    deps.sleep(SOONEST_MS + random() * (LATEST_MS - SOONEST_MS), stopping).then(say, () => {});
  };
}
