import type { Scenario } from "./scenario.ts";

export const bearing: Scenario = {
  name: "bearing",
  title: "A bearing of press 3 wears out within 40 minutes, then is replaced",
  faults: [
    { atS: 120, durationS: 2_400, machine: "hall-1/press-3", kind: "bearing-wear", amount: 1 },
  ],
};
