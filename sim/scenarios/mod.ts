import { bearing } from "./bearing.ts";
import { camera } from "./camera.ts";
import { fermenter } from "./fermenter.ts";
import { house } from "./house.ts";
import { normal } from "./normal.ts";
import { plant } from "./plant.ts";
import { repair } from "./repair.ts";
import type { Scenario } from "./scenario.ts";

/** Every scenario; the first is the default. */
export const SCENARIOS: readonly Scenario[] = [
  plant,
  normal,
  bearing,
  fermenter,
  house,
  repair,
  camera,
];
