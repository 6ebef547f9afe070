import assert from "node:assert/strict";
import { NOW_MS, underTest } from "../../../../tests/support/devices/fake_directory.ts";
import { createTasmota } from "./mod.ts";

const MAC = "020000000003";
const CONFIG = {
  ip: "192.0.2.7",
  dn: "Shop",
  fn: ["Shop", null],
  hn: "shop1-0003",
  mac: MAC,
  md: "Generic",
  ty: 0,
  ofln: "Offline",
  onln: "Online",
  state: ["OFF", "ON", "TOGGLE", "HOLD"],
  sw: "14.2.0",
  t: "shop1",
  ft: "%prefix%/%topic%/",
  tp: ["cmnd", "stat", "tele"],
  rl: [1, 0],
  swc: [-1],
  btn: [0],
  so: { "4": 0 },
  ver: 1,
};
const TIME = "2026-03-01T09:00:00";
const AM2301 = { Temperature: 19.8, Humidity: 44.1, DewPoint: 7.3 };

const create = () => underTest(createTasmota);
const discovered = (config: object = CONFIG) => {
  const site = create();
  assert.deepEqual(site.send(`tasmota/discovery/${MAC}/config`, config), []);
  return site;
};

Deno.test("tasmota: T1 sensors of SENSOR have names, units and the time of arrival", () => {
  const site = create();
  const sent = { Time: TIME, AM2301, TempUnit: "C" };
  const expected = ["Temperature = 19.8 °C", "Humidity = 44.1 %", "Dew point = 7.3 °C"];
  for (const [topic, name] of [["tele/shop1/SENSOR", "shop1"], ["shop2/tele/SENSOR", "shop2"]]) {
    assert.deepEqual(site.send(topic, sent), expected.map((one) => `${name}/${one}`));
  }
  const { deviceClass, stateClass, kind } = site.entity("shop1/Temperature");
  assert.deepEqual([deviceClass, stateClass, kind], ["temperature", "measurement", "number"]);
  // SetOption52 names the zone.
  const zoned = { Time: "2026-03-01T09:00:00+01:00", AM2301: { Temperature: 20 }, TempUnit: "C" };
  const tMs = Date.UTC(2026, 2, 1, 8);
  assert.deepEqual(site.send("tele/shop1/SENSOR", zoned), [`shop1/Temperature = 20 °C @${tMs}`]);
});

Deno.test("tasmota: T2 a clock that is not set is flagged, and costs no value", () => {
  const site = create();
  const sent = { Time: "1970-01-01T00:33:28", AM2301: { Temperature: 19.8 }, TempUnit: "C" };
  assert.deepEqual(site.send("tele/shop1/SENSOR", sent), [
    "shop1/Temperature = 19.8 °C no time: 1970-01-01T00:33:28",
  ]);
});

Deno.test("tasmota: T3 an energy meter of two channels", () => {
  const site = create();
  const ENERGY = {
    TotalStartTime: "2026-01-01T00:00:00",
    ...{ Total: 41.573, Yesterday: 1.2, Today: 0.4, Period: 3, Power: [102, 0] },
    ...{ ApparentPower: [110, 0], ReactivePower: [40, 0], Factor: [0.93, 0.0] },
    ...{ Voltage: 231, Current: [0.476, 0.0] },
  };
  assert.deepEqual(site.send("tele/m/SENSOR", { Time: TIME, ENERGY }), [
    "m/Energy total = 41.573 kWh",
    "m/Energy yesterday = 1.2 kWh",
    "m/Energy today = 0.4 kWh",
    "m/Energy of the period = 3 Wh",
    "m/Power.0 = 102 W",
    "m/Power.1 = 0 W",
    "m/Apparent power.0 = 110 VA",
    "m/Apparent power.1 = 0 VA",
    "m/Reactive power.0 = 40 var",
    "m/Reactive power.1 = 0 var",
    "m/Power factor.0 = 0.93",
    "m/Power factor.1 = 0",
    "m/Voltage = 231 V",
    "m/Current.0 = 0.476 A",
    "m/Current.1 = 0 A",
  ]);
  assert.equal(site.entity("m/Energy total").stateClass, "total_increasing");
  assert.equal(site.entity("m/Energy total").deviceClass, "energy");
});

