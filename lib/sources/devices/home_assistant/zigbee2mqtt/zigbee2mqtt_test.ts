import assert from "node:assert/strict";
import { deviceHouse } from "../../../../../tests/support/device_house.ts";
import { createHomeAssistant } from "../mod.ts";

const house = () => deviceHouse(createHomeAssistant);
const NOTHING = { drafts: [], rejects: [] };
const IEEE = "0x0200000000000011";

/** What Zigbee2MQTT announces of one property of a device. */
function config(
  component: string,
  property: string,
  more: Record<string, unknown> = {},
  name = "hall sensor",
) {
  return {
    availability: [
      { topic: "zigbee2mqtt/bridge/state", value_template: "{{ value_json.state }}" },
      { topic: `zigbee2mqtt/${name}/availability`, value_template: "{{ value_json.state }}" },
    ],
    availability_mode: "all",
    device: {
      identifiers: [`zigbee2mqtt_${IEEE}`],
      ...{ manufacturer: "Own", model: "TH sensor (TH-1)", name, sw_version: "1.0" },
      via_device: "zigbee2mqtt_bridge_0x0200000000000001",
    },
    origin: { name: "Zigbee2MQTT", sw: "2.1.0", url: "https://example.invalid" },
    default_entity_id: `${component}.hall_sensor_${property}`,
    state_topic: `zigbee2mqtt/${name}`,
    unique_id: `${IEEE}_${property}_zigbee2mqtt`,
    value_template: `{{ value_json["${property}"] }}`,
    ...more,
  };
}
const temperature = (name?: string) =>
  config("sensor", "temperature", {
    ...{ device_class: "temperature", state_class: "measurement", unit_of_measurement: "°C" },
  }, name);
const topicOf = (component: string, property: string) =>
  `homeassistant/${component}/${IEEE}/${property}/config`;

Deno.test("Z1: without discovery each key is a sensor; mV or V is not guessed", () => {
  const { say, entity, directory } = house();
  const heard = say("zigbee2mqtt/hall sensor", {
    ...{ battery: 87, humidity: 48.2, linkquality: 112, pressure: 1009.4, temperature: 20.71 },
    voltage: 2955,
  })!;
  assert.deepEqual(heard.rejects, []);
  assert.deepEqual(heard.drafts.map(({ sensor, value, unit }) => [sensor, value, unit]), [
    ["hall sensor/Battery", 87, "%"],
    ["hall sensor/Humidity", 48.2, "%"],
    ["hall sensor/Linkquality", 112, "lqi"],
    ["hall sensor/Pressure", 1009.4, "hPa"],
    ["hall sensor/Temperature", 20.71, "°C"],
    ["hall sensor/Voltage", 2955, undefined],
  ]);
  assert.equal(entity("hall sensor/Linkquality").diagnostic, true);
  assert.equal(entity("hall sensor/Temperature").diagnostic, undefined);
  assert.deepEqual(directory.all().map(({ dialect, about }) => [dialect, about.name]), [
    ["zigbee2mqtt", "hall sensor"],
  ]);
});

Deno.test("Z2: an update is no measurement; texts are states; a plug can be switched", () => {
  const { say, values, entity, dialects } = house();
  for (const update of [{ state: "idle", installed_version: 33 }, null]) {
    assert.deepEqual(
      values("zigbee2mqtt/plug a", {
        ...{ state: "ON", power: 41.2, current: 0.18, energy: 12.07, voltage: 231 },
        ...{ update, power_on_behavior: "restore" },
      }),
      {
        ...{ "plug a/State": true, "plug a/Power": 41.2, "plug a/Current": 0.18 },
        ...{ "plug a/Energy": 12.07, "plug a/Voltage": 231 },
        "plug a/Power on behavior": "restore",
      },
    );
  }
  assert.equal(entity("plug a/Energy").stateClass, "total_increasing");
  assert.equal(entity("plug a/Voltage").unit, undefined);
  const { kind, way } = entity("plug a/State").order!;
  assert.deepEqual(
    [kind, dialects.find(({ name }) => name === way.dialect)!.order!(way.to, false)],
    [
      "switch",
      { topic: "zigbee2mqtt/plug a/set", payload: '{"state": "OFF"}', qos: 0, retain: false },
    ],
  );
  // Orders, asked or answered, are no readings.
  for (const below of ["set", "get", "set/state", "get/state"]) {
    assert.deepEqual(say(`zigbee2mqtt/plug a/${below}`, { state: "ON" }), NOTHING, below);
  }
});

