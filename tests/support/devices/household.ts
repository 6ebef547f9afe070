/** What the devices of one house publish at its broker: made up, with the structure of the real thing. */

export interface Said {
  topic: string;
  payload: string;
  retain: boolean;
}

const said = (topic: string, payload: unknown, retain = false): Said => ({
  ...{ topic, retain },
  payload: typeof payload === "string" ? payload : JSON.stringify(payload),
});
const kept = (topic: string, payload: unknown) => said(topic, payload, true);

/** Zigbee2MQTT: what it announces of one property of a device. */
function zigbee(component: string, device: string, key: string, more: object): Said {
  const address = `0x02000000000000${device.length.toString(16).padStart(2, "0")}`;
  const template = "{{ value_json.state }}";
  return kept(`homeassistant/${component}/${address}/${key}/config`, {
    availability: [
      { topic: "zigbee2mqtt/bridge/state", value_template: template },
      { topic: `zigbee2mqtt/${device}/availability`, value_template: template },
    ],
    availability_mode: "all",
    device: {
      ...{ identifiers: [`zigbee2mqtt_${address}`], manufacturer: "Own", name: device },
      ...{ model: "M (M-1)", sw_version: "1.0" },
      via_device: "zigbee2mqtt_bridge_0x0200000000000001",
    },
    origin: { name: "Zigbee2MQTT", sw: "2.1.0", url: "https://example.invalid" },
    ...{ state_topic: `zigbee2mqtt/${device}`, unique_id: `${address}_${key}_zigbee2mqtt` },
    value_template: `{{ value_json["${key}"] }}`,
    ...more,
  });
}
const measured = (device: string, key: string, deviceClass: string, unit: string) =>
  zigbee("sensor", device, key, {
    ...{ device_class: deviceClass, state_class: "measurement", unit_of_measurement: unit },
  });

const TIME = "2026-03-01T09:00:00";

/** Tasmota: who it is, what it measures, whether it can be reached. */
function tasmota(nr: number, name: string, relay: string | null, sensors: object, lwt: string) {
  const mac = `02000000000${nr}`;
  const topic = name.toLowerCase();
  const all = { Time: TIME, ...sensors };
  return [
    kept(`tasmota/discovery/${mac}/config`, {
      ...{ ip: `192.0.2.${nr}`, dn: name, fn: [relay, null], hn: topic, mac, md: "Generic" },
      ...{ ofln: "Offline", onln: "Online", state: ["OFF", "ON", "TOGGLE", "HOLD"], sw: "14.2.0" },
      ...{ t: topic, ft: "%prefix%/%topic%/", tp: ["cmnd", "stat", "tele"], ver: 1 },
      ...{ rl: [relay === null ? 0 : 1, 0], so: { 4: 0 } },
    }),
    kept(`tasmota/discovery/${mac}/sensors`, { sn: all, ver: 1 }),
    kept(`tele/${topic}/LWT`, lwt),
    said(`tele/${topic}/SENSOR`, all),
    ...relay === null ? [] : [said(`stat/${topic}/POWER`, "ON")],
  ];
}

/** ESPHome: a topic for each value, kept by the broker. */
const esphome = (component: string, key: string, name: string, value: string, more: object) => [
  kept(`homeassistant/${component}/kiln/${key}/config`, {
    ...{ name, uniq_id: `kiln_${key}`, stat_t: `kiln/${component}/${key}/state` },
    ...{ avty_t: "kiln/status", ...more },
    dev: { ids: "02000000000e", name: "Kiln", sw: "esphome v2026.1.0", mf: "Espressif" },
  }),
  kept(`kiln/${component}/${key}/state`, value),
];

export const SHELLY = "shellyplus1pm-0200000000a4";
const shellyStatus = {
  ...{ src: SHELLY, dst: `${SHELLY}/events`, method: "NotifyStatus" },
  params: { "switch:0": { id: 0, output: true, apower: 42.7, voltage: 229.8 } },
};

/** Everything that is said until each device of the house is known and has its values. */
export const HOUSEHOLD: readonly Said[] = [
  kept("zigbee2mqtt/bridge/state", { state: "online" }),
  measured("hall sensor", "temperature", "temperature", "°C"),
  measured("hall sensor", "humidity", "humidity", "%"),
  measured("plug a", "power", "power", "W"),
  zigbee("switch", "plug a", "state", {
    ...{ command_topic: "zigbee2mqtt/plug a/set", name: "Switch" },
    ...{ payload_on: '{"state": "ON"}', payload_off: '{"state": "OFF"}' },
    ...{ state_on: "ON", state_off: "OFF", value_template: "{{ value_json.state }}" },
  }),
  kept("zigbee2mqtt/hall sensor/availability", { state: "online" }),
  kept("zigbee2mqtt/plug a/availability", { state: "online" }),
  said("zigbee2mqtt/hall sensor", { temperature: 20.71, humidity: 48.2, linkquality: 112 }),
  said("zigbee2mqtt/plug a", { state: "ON", power: 41.2 }),
  ...tasmota(3, "Shop", "Pump", {
    AM2301: { Temperature: 19.8, Humidity: 44.1 },
    TempUnit: "C",
  }, "Online"),
  ...tasmota(4, "Freezer", null, { ENERGY: { Total: 41.573, Power: 102, Voltage: 231 } }, "Online"),
  ...tasmota(5, "Cellar", null, {
    DS18B20: { Id: "00AA00000001", Temperature: 12.5 },
    TempUnit: "C",
  }, "Offline"),
  kept(`${SHELLY}/online`, "true"),
  said(`${SHELLY}/events/rpc`, shellyStatus),
  kept("shellies/shelly1pm-00AA01/online", "true"),
  said("shellies/shelly1pm-00AA01/relay/0", "on"),
  said("shellies/shelly1pm-00AA01/relay/0/power", "61.20"),
  ...esphome("sensor", "zone_a", "Zone A", "873.5", {
    ...{ dev_cla: "temperature", unit_of_meas: "°C" },
  }),
  ...esphome("binary_sensor", "door", "Door", "OFF", { dev_cla: "door" }),
  kept("kiln/status", "online"),
];