Deno.test("tasmota: T4 probes are known by their number, whichever is the first", () => {
  const site = create();
  const [a, b] = ["00AA00000001", "00AA00000002"];
  const send = (DS1: object, DS2: object) =>
    site.send("tele/p/SENSOR", { Time: TIME, "DS18B20-1": DS1, "DS18B20-2": DS2, TempUnit: "C" });
  assert.deepEqual(send({ Id: a, Temperature: 21 }, { Id: b, Temperature: null }), [
    "p/Temperature = 21 °C",
  ]);
  // A third probe made it the second.
  assert.deepEqual(send({ Id: b, Temperature: 5 }, { Id: a, Temperature: 22 }), [
    `p/Temperature ${b} = 5 °C`,
    "p/Temperature = 22 °C",
  ]);
  // Alone it has no number in its name.
  assert.deepEqual(
    site.send("tele/p/SENSOR", { Time: TIME, DS18B20: { Id: b, Temperature: 6 }, TempUnit: "C" }),
    [`p/Temperature ${b} = 6 °C`],
  );
});

Deno.test("tasmota: T5 STATE is the relay, and what is said of the device itself", () => {
  const site = create();
  const state = {
    ...{ Time: TIME, Uptime: "1T02:03:04", UptimeSec: 93784, Heap: 25, SleepMode: "Dynamic" },
    ...{ Sleep: 50, LoadAvg: 19, MqttCount: 3, POWER: "ON" },
    Wifi: {
      ...{ AP: 1, SSId: "x", BSSId: "02:00:00:00:00:02", Channel: 6, RSSI: 84, Signal: -58 },
      ...{ LinkCount: 1, Downtime: "0T00:00:05" },
    },
  };
  assert.deepEqual(site.send("tele/shop1/STATE", state), [
    "shop1/Relay = true",
    "shop1/Uptime = 93784 s",
    "shop1/Free memory = 25 kB",
    "shop1/Load = 19 %",
    "shop1/MQTT connections = 3",
    "shop1/Wi-Fi RSSI = 84 %",
    "shop1/Wi-Fi signal = -58 dBm",
    "shop1/Wi-Fi connections = 1",
  ]);
  for (const { entity } of site.directory.entities.values()) {
    assert.equal(entity.diagnostic ?? false, entity.name !== "Relay", String(entity.name));
  }
  // Older ones say it in words alone.
  assert.deepEqual(site.send("tele/old/STATE", { Time: TIME, Uptime: "0T00:01:05", Vcc: 3.2 }), [
    "old/Supply voltage = 3.2 V",
    "old/Uptime = 65 s",
  ]);
});

Deno.test("tasmota: T6 LWT is whether it can be reached, whenever it comes", () => {
  const site = create();
  // Kept messages come in any order.
  assert.deepEqual(site.send("tele/shop1/LWT", "Offline"), []);
  assert.deepEqual(site.directory.available, new Map());
  site.send(`tasmota/discovery/${MAC}/config`, CONFIG);
  assert.deepEqual(site.directory.available, new Map([[`mac:${MAC}`, false]]));
  site.send("tele/shop1/LWT", "Online");
  assert.deepEqual(site.directory.available, new Map([[`mac:${MAC}`, true]]));
  assert.deepEqual(site.refused("tele/shop1/LWT", "perhaps"), ["bad_value"]);

  const own = discovered({ ...CONFIG, ofln: "weg", onln: "da" });
  own.send("tele/shop1/LWT", "weg");
  assert.deepEqual(own.directory.available, new Map([[`mac:${MAC}`, false]]));

  const sleeper = discovered({ ...CONFIG, dslp: 1 });
  sleeper.send("tele/shop1/LWT", "Offline");
  assert.deepEqual(sleeper.directory.available, new Map());

  const byTopic = create();
  byTopic.send("tele/x/LWT", "Offline");
  byTopic.send("tele/x/SENSOR", { Time: TIME, A: { B: 1 } });
  assert.deepEqual(byTopic.directory.available, new Map([["tasmota:x", false]]));
});

