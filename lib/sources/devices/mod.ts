import type { CreateDeviceDialect } from "./device.ts";
import { createSparkplug } from "../sparkplug/dialect.ts";
import { createTasmota } from "./tasmota/mod.ts";

/** Every dialect of devices, in the order in which they are asked. Its name and its switch: `devices.<name>`. */
export const DEVICE_DIALECTS: readonly CreateDeviceDialect[] = [
  createTasmota,
  createSparkplug,
];
