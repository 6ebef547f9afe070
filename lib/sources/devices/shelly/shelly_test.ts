import assert from "node:assert/strict";
import { NOW_MS, underTest } from "../../../../tests/support/devices/fake_directory.ts";
import { createShelly } from "./mod.ts";

const ID = "shellyplus1pm-020000000004";
const TS = 1767225600.52;
const T_MS = 1767225600520;
const create = () => underTest(createShelly);
const notify = (params: object, method = "NotifyStatus", src = ID) => ({
  ...{ src, dst: `${src}/events`, method, params: { ts: TS, ...params } },
});

Deno.test("shelly: S1 power and energy have their units and the device's time", () => {
  const site = create();
  const aenergy = { total: 1032.5, by_minute: [600.1, 712.3, 698.0], minute_ts: 1767225540 };
  const sent = notify({ "switch:0": { id: 0, apower: 42.7, aenergy } });
  assert.deepEqual(site.send(`${ID}/events/rpc`, sent), [
    `${ID}/Power = 42.7 W @${T_MS}`,
    `${ID}/Energy = 1032.5 Wh @${T_MS}`,
  ]);
  assert.deepEqual([...site.directory.devices.values()], [{
    ...{ uid: "mac:020000000004", name: ID, manufacturer: "Shelly", model: "shellyplus1pm" },
  }]);
  assert.equal(site.entity(`${ID}/Energy`).stateClass, "total_increasing");
});

Deno.test("shelly: S2 a notification holds what changed, and nothing else is touched", () => {
  const site = create();
  const sent = notify({ "switch:0": { id: 0, output: true, source: "HTTP_in" } });
  assert.deepEqual(site.send(`${ID}/events/rpc`, sent), [`${ID}/Switch = true @${T_MS}`]);
});

Deno.test("shelly: S3 a device that sleeps is missed after three wake-ups, not when it is offline", () => {
  const src = "shellyplusht-020000000005";
  const full = (sys: object) =>
    notify(
      {
        "temperature:0": { id: 0, tC: 6.9, tF: 44.4 },
        "humidity:0": { id: 0, rh: 61 },
        "devicepower:0": {
          ...{ id: 0, battery: { V: 2.91, percent: 77 }, external: { present: false } },
        },
        sys: { mac: "020000000005", uptime: 3, unixtime: null, ...sys },
        wifi: { sta_ip: "192.0.2.3", status: "got ip", ssid: "x", rssi: -61 },
        cloud: { connected: false },
        mqtt: { connected: true },
        ht_ui: {},
      },
      "NotifyFullStatus",
      src,
    );
  const wakeup_reason = { boot: "deepsleep_wake", cause: "periodic" };
  const site = create();
  assert.deepEqual(
    site.send(`${src}/events/rpc`, full({ wakeup_reason })).map((one) => one.replace(/ @.*/, "")),
    [
      `${src}/Temperature = 6.9 °C`,
      `${src}/Humidity = 61 %`,
      `${src}/Battery = 77 %`,
      `${src}/Battery voltage = 2.91 V`,
      `${src}/External power = false`,
      `${src}/Uptime = 3 s`,
      `${src}/Wi-Fi signal = -61 dBm`,
    ],
  );
  assert.equal(site.entity(`${src}/Temperature`).expireAfterMs, 24 * 3_600_000);
  assert.equal(site.entity(`${src}/Battery`).diagnostic, true);
  assert.equal(site.entity(`${src}/Temperature`).diagnostic, undefined);
  site.send(`${src}/online`, "true");
  site.send(`${src}/online`, "false");
  assert.equal(site.directory.available.get("mac:020000000005"), true);
  // Two hours later it wakes up again: that is how often it does.
  site.send(`${src}/events/rpc`, full({ wakeup_reason }), NOW_MS + 7_200_000);
  assert.equal(site.entity(`${src}/Temperature`).expireAfterMs, 3 * 7_200_000);
  // It says so itself.
  site.send(`${src}/events/rpc`, full({ wakeup_reason, wakeup_period: 600 }));
  assert.equal(site.entity(`${src}/Temperature`).expireAfterMs, 3 * 600_000);
  const after = site.restarted();
  after.send(`${src}/online`, "false");
  assert.equal(after.directory.available.get("mac:020000000005"), true);
});

