import type { DeviceDialect, DialectDeps } from "./device.ts";
import { createHomeAssistant } from "./home_assistant/mod.ts";
import { createSparkplug } from "../sparkplug/dialect.ts";
import { createChirpStack } from "./chirpstack.ts";
import { createOpenMqttGateway } from "./radio/open_mqtt_gateway.ts";
import { createRtl433 } from "./radio/rtl_433.ts";
import { createShelly } from "./shelly/mod.ts";
import { createTasmota } from "./tasmota/mod.ts";

/** Makes a dialect, or several that share what was announced. */
type CreateDialects = (deps: DialectDeps) => DeviceDialect | DeviceDialect[];

/** Every dialect of devices, in the order in which they are asked. Its name and its switch: `devices.<name>`. */
export const DEVICE_DIALECTS: readonly CreateDialects[] = [
  createHomeAssistant,
  createTasmota,
  createShelly,
  createRtl433,
  createOpenMqttGateway,
  createChirpStack,
  createSparkplug,
];
