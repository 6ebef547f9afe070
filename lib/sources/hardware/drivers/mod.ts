import type { HardwareDriver } from "../driver.ts";
import { counterDriver } from "./counter.ts";
import { hwmonDriver } from "./hwmon.ts";
import { iioDriver } from "./iio.ts";
import { pulsesDriver } from "./pulses.ts";
import { thermalDriver } from "./thermal.ts";
import { w1Driver } from "./w1.ts";

/** Every bus of this host that Perch can read, in the order in which they are shown. */
export const DRIVERS: readonly HardwareDriver[] = [
  w1Driver,
  iioDriver,
  hwmonDriver,
  thermalDriver,
  counterDriver,
  pulsesDriver,
];