Deno.test("shelly: S3 Fahrenheit alone is Fahrenheit, and a clock that is not set costs no value", () => {
  const site = create();
  const sent = notify({ ts: 3.21, "temperature:100": { id: 100, tF: 44.4 } });
  assert.deepEqual(site.send(`${ID}/events/rpc`, sent), [
    `${ID}/Temperature 100 = 44.4 °F no time: 3.21`,
  ]);
  assert.deepEqual(
    site.send(`${ID}/events/rpc`, notify({ ts: null, "temperature:100": { id: 100, tC: 7 } })),
    [`${ID}/Temperature 100 = 7 °C no time: null`],
  );
});

Deno.test("shelly: S4 an event is no reading", () => {
  const site = create();
  const events = [{ component: "input:0", id: 0, event: "single_push", ts: TS }];
  assert.deepEqual(site.send(`${ID}/events/rpc`, notify({ events }, "NotifyEvent")), []);
  assert.equal(site.directory.devices.size, 0);
});

Deno.test("shelly: S5 status topics are the same sensors, and what both say is said once", () => {
  const site = create();
  const status = {
    ...{ id: 0, source: "init", output: false, apower: 0.0, voltage: 229.8, current: 0.0 },
    temperature: { tC: 41.2, tF: 106.2 },
  };
  const all = ["Switch = false", "Power = 0 W", "Voltage = 229.8 V", "Current = 0 A"]
    .concat("Device temperature = 41.2 °C").map((one) => `${ID}/${one}`);
  assert.deepEqual(site.send(`${ID}/status/switch:0`, status), all);
  assert.equal(site.directory.devices.size, 1);
  assert.equal(site.entity(`${ID}/Device temperature`).diagnostic, true);

  const both = create();
  const changed = notify({ "switch:0": { id: 0, output: true, apower: 12 } });
  assert.deepEqual(both.send(`${ID}/events/rpc`, changed).length, 2);
  const told = { ...status, output: true, apower: 12 };
  assert.deepEqual(both.send(`${ID}/status/switch:0`, told), all.slice(2));
  // Said again by the same way it is a reading again, and so is another value.
  assert.deepEqual(both.send(`${ID}/status/switch:0`, { ...told, voltage: 230 }), [
    `${ID}/Voltage = 230 V`,
    ...all.slice(3),
  ]);
  assert.deepEqual(both.send(`${ID}/events/rpc`, changed).length, 2);
});

Deno.test("shelly: S6 online is whether it can be reached, whenever it comes", () => {
  const site = create();
  assert.deepEqual(site.send(`${ID}/online`, "false"), []);
  site.send(`${ID}/events/rpc`, notify({ "switch:0": { id: 0, output: true } }));
  assert.deepEqual(site.directory.available, new Map([["mac:020000000004", false]]));
  site.send(`${ID}/online`, "true");
  assert.deepEqual(site.directory.available, new Map([["mac:020000000004", true]]));
  assert.deepEqual(site.refused(`${ID}/online`, "often"), ["bad_value"]);
  assert.deepEqual(site.send(`${ID}/online`, ""), []);
});

Deno.test("shelly: S7 a meter of three phases, what it cannot measure, and what is wrong with it", () => {
  const src = "shellypro3em-020000000006";
  const site = create();
  const em = {
    ...{ id: 0, a_current: 0.5, a_voltage: 230.1, a_act_power: 88.1, a_aprt_power: 90.2 },
    ...{ a_pf: 0.97, a_freq: 50, b_act_power: 100, c_act_power: 113.3, n_current: null },
    ...{ total_act_power: 301.4, total_current: 1.4, user_calibrated_phase: [] },
  };
  const strip = (lines: string[]) =>
    lines.map((one) => one.replace(`${src}/`, "").replace(/ @.*/, ""));
  assert.deepEqual(strip(site.send(`${src}/events/rpc`, notify({ "em:0": em }, undefined, src))), [
    "Phase A power = 88.1 W",
    "Phase A apparent power = 90.2 VA",
    "Phase A voltage = 230.1 V",
    "Phase A current = 0.5 A",
    "Phase A frequency = 50 Hz",
    "Phase A power factor = 0.97",
    "Phase B power = 100 W",
    "Phase C power = 113.3 W",
    "Total power = 301.4 W",
    "Total current = 1.4 A",
  ]);
  const data = { id: 0, a_total_act_energy: 10.5, total_act: 30.2, total_act_ret: 0.1 };
  const of = (params: object, method?: string) =>
    strip(site.send(`${src}/events/rpc`, notify(params, method, src)));
  assert.deepEqual(of({ "emdata:0": data }), [
    "Phase A energy = 10.5 Wh",
    "Total energy = 30.2 Wh",
    "Total energy returned = 0.1 Wh",
  ]);
  const failing = { id: 0, apower: null, errors: ["power_meter_failure"] };
  assert.deepEqual(of({ "switch:0": failing }), ["Errors = power_meter_failure"]);
  assert.equal(site.entity(`${src}/Errors`).diagnostic, true);
  assert.deepEqual(of({ "switch:0": { id: 0, apower: 3 } }, "NotifyFullStatus"), [
    "Power = 3 W",
    "Errors = none",
  ]);
});

