import { createRandom } from "../random.ts";
import type { Machine } from "../machines/machine.ts";
import { createHome } from "./home.ts";
import { createSurroundings } from "./weather.ts";
import { createWorks } from "./works.ts";

/** A family's house and a small plant: seventy-odd sensors of more than twenty kinds. */
export function createHouse(seed: number): Machine[] {
  const around = createSurroundings(createRandom(seed, "surroundings"));
  return [...createHome(seed, around), ...createWorks(seed, around)];
}
