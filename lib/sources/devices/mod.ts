import type { CreateDeviceDialect } from "./device.ts";
import { createSparkplug } from "../sparkplug/dialect.ts";
import { createChirpStack } from "./chirpstack.ts";
import { createOpenMqttGateway } from "./radio/open_mqtt_gateway.ts";
import { createRtl433 } from "./radio/rtl_433.ts";
import { createShelly } from "./shelly/mod.ts";
import { createTasmota } from "./tasmota/mod.ts";

/** Every dialect of devices, in the order in which they are asked. Its name and its switch: `devices.<name>`. */
export const DEVICE_DIALECTS: readonly CreateDeviceDialect[] = [
  createTasmota,
  createShelly,
  createRtl433,
  createOpenMqttGateway,
  createChirpStack,
  createSparkplug,
];
