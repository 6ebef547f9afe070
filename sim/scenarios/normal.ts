import type { Scenario } from "./scenario.ts";

export const normal: Scenario = {
  name: "normal",
  title: "All is well: noise and changing load",
  faults: [],
};