Deno.test("shelly: S8 the first generation, watt-minutes as Wh", () => {
  const site = create();
  const at = (rest: string, payload: unknown) =>
    site.send(`shellies/shelly1pm-00AA01/${rest}`, payload);
  assert.deepEqual(at("relay/0/power", "41.20"), ["shelly1pm-00AA01/Power = 41.2 W"]);
  assert.deepEqual(at("relay/0/energy", "120034"), ["shelly1pm-00AA01/Energy = 2000.56666667 Wh"]);
  assert.deepEqual(at("temperature", "39.1"), ["shelly1pm-00AA01/Device temperature = 39.1 °C"]);
  assert.deepEqual(at("temperature_f", "102.4"), []);
  assert.deepEqual(at("relay/0", "on"), ["shelly1pm-00AA01/Relay = true"]);
  assert.deepEqual(at("relay/0", "overpower"), ["shelly1pm-00AA01/Relay = false"]);
  assert.deepEqual(at("input/0", "1"), ["shelly1pm-00AA01/Input = true"]);
  assert.deepEqual(at("input_event/0", { event: "S", event_cnt: 2 }), []);
  assert.deepEqual(at("longpush/0", "0"), []);
  assert.deepEqual(at("relay/0/command", "on"), []);
  assert.deepEqual(at("online", "false"), []);
  assert.deepEqual(site.directory.available, new Map([["shelly:shelly1pm-00AA01", false]]));
  assert.deepEqual(site.refused("shellies/shelly1pm-00AA01/relay/0/power", "much"), ["bad_value"]);
  assert.deepEqual(site.refused("shellies/shelly1pm-00AA01/relay/0", "half"), ["bad_value"]);
  assert.equal(site.entity("shelly1pm-00AA01/Device temperature").diagnostic, true);
});

Deno.test("shelly: the first generation says who it is, before or after its values", () => {
  const announce = {
    ...{ id: "shelly1pm-00AA01", model: "SHSW-PM", mac: "02000000AA01", ip: "192.0.2.9" },
    ...{ new_fw: false, fw_ver: "20230913-114010" },
  };
  for (const topic of ["shellies/announce", "shellies/shelly1pm-00AA01/announce"]) {
    const site = create();
    assert.deepEqual(site.send(topic, announce), []);
    site.send("shellies/shelly1pm-00AA01/relay/0", "off");
    assert.deepEqual([...site.directory.devices.values()], [{
      ...{ uid: "mac:02000000aa01", name: "shelly1pm-00AA01", manufacturer: "Shelly" },
      ...{ model: "SHSW-PM", software: "20230913-114010" },
    }]);
    const other = { ...announce, id: "pump" };
    const after = site.restarted();
    after.send(topic.replace("shelly1pm-00AA01", "pump"), other);
    assert.deepEqual(after.send("shellies/pump/relay/0", "on"), ["shelly1pm-00AA01/Relay = true"]);
  }
  const late = create();
  late.send("shellies/shelly1pm-00AA01/relay/0", "off");
  late.send("shellies/announce", announce);
  assert.equal(late.directory.devices.size, 1);
  assert.equal(late.directory.devices.get("shelly:shelly1pm-00AA01")?.model, "SHSW-PM");
});