Deno.test("Z3: a contact that is true is closed, announced or not", () => {
  const plain = house();
  const sent = { contact: false, tamper: false, battery_low: false };
  assert.deepEqual(plain.say("zigbee2mqtt/contact 1", sent)!.drafts, [
    { sensor: "contact 1/Contact", value: true, word: "open" },
    { sensor: "contact 1/Tamper", value: false },
    { sensor: "contact 1/Battery low", value: false },
  ]);
  assert.equal(
    plain.values("zigbee2mqtt/contact 1", { contact: true })["contact 1/Contact"],
    false,
  );
  const { say, values } = house();
  const more = { device_class: "door", payload_on: false, payload_off: true, name: "Contact" };
  say(topicOf("binary_sensor", "contact"), config("binary_sensor", "contact", more, "contact 1"));
  assert.deepEqual(values("zigbee2mqtt/contact 1", sent), { "contact 1/Contact": true });
  assert.deepEqual(values("zigbee2mqtt/contact 1", { contact: true }), {
    "contact 1/Contact": false,
  });
});

Deno.test("Z4: an action is a text, an empty one is nothing", () => {
  const { say, values } = house();
  assert.deepEqual(values("zigbee2mqtt/remote", { action: "single" }), {
    "remote/Action": "single",
  });
  assert.deepEqual(say("zigbee2mqtt/remote", { action: "" }), NOTHING);
  assert.deepEqual(say("zigbee2mqtt/remote", { action: null }), NOTHING);
});

Deno.test("Z5: whether a device is there is no reading, in both forms, before its state or after", () => {
  const { say, isAvailable } = house();
  const topic = "zigbee2mqtt/upstairs/hall/availability";
  assert.deepEqual(say(topic, { state: "offline" }, true), NOTHING);
  say("zigbee2mqtt/upstairs/hall", { temperature: 1 });
  assert.equal(isAvailable("upstairs_hall/Temperature"), false);
  assert.deepEqual(say(topic, "online"), NOTHING);
  assert.equal(isAvailable("upstairs_hall/Temperature"), true);
  assert.deepEqual(say(topic, "offline"), NOTHING);
  assert.equal(isAvailable("upstairs_hall/Temperature"), false);
  assert.deepEqual(say(topic, ""), NOTHING);
});

Deno.test("Z6: what the bridge says is no reading; without it nothing is there", () => {
  const { say, values, isAvailable, sensors, directory } = house();
  values("zigbee2mqtt/hall sensor", { temperature: 1 });
  for (
    const below of ["info", "logging", "event", "devices", "groups", "response/permit_join", "x"]
  ) {
    assert.deepEqual(say(`zigbee2mqtt/bridge/${below}`, { a: 1, temperature: 5 }), NOTHING, below);
  }
  assert.deepEqual(say("zigbee2mqtt/bridge/state", { state: "offline" }), NOTHING);
  assert.equal(isAvailable("hall sensor/Temperature"), false);
  assert.deepEqual(say("zigbee2mqtt/bridge/state", "online"), NOTHING);
  assert.equal(isAvailable("hall sensor/Temperature"), true);
  assert.deepEqual(sensors(), ["hall sensor/Temperature"]);
  const bridge = directory.all().find(({ about }) => about.uid === "z2m:zigbee2mqtt")!;
  assert.deepEqual([bridge.about.name, bridge.reach.available], ["Zigbee2MQTT", true]);
  const large = JSON.stringify(Array(20_000).fill({ ieee_address: "0x1", friendly_name: "x" }));
  assert.ok(large.length > 600_000);
  assert.deepEqual(say("zigbee2mqtt/bridge/devices", large), NOTHING);
});

Deno.test("Z7: last_seen is neither a value nor the time of one", () => {
  const { say } = house();
  for (
    const last_seen of ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00+01:00", 1577836800000, null]
  ) {
    const { drafts } = say("zigbee2mqtt/hall sensor", { temperature: 20, last_seen })!;
    assert.deepEqual(drafts, [{ sensor: "hall sensor/Temperature", value: 20, unit: "°C" }]);
  }
});