Deno.test("tasmota: T7 POWER and RESULT are one change, in either order", () => {
  const site = create();
  assert.deepEqual(site.send("stat/shop1/POWER", "ON"), ["shop1/Relay = true"]);
  assert.deepEqual(site.send("stat/shop1/RESULT", { POWER: "ON" }), []);
  assert.deepEqual(site.send("stat/shop1/RESULT", { POWER: "OFF" }), ["shop1/Relay = false"]);
  assert.deepEqual(site.send("stat/shop1/POWER", "OFF"), []);
  // The broker sends it again because nobody acknowledged it.
  assert.deepEqual(site.send("stat/shop1/RESULT", { POWER: "OFF" }), ["shop1/Relay = false"]);
  // Later it is said anew.
  assert.deepEqual(site.send("stat/shop1/POWER", "OFF", NOW_MS + 60_000), ["shop1/Relay = false"]);
  // What was pressed is no state.
  assert.deepEqual(site.send("stat/shop1/RESULT", { Button1: { Action: "SINGLE" } }), []);
  assert.deepEqual(site.refused("stat/shop1/POWER", "sometimes"), ["bad_value"]);
});

Deno.test("tasmota: T8 discovery says who it is; its list of sensors is no reading", () => {
  for (const listFirst of [false, true]) {
    const site = create();
    const messages: [string, object][] = [
      [`tasmota/discovery/${MAC}/config`, CONFIG],
      [`tasmota/discovery/${MAC}/sensors`, {
        sn: { Time: TIME, AM2301: { Temperature: 19.8 }, TempUnit: "C" },
        ver: 1,
      }],
    ];
    if (listFirst) messages.reverse();
    for (const [topic, payload] of messages) assert.deepEqual(site.send(topic, payload), []);
    assert.deepEqual([...site.directory.devices.values()], [{
      ...{ uid: `mac:${MAC}`, name: "Shop", model: "Generic", software: "14.2.0" },
      manufacturer: "Tasmota",
    }]);
    const names = [...site.directory.entities.values()].map(({ entity }) => [
      ...[entity.name, entity.unit ?? null],
    ]);
    assert.deepEqual(names, [["Relay", null], ["Temperature", "°C"]]);
    const sent = { Time: TIME, AM2301: { Temperature: 20 }, TempUnit: "C" };
    assert.deepEqual(site.send("tele/shop1/SENSOR", sent), ["Shop/Temperature = 20 °C"]);
  }
});

Deno.test("tasmota: T8 topics follow ft, tp and t", () => {
  const layouts: [object, string][] = [
    [{ ft: "%topic%/%prefix%/" }, "shop1/tele/"],
    [{ ft: "home/%prefix%/%topic%" }, "home/tele/shop1/"],
    [{ ft: "%prefix%/%topic%/", tp: ["c", "s", "t"] }, "t/shop1/"],
    [{ ft: "%prefix%/%topic%/", t: "floor 1/shop" }, "tele/floor 1/shop/"],
    [{ ft: "x/%hostname%/%prefix%/" }, "x/shop1-0003/tele/"],
    [{ ft: "%prefix%/tasmota_%id%/" }, "tele/tasmota_000003/"],
  ];
  for (const [changed, tele] of layouts) {
    const site = discovered({ ...CONFIG, ...changed });
    const sent = { Time: TIME, AM2301: { Temperature: 20 }, TempUnit: "C" };
    assert.deepEqual(site.send(`${tele}SENSOR`, sent), ["Shop/Temperature = 20 °C"], tele);
    assert.ok([...site.dialect.topics!()].includes(`${tele}LWT`), tele);
  }
});

Deno.test("tasmota: it is the same device under another topic, and when discovery comes late", () => {
  const site = create();
  const sent = { Time: TIME, AM2301: { Temperature: 20 }, TempUnit: "C" };
  assert.deepEqual(site.send("tele/shop1/SENSOR", sent), ["shop1/Temperature = 20 °C"]);
  site.send(`tasmota/discovery/${MAC}/config`, CONFIG);
  assert.deepEqual(site.send("tele/shop1/SENSOR", sent), ["shop1/Temperature = 20 °C"]);
  const later = site.restarted();
  later.send(`tasmota/discovery/${MAC}/config`, { ...CONFIG, t: "moved", ft: "%topic%/%prefix%" });
  assert.deepEqual(later.send("moved/tele/SENSOR", sent), ["shop1/Temperature = 20 °C"]);
  assert.equal(later.directory.devices.size, 1);
  // What comes on the old topic is another one.
  assert.deepEqual(later.send("tele/shop1/SENSOR", sent), ["shop1 2/Temperature = 20 °C"]);
});