Deno.test("shelly: the first generation's meters, rollers, sensors and objects", () => {
  const site = create();
  const cases: [id: string, rest: string, payload: unknown, expected: string[]][] = [
    ["shellyem-00AA02", "emeter/0/power", "120.5", ["Power = 120.5 W"]],
    ["shellyem-00AA02", "emeter/1/power", "3", ["Meter 1 power = 3 W"]],
    ["shellyem-00AA02", "emeter/0/total", "500.1", ["Energy = 500.1 Wh"]],
    ["shellyem-00AA02", "emeter/0/energy", "60", ["Energy counter = 1 Wh"]],
    ["shellyem-00AA02", "emeter/0/reactive_power", "-4", ["Reactive power = -4 var"]],
    ["shellyswitch25-00AA03", "roller/0", "open", ["Roller = open"]],
    ["shellyswitch25-00AA03", "roller/0/pos", "35", ["Position = 35 %"]],
    ["shellyswitch25-00AA03", "roller/0/pos", "-1", []],
    ["shellyswitch25-00AA03", "roller/0/stop_reason", "normal", []],
    ["shellyht-00AA04", "sensor/temperature", "21.25", ["Temperature = 21.25 °C"]],
    ["shellyht-00AA04", "sensor/battery", "88", ["Battery = 88 %"]],
    ["shellyht-00AA04", "sensor/act_reasons", ["periodic"], []],
    ["shellydw2-00AA05", "sensor/state", "open", ["State = open"]],
    ["shellywt-00AA06", "sensor/flood", "true", ["Flood = true"]],
    ["shellymotionsensor-00AA07", "status", {
      ...{ motion: true, timestamp: 1612345678, active: true, vibration: false, lux: 130, bat: 98 },
    }, ["Motion = true", "Vibration = false", "Illuminance = 130 lx", "Battery = 98 %"]],
    ["shelly1-00AA08", "info", { mac: "02000000AA08", wifi_sta: { rssi: -60 }, uptime: 5 }, [
      "Wi-Fi signal = -60 dBm",
      "Uptime = 5 s",
    ]],
  ];
  for (const [id, rest, payload, expected] of cases) {
    assert.deepEqual(
      site.send(`shellies/${id}/${rest}`, payload),
      expected.map((one) => `${id}/${one}`),
      rest,
    );
  }
  assert.equal(site.entity("shellyht-00AA04/Temperature").expireAfterMs, 36 * 3_600_000);
  site.send("shellies/shellyht-00AA04/online", "false");
  assert.deepEqual(site.directory.available, new Map());
  assert.ok(site.directory.devices.has("mac:02000000aa08"));
});

Deno.test("shelly: own topics, and the same device when they change", () => {
  const site = create();
  const sent = notify({ "switch:0": { id: 0, output: true } });
  const expected = [`garage door/Switch = true @${T_MS}`];
  assert.deepEqual(site.send("garage/door/events/rpc", sent), expected);
  assert.ok([...site.dialect.topics!()].includes("garage/door/online"));
  assert.ok([...site.dialect.topics!()].includes("garage/door/status/switch:0"));
  const after = site.restarted();
  assert.deepEqual(after.send("new/events/rpc", sent), expected);
  assert.equal(after.directory.devices.size, 1);
  const mine = create();
  mine.send("shellies/kitchen/online", "true");
  assert.deepEqual(mine.send("shellies/kitchen/events/rpc", sent), [
    `kitchen/Switch = true @${T_MS}`,
  ]);
  assert.deepEqual(mine.send("shellies/kitchen/status/switch:0", { id: 0, output: false }), [
    "kitchen/Switch = false",
  ]);
  assert.deepEqual(mine.directory.available, new Map([["mac:020000000004", true]]));
});

Deno.test("shelly: two that say to be one: the first is heard, and that is said", () => {
  const site = create();
  const send = (prefix: string, output: boolean) =>
    site.send(`${prefix}/events/rpc`, notify({ "switch:0": { id: 0, output } })).length;
  assert.deepEqual([send("a", true), send("b", true), send("a", false)], [1, 1, 1]);
  assert.deepEqual([send("b", true), send("a", true), send("b", false)], [0, 1, 0]);
  assert.deepEqual(site.directory.clashes, [["a", "b"], ["a", "b"]]);
});

