/** The house: rooms, kitchen, laundry, hall, cellar, roof, garage and garden. */
import { createRandom } from "../random.ts";
import type { Machine } from "../machines/machine.ts";
import { appliance, freezer, fridge, server } from "./appliances.ts";
import { bathroom, bedroom, living, outdoors, soil, thermostat } from "./climate.ts";
import { car, hall, motion, scale } from "./people.ts";
import { heatPump, meters, roof, water } from "./supply.ts";
import type { AroundAt } from "./parts.ts";

/** The machines of the house; each draws its chances from a generator of its own. */
export function createHome(seed: number, around: AroundAt): Machine[] {
  const random = (name: string) => createRandom(seed, name);
  return [
    outdoors(random("outdoors"), around),
    roof(random("roof"), around),
    freezer(random("freezer"), around),
    fridge(random("fridge"), around),
    appliance("kitchen/dishwasher", random("dishwasher"), around, 1.4, 2000),
    appliance("laundry/washer", random("washer"), around, 0.5, 2100),
    living(random("living"), around),
    bedroom(random("bedroom"), around),
    bathroom(random("bathroom"), around),
    scale(random("scale"), around),
    hall(random("hall"), around),
    motion(random("motion"), around),
    thermostat(random("thermostat"), around),
    water(random("water"), around),
    meters(random("meters"), around),
    heatPump(random("heat-pump"), around),
    car(random("car"), around),
    soil(random("soil"), around),
    server(random("server"), around),
  ];
}