Deno.test("tasmota: two devices with one topic are counted; the one that came last has it", () => {
  const site = discovered();
  const other = "020000000004";
  site.send(`tasmota/discovery/${other}/config`, { ...CONFIG, mac: other, dn: "Copy" });
  assert.deepEqual([...site.directory.notes], [["two devices on one topic: tele/shop1/", 1]]);
  assert.deepEqual(site.send("stat/shop1/POWER", "ON"), ["Copy/Shop = true"]);
});

Deno.test("tasmota: after a restart it is known without hearing its discovery again", () => {
  const site = discovered();
  const sent = { Time: TIME, AM2301, TempUnit: "C" };
  const before = site.send("tele/shop1/SENSOR", sent);
  const after = site.restarted();
  assert.deepEqual(after.send("tele/shop1/SENSOR", sent), before);
  after.send("tele/shop1/LWT", "Offline");
  assert.equal(after.directory.available.get(`mac:${MAC}`), false);
  assert.deepEqual(after.send("stat/shop1/POWER", "ON"), ["Shop/Relay = true"]);
});

Deno.test("tasmota: T9 each Zigbee device is a machine, in the bridge's message and in its own", () => {
  const site = create();
  const cold = {
    ...{ Device: "0x1A2B", Name: "Cold", Temperature: 4.2, Endpoint: 1, LinkQuality: 98 },
  };
  const expected = ["Cold/Temperature = 4.2 °C", "Cold/Link quality = 98 lqi"];
  const message = { Time: TIME, ZbReceived: { "0x1A2B": cold } };
  assert.deepEqual(site.send("tele/zb/SENSOR", message), expected);
  assert.deepEqual(site.send("tele/zb/0x1A2B/SENSOR", message), expected);
  assert.deepEqual(site.send("zb/tele/0x1A2B/SENSOR", message).length, 2);
  assert.equal(site.entity("Cold/Link quality").diagnostic, true);
  // It joined again and has another short address; the bridge was restarted meanwhile.
  const after = site.restarted();
  const again = { ZbReceived: { "0x77AA": { ...cold, Device: "0x77AA" } } };
  assert.deepEqual(after.send("tele/zb/SENSOR", again), expected);
  // With SetOption83 the key is its name, with SetOption118 it stands alone.
  assert.deepEqual(
    after.send("tele/zb/SENSOR", { ZbReceived: { Cold: { Device: "0x77AA", Temperature: 5 } } }),
    ["Cold/Temperature = 5 °C"],
  );
  assert.deepEqual(after.send("tele/zb/0x77AA/ZbReceived", { Name: "Cold", Temperature: 6 }), [
    "Cold/Temperature = 6 °C",
  ]);
  // A key that was pressed is an event.
  assert.deepEqual(
    after.send("tele/zb/SENSOR", {
      ZbReceived: { "0x0001": { Device: "0x0001", Click: "single", LinkQuality: 3 } },
    }),
    [],
  );
});

Deno.test("tasmota: T9 a Zigbee device that has its name in the topic is behind the same bridge", () => {
  const site = create();
  const message = (Temperature: number) => ({
    ZbReceived: { "0x1A2B": { Device: "0x1A2B", Name: "Cold", Temperature } },
  });
  for (const [topic, celsius] of [["tele/zb/Cold/SENSOR", 4], ["tele/zb/SENSOR", 5]] as const) {
    assert.deepEqual(site.send(topic, message(celsius)), [`Cold/Temperature = ${celsius} °C`]);
  }
  assert.deepEqual(site.send("tele/zb/Cold/SENSOR", message(6)), ["Cold/Temperature = 6 °C"]);
  assert.equal(site.directory.devices.size, 1);
});

