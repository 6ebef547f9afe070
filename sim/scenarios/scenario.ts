import type { Fault } from "../faults.ts";

/** A story that the plant plays: one file here and one line in `mod.ts`. */
export interface Scenario {
  name: string;
  /** One line for people. */
  title: string;
  /** Which place it happens in. Default `plant`. */
  place?: "plant" | "house";
  faults: readonly Fault[];
  /** Share of samples that are spikes, by machine path. */
  spikeShare?: Readonly<Record<string, number>>;
}
