/** Which devices that announce themselves are listened to: one switch for each dialect, `devices.<dialect>`. */
import { z } from "zod";
import { setting } from "../setting.ts";

function dialect(title: string, help: string) {
  return setting({
    category: "Devices",
    title,
    help,
    schema: z.boolean(),
    default: true,
    see: "viewer",
    change: "admin",
  });
}

function topic(title: string, help: string, usual: string) {
  return setting({
    category: "Devices",
    title,
    help,
    schema: z.string().max(200).regex(/^[^+#]*$/, "must be a topic, without + and #"),
    default: usual,
    see: "viewer",
    change: "admin",
  });
}

export const DEVICE_SETTINGS = {
  "devices.home_assistant": dialect(
    "Home Assistant discovery",
    "Devices that announce themselves below homeassistant/, as ESPHome and Zigbee2MQTT let them.",
  ),
  "devices.home_assistant_prefix": topic(
    "Discovery prefix",
    "First level of the topics in which devices announce themselves.",
    "homeassistant",
  ),
  "devices.home_assistant_birth": dialect(
    "Ask devices to announce themselves",
    "Publishes online on <prefix>/status when Perch connects, as Home Assistant does: devices that " +
      "do not retain what they announce say it again then.",
  ),
  "devices.zigbee2mqtt_base": topic(
    "Zigbee2MQTT base topic",
    "First level of its topics; of several, with commas between them.",
    "zigbee2mqtt",
  ),
  "devices.zigbee2mqtt": dialect("Zigbee2MQTT", "Devices below zigbee2mqtt/."),
  "devices.tasmota": dialect("Tasmota", "Devices below tele/ and stat/, and their discovery."),
  "devices.shelly": dialect("Shelly", "Shelly devices, both generations."),
  "devices.esphome": dialect("ESPHome", "Nodes that announce nothing, by how they name topics."),
  "devices.rtl_433": dialect("rtl_433", "Radio sensors that rtl_433 receives."),
  "devices.openmqttgateway": dialect("OpenMQTTGateway", "What such a gateway receives by radio."),
  "devices.chirpstack": dialect("ChirpStack", "LoRaWAN devices below application/."),
  "devices.sparkplug": dialect("Sparkplug B", "Edge nodes and devices below spBv1.0/."),
} as const;