Deno.test("tasmota: T9 a Zigbee device is known by its IEEE address where it is sent", () => {
  const site = create();
  const send = (Device: string, Name?: string) =>
    site.send("tele/zb/SENSOR", {
      ZbReceived: {
        [Device]: {
          ...{ Device, IEEEAddr: "0x00158D0001F3A2B4", Name, Temperature: 4 },
          ...{ BatteryPercentage: 90, BatteryVoltage: 3 },
        },
      },
    });
  assert.deepEqual(send("0x1A2B", "Cold"), [
    "Cold/Temperature = 4 °C",
    "Cold/Battery = 90 %",
    "Cold/Battery voltage = 3 V",
  ]);
  assert.equal(send("0x9999").length, 3);
  assert.deepEqual(
    [...site.directory.devices.keys()].filter((uid) => uid.startsWith("zigbee:")),
    ["zigbee:00158d0001f3a2b4"],
  );
  assert.equal(site.entity("Cold/Battery").diagnostic, true);
});

Deno.test("tasmota: T10 units are those that the message states", () => {
  const site = create();
  const sent = {
    ...{ Time: TIME, BME280: { Temperature: 68, Humidity: 40, DewPoint: 42.6, Pressure: 759 } },
    ...{ TX23: { Speed: { Act: 14.8, Max: 20 }, Dir: { Card: "WSW", Deg: 247.5 } } },
    ...{ TempUnit: "F", PressureUnit: "mmHg", SpeedUnit: "m/s" },
  };
  assert.deepEqual(site.send("tele/w/SENSOR", sent), [
    "w/Temperature = 68 °F",
    "w/Humidity = 40 %",
    "w/Dew point = 42.6 °F",
    "w/Pressure = 759 mmHg",
    "w/Speed act = 14.8 m/s",
    "w/Speed max = 20 m/s",
    "w/Dir card = WSW",
    "w/Dir deg = 247.5 °",
  ]);
  // Changed at the device: never mixed, as the reading says what it is in.
  const celsius = { Time: TIME, BME280: { Temperature: 20 }, TempUnit: "C" };
  assert.deepEqual(site.send("tele/w/SENSOR", celsius), ["w/Temperature = 20 °C"]);
});

Deno.test("tasmota: two sensors of a kind are told apart, and no two names are alike", () => {
  const site = create();
  const sent = {
    ...{ Time: TIME, AM2301: { Temperature: 20 }, BMP280: { Temperature: 21 } },
    ...{ ESP32: { Temperature: 48 }, ANALOG: { A0: 512 }, Switch1: "ON" },
    ...{ PMS5003: { CF1: 1, "PM2.5": 3, "PB0.3": 90 } },
    COUNTER: { C1: 12 },
  };
  assert.deepEqual(site.send("tele/x/SENSOR", sent), [
    "x/AM2301 Temperature = 20 °C",
    "x/BMP280 Temperature = 21 °C",
    "x/ESP32 Temperature = 48 °C",
    "x/A0 = 512",
    "x/Switch1 = true",
    "x/CF1 = 1 µg/m³",
    "x/PM2.5 = 3 µg/m³",
    "x/PB0.3 = 90",
    "x/Counter 1 = 12",
  ]);
  assert.equal(site.entity("x/ESP32 Temperature").diagnostic, true);
  assert.equal(site.entity("x/Switch1").kind, "binary");
  assert.equal(site.entity("x/Counter 1").stateClass, "total_increasing");
});

Deno.test("tasmota: relays take orders on their own topics, and stat confirms them", () => {
  const site = discovered();
  const { order } = site.entity("Shop/Relay");
  assert.deepEqual(order?.kind, "switch");
  assert.deepEqual(site.dialect.order!(order!.way.to, true), {
    ...{ topic: "cmnd/shop1/POWER", payload: "ON", qos: 1, retain: false },
  });
  assert.deepEqual(site.send("cmnd/shop1/POWER", "ON"), []);
  assert.deepEqual(site.send("stat/shop1/POWER", "ON"), ["Shop/Relay = true"]);

  const two = discovered({ ...CONFIG, fn: ["Pump", "Fan"], rl: [1, 1], ft: "%topic%/%prefix%/" });
  const fan = two.entity("Shop/Fan").order!;
  assert.deepEqual(two.dialect.order!(fan.way.to, false), {
    ...{ topic: "shop1/cmnd/POWER2", payload: "OFF", qos: 1, retain: false },
  });
  assert.deepEqual(two.send("shop1/stat/POWER2", "OFF"), ["Shop/Fan = false"]);
  const words = discovered({ ...CONFIG, state: ["aus", "an", "um", "halt"] });
  assert.deepEqual(words.send("stat/shop1/POWER", "an"), ["Shop/Relay = true"]);
});

