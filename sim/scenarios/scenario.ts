import type { Fault } from "../faults.ts";
import type { Place } from "../world.ts";

/** A story that the plant plays: one file here and one line in `mod.ts`. */
export interface Scenario {
  name: string;
  /** One line for people. */
  title: string;
  /** Which place it happens in. Default `plant`. */
  place?: Place;
  faults: readonly Fault[];
  /** Share of samples that are spikes, by machine path. */
  spikeShare?: Readonly<Record<string, number>>;
  /** A script of Perch that is there from the start, and that somebody breaks. */
  script?: BrokenScript;
}

export interface BrokenScript {
  /** Below the data directory. */
  path: string;
  text: string;
  broken: string;
  /** Seconds of live traffic until it is broken. */
  breaksAtS: number;
  /** What it is for, and what is wrong with it then: each ends a sentence. */
  does: string;
  mistake: string;
}