Deno.test("Z8: one topic for each property; names with blanks, levels and letters of any kind", () => {
  const { say, values } = house();
  assert.deepEqual(values("zigbee2mqtt/hall sensor/temperature", "20.71"), {
    "hall sensor/Temperature": 20.71,
  });
  assert.deepEqual(values("zigbee2mqtt/upstairs/hall/humidity", "51"), {
    "upstairs_hall/Humidity": 51,
  });
  assert.deepEqual(values("zigbee2mqtt/upstairs/hall", { temperature: 3 }), {
    "upstairs_hall/Temperature": 3,
  });
  assert.deepEqual(values("zigbee2mqtt/Küche 厨房", { temperature: 4 }), {
    "Küche 厨房/Temperature": 4,
  });
  assert.deepEqual(values("zigbee2mqtt/plug/state", "ON"), { "plug/State": true });
  assert.deepEqual(values("zigbee2mqtt/contact/contact", "true"), { "contact/Contact": false });
  // Part of a device, in a topic of its own.
  assert.deepEqual(say("zigbee2mqtt/plug/color", { x: 1, y: 2 }), NOTHING);
  assert.deepEqual(say("zigbee2mqtt/plug/update", { state: "idle" }), NOTHING);
});

Deno.test("Z10: null is a gap for that property alone", () => {
  const { values, sensors } = house();
  assert.deepEqual(values("zigbee2mqtt/hall sensor", { temperature: null, humidity: 51 }), {
    "hall sensor/Humidity": 51,
  });
  assert.deepEqual(sensors(), ["hall sensor/Humidity"]);
});

Deno.test("Zigbee2MQTT with discovery: what is announced has the topic, and no double", () => {
  const { say, values, sensors, isAvailable, directory, entity } = house();
  say(topicOf("sensor", "temperature"), temperature(), true);
  say(
    topicOf("sensor", "linkquality"),
    config("sensor", "linkquality", {
      ...{ entity_category: "diagnostic", enabled_by_default: false, unit_of_measurement: "lqi" },
      name: "Linkquality",
    }),
    true,
  );
  const sent = { temperature: 20.71, linkquality: 112, voltage: 2955, last_seen: "x" };
  assert.deepEqual(values("zigbee2mqtt/hall sensor", sent), { "hall sensor/Temperature": 20.71 });
  assert.deepEqual(sensors(), ["hall sensor/Temperature"]);
  assert.deepEqual(directory.all().map(({ dialect, about }) => [dialect, about.uid]), [
    ["zigbee2mqtt", `ha:zigbee2mqtt_${IEEE}`],
  ]);
  assert.equal(entity("hall sensor/Temperature").unit, "°C");
  say("zigbee2mqtt/bridge/state", { state: "online" });
  say("zigbee2mqtt/hall sensor/availability", { state: "offline" });
  assert.equal(isAvailable("hall sensor/Temperature"), false);
  say("zigbee2mqtt/hall sensor/availability", { state: "online" });
  assert.equal(isAvailable("hall sensor/Temperature"), true);
  say("zigbee2mqtt/bridge/state", { state: "offline" });
  assert.equal(isAvailable("hall sensor/Temperature"), false);
  // In a topic of its own too.
  assert.deepEqual(say("zigbee2mqtt/hall sensor/temperature", "21"), NOTHING);
});

Deno.test("Zigbee2MQTT: a state that comes before its announcement is the same sensor afterwards", () => {
  const { say, values, sensors, restarted, isAvailable, directory } = house();
  say("zigbee2mqtt/bridge/state", { state: "online" }, true);
  say("zigbee2mqtt/hall sensor", { temperature: 20, humidity: 50 }, true);
  say(topicOf("sensor", "temperature"), temperature(), true);
  assert.deepEqual(values("zigbee2mqtt/hall sensor", { temperature: 21, humidity: 51 }), {
    "hall sensor/Temperature": 21,
  });
  say(
    topicOf("sensor", "humidity"),
    config("sensor", "humidity", { unit_of_measurement: "%" }),
    true,
  );
  assert.deepEqual(values("zigbee2mqtt/hall sensor", { temperature: 22, humidity: 52 }), {
    ...{ "hall sensor/Temperature": 22, "hall sensor/Humidity": 52 },
  });
  assert.deepEqual(sensors(), ["hall sensor/Humidity", "hall sensor/Temperature"]);
  const again = restarted();
  again.say(topicOf("sensor", "temperature"), temperature(), true);
  assert.deepEqual(again.values("zigbee2mqtt/hall sensor", { temperature: 23, humidity: 53 }), {
    ...{ "hall sensor/Temperature": 23, "hall sensor/Humidity": 53 },
  });
  assert.equal(again.sensors().length, 2);
  // Renamed: another topic, the same sensor.
  say(topicOf("sensor", "temperature"), temperature("porch"), true);
  assert.deepEqual(values("zigbee2mqtt/porch", { temperature: 24 }), {
    "hall sensor/Temperature": 24,
  });
  say("zigbee2mqtt/porch/availability", { state: "offline" });
  assert.equal(isAvailable("hall sensor/Temperature"), false);
  assert.equal(directory.all().filter(({ about }) => about.name === "porch").length, 1);
  // Discovery is switched off: it is read as before.
  say(topicOf("sensor", "temperature"), "");
  say(topicOf("sensor", "humidity"), "");
  assert.deepEqual(values("zigbee2mqtt/hall sensor", { temperature: 25 }), {
    "hall sensor/Temperature": 25,
  });
});