Deno.test("tasmota: an empty discovery takes the device back; what it sends brings it again", () => {
  const site = discovered();
  assert.deepEqual(site.send(`tasmota/discovery/${MAC}/config`, ""), []);
  assert.ok([...site.directory.entities.values()].every(({ retired }) => retired));
  assert.deepEqual(site.send("stat/shop1/POWER", "ON"), ["Shop/Relay = true"]);
});

Deno.test("tasmota: what it answers when asked is a reading too, what it says at its start is none", () => {
  const site = discovered();
  assert.deepEqual(
    site.send("stat/shop1/STATUS10", { StatusSNS: { Time: TIME, AM2301: { Temperature: 3 } } }),
    ["Shop/Temperature = 3 °C"],
  );
  for (const [what, payload] of [["INFO1", { Info1: { Module: "x" } }], ["UPTIME", "x"]] as const) {
    assert.deepEqual(site.send(`tele/shop1/${what}`, payload), []);
  }
  assert.deepEqual(
    site.send("tele/shop1/SENSOR", { Time: TIME, IrReceived: { Data: "0x1", Bits: 32 } }),
    [],
  );
});

Deno.test("tasmota: what a device says before it is known is understood", () => {
  const site = create();
  for (
    const [topic, payload] of [
      ["tele/new/INFO1", { Info1: { Module: "x" } }],
      ["stat/new/RESULT", { Status: "ok" }],
      ["new/stat/STATUS", { Status: { Module: 1 } }],
    ] as const
  ) assert.deepEqual(site.send(topic, payload), []);
  assert.equal(site.directory.devices.size, 0);
});

Deno.test("tasmota: topics of others are left to others", () => {
  const site = create();
  for (
    const [topic, payload] of [
      ["tele/x/SENSOR", { temperature: 1 }],
      ["tele/x/LWT", "alive"],
      ["stat/x/POWER", "3.5"],
      ["factory/a/b", "1"],
      ["SENSOR", "1"],
      ["a/tele/b/SENSOR", { Time: TIME, A: { B: 1 } }],
      ["", "1"],
    ] as const
  ) assert.equal(site.decode(topic, payload), null, topic);
});

Deno.test("tasmota: what cannot be read is refused once, with a reason", () => {
  const site = discovered();
  const refused: [topic: string, payload: string | Uint8Array | object, code: string][] = [
    ["tele/shop1/SENSOR", "{", "bad_payload"],
    ["tele/shop1/SENSOR", "[1]", "bad_payload"],
    ["tele/shop1/SENSOR", "12", "bad_payload"],
    ["tele/shop1/SENSOR", new Uint8Array([0x7b, 0xff]), "bad_encoding"],
    ["tele/shop1/SENSOR", `{"Time":"${TIME}","A":{"B":1e999}}`, "bad_value"],
    ["tele/shop1/SENSOR", { Time: TIME, A: { B: Array(3_000).fill(1) } }, "too_large"],
    ["tele/shop1/SENSOR", { Time: TIME, ZbReceived: 3 }, "bad_payload"],
    ["tele/shop1/STATE", { Time: TIME, POWER: 7 }, "bad_value"],
    [`tasmota/discovery/${MAC}/config`, "no", "bad_payload"],
    [`tasmota/discovery/${MAC}/config`, { ...CONFIG, mac: "020000000009" }, "bad_payload"],
    [`tasmota/discovery/${MAC}/config`, { mac: MAC }, "bad_payload"],
    [`tasmota/discovery/${MAC}/config`, { ...CONFIG, tp: [] }, "bad_payload"],
    [`tasmota/discovery/${MAC}/sensors`, { sn: [] }, "bad_payload"],
  ];
  for (const [topic, payload, code] of refused) {
    assert.deepEqual(site.refused(topic, payload), [code], JSON.stringify(payload).slice(0, 80));
  }
  assert.deepEqual(site.send("tele/shop1/SENSOR", ""), []);
});