Deno.test("shelly: several channels, components of other kinds, and such as nobody knows", () => {
  const site = create();
  const send = (params: object) =>
    site.send(`${ID}/events/rpc`, notify(params)).map((one) =>
      one.replace(`${ID}/`, "").replace(/ @.*/, "")
    );
  assert.deepEqual(
    send({ "switch:0": { id: 0, apower: 1 }, "switch:1": { id: 1, apower: 2, output: false } }),
    ["Switch 0 power = 1 W", "Switch 1 = false", "Switch 1 power = 2 W"],
  );
  assert.deepEqual(send({ "input:0": { id: 0, state: null }, "input:1": { id: 1, state: true } }), [
    "Input 1 = true",
  ]);
  assert.deepEqual(send({ "cover:0": { id: 0, state: "open", current_pos: 40 } }), [
    "Cover state = open",
    "Position = 40 %",
  ]);
  assert.deepEqual(send({ "flood:0": { id: 0, alarm: true, mute: false } }), [
    "Flood = true",
    "Flood muted = false",
  ]);
  assert.deepEqual(send({ "bthomesensor:200": { id: 200, value: 21.5, last_updated_ts: 1 } }), [
    "Value = 21.5",
  ]);
  assert.deepEqual(send({ "vacuum:0": { id: 0, speed: 3, busy: true, note: "x" } }), [
    "Speed = 3",
    "Busy = true",
  ]);
  assert.deepEqual(send({ cloud: { connected: true }, "script:1": { id: 1, running: true } }), []);
});

Deno.test("shelly: switches take orders, and say themselves what became of them", () => {
  const site = create();
  site.send(`${ID}/events/rpc`, notify({ "switch:0": { id: 0, output: false } }));
  const { order } = site.entity(`${ID}/Switch`);
  const message = site.dialect.order!(order!.way.to, true);
  assert.deepEqual({ ...message, payload: JSON.parse(String(message.payload)) }, {
    ...{ topic: `${ID}/rpc`, qos: 1, retain: false },
    payload: { id: 1, src: "perch", method: "Switch.Set", params: { id: 0, on: true } },
  });
  for (const own of [`${ID}/rpc`, "perch/rpc", `${ID}/command/switch:0`, `${ID}/debug/log`]) {
    assert.deepEqual(site.send(own, String(message.payload)), [], own);
  }
  site.send("shellies/shelly1-00AA09/relay/1", "on");
  const relay = site.entity("shelly1-00AA09/Relay 1").order!;
  assert.deepEqual(site.restarted().dialect.order!(relay.way.to, false), {
    topic: "shellies/shelly1-00AA09/relay/1/command",
    ...{ payload: "off", qos: 1, retain: false },
  });
});

Deno.test("shelly: topics of others are left to others", () => {
  const site = create();
  for (
    const [topic, payload] of [
      ["factory/online", "true"],
      ["factory/status/press", "3"],
      ["line/status/switch:0", "on"],
      ["line/status/switch:0", { id: 7 }],
      ["rpc", "1"],
      ["", ""],
    ] as const
  ) assert.equal(site.decode(topic, payload), null, topic);
});

Deno.test("shelly: what cannot be read is refused once, with a reason", () => {
  const site = create();
  const refused: [topic: string, payload: unknown, code: string][] = [
    [`${ID}/events/rpc`, "{", "bad_payload"],
    [`${ID}/events/rpc`, "[]", "bad_payload"],
    [`${ID}/events/rpc`, {}, "bad_payload"],
    [`${ID}/events/rpc`, { src: ID, method: "NotifyStatus" }, "bad_payload"],
    [`${ID}/events/rpc`, notify({ "switch:0": 5 }), "bad_payload"],
    [`${ID}/events/rpc`, new Uint8Array([0x7b, 0xff]), "bad_encoding"],
    [`${ID}/events/rpc`, JSON.stringify(notify({ "pm1:0": { id: 0, apower: "x" } })), "bad_value"],
    [`${ID}/status/switch:0`, "on", "bad_payload"],
    ["shellies/announce", "x", "bad_payload"],
    ["shellies/announce", { mac: 3 }, "bad_payload"],
    ["shellies/a/relay/0/power", "{", "bad_payload"],
    ["shellies/a/info", "3", "bad_payload"],
  ];
  for (const [topic, payload, code] of refused) {
    assert.deepEqual(site.refused(topic, payload), [code], `${topic} ${JSON.stringify(payload)}`);
  }
});