Deno.test("Zigbee2MQTT: the bridge's list gives addresses, units and what can be set; a rename is no new device", () => {
  const list = (name: string) => [
    { type: "Coordinator", ieee_address: "0x1", friendly_name: "Coordinator" },
    {
      ...{ type: "EndDevice", ieee_address: IEEE, friendly_name: name },
      definition: {
        ...{ vendor: "Own", model: "TH-1", description: "TH sensor" },
        exposes: [
          { type: "numeric", property: "voltage", unit: "mV", access: 1 },
          { type: "binary", property: "child", value_on: "LOCK", value_off: "UNLOCK", access: 7 },
          {
            ...{ type: "numeric", property: "calibration", unit: "°C", access: 3 },
            ...{ value_min: -5, value_max: 5, value_step: 0.1 },
          },
          { type: "enum", property: "mode", values: ["eco", "fast"], access: 3 },
          { type: "light", features: [{ type: "numeric", property: "brightness", access: 1 }] },
          { type: "composite", property: "color", features: [{ type: "numeric", property: "x" }] },
        ],
      },
    },
    { nonsense: true },
  ];
  const { say, values, entity, dialects, directory, restarted } = house();
  say("zigbee2mqtt/bridge/devices", list("hall"));
  const { drafts } = say("zigbee2mqtt/hall", {
    ...{ voltage: 2955, child: "LOCK", calibration: 0.5, mode: "eco", brightness: 7 },
    color: { x: 0.3 },
  })!;
  assert.deepEqual(drafts.map(({ sensor, value, unit }) => [sensor, value, unit]), [
    ["hall/Voltage", 2955, "mV"],
    ["hall/Child", true, undefined],
    ["hall/Calibration", 0.5, "°C"],
    ["hall/Mode", "eco", undefined],
    ["hall/Brightness", 7, undefined],
    ["hall/Color x", 0.3, undefined],
  ]);
  const told = (sensor: string, value: number | boolean | string) => {
    const { way, ...spec } = entity(sensor).order!;
    const { payload } = dialects.find(({ name }) => name === way.dialect)!.order!(way.to, value);
    return [spec, payload];
  };
  assert.deepEqual(told("hall/Child", true), [{ kind: "switch" }, '{"child": "LOCK"}']);
  assert.deepEqual(told("hall/Calibration", -1.5), [
    { kind: "number", min: -5, max: 5, step: 0.1 },
    '{"calibration": -1.5}',
  ]);
  assert.deepEqual(told("hall/Mode", "fast"), [
    { kind: "select", options: ["eco", "fast"] },
    '{"mode": "fast"}',
  ]);
  assert.deepEqual(directory.all()[0].about, {
    uid: `ha:zigbee2mqtt_${IEEE}`,
    ...{ name: "hall", serial: IEEE, manufacturer: "Own", model: "TH sensor" },
  });
  for (const one of [{ say, values }, restarted()]) {
    one.say("zigbee2mqtt/bridge/devices", list("porch"));
    assert.deepEqual(one.values("zigbee2mqtt/porch", { voltage: 2950 }), { "hall/Voltage": 2950 });
  }
});

Deno.test("Zigbee2MQTT: what cannot be read is one reject, and good messages go on", () => {
  const { say, values } = house();
  for (const payload of ["{", '{"a":', "[1,2", "hello"]) {
    assert.equal(say("zigbee2mqtt/x", payload)!.rejects.length, 1, payload);
  }
  assert.equal(say("zigbee2mqtt/x", new Uint8Array([0xff]))!.rejects[0].code, "bad_encoding");
  for (const payload of ["", "[]", "{}", '{"a":{"b":{"c":{"d":{"e":{"f":1}}}}}}', '{"a":[1,2]}']) {
    assert.deepEqual(say("zigbee2mqtt/x", payload), NOTHING, payload);
  }
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`p${i}`, i]));
  assert.equal(say("zigbee2mqtt/y", many)!.drafts.length, 500);
  assert.deepEqual(values("zigbee2mqtt/x", { temperature: 1 }), { "x/Temperature": 1 });
});
