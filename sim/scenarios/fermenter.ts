import type { Scenario } from "./scenario.ts";

export const fermenter: Scenario = {
  name: "fermenter",
  title: "The fermenter's sensors spike: one sample in twenty",
  faults: [],
  spikeShare: { "hall-2/fermenter-1": 0.05 },
};
