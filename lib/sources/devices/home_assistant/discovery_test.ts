import assert from "node:assert/strict";
import { deviceHouse } from "../../../../tests/support/device_house.ts";
import { ATTIC, PRESS, sensor } from "../../../../tests/support/devices/announced.ts";
import { createHomeAssistant } from "./mod.ts";

const house = () => deviceHouse(createHomeAssistant);
const NOTHING = { drafts: [], rejects: [] };

Deno.test("discovery: a template that is not known here: a sensor, no value, and it is counted", () => {
  const { say, sensors, notes } = house();
  say("homeassistant/sensor/x/config", sensor({ val_tpl: "{{ states('sensor.a') }}" }));
  assert.deepEqual(sensors(), ["D/S"]);
  assert.deepEqual(say("d/s", "5"), NOTHING);
  assert.deepEqual(notes("home_assistant"), {
    "unsupported template of D, S: states() is not known": 1,
    "unsupported template": 1,
  });
});

Deno.test("discovery: without a unit the first value says whether it is a number", () => {
  const { say, values, sensors, entity, restarted } = house();
  const put = (id: string, more = {}) =>
    say(
      `homeassistant/sensor/${id}/config`,
      sensor({ uniq_id: id, name: id, stat_t: id, ...more }),
    );
  for (const id of ["a", "b"]) put(id);
  put("c", { val_tpl: "{{ value_json.x | int }}" });
  assert.deepEqual(sensors(), ["D/c"]);
  assert.deepEqual([values("a", "5"), values("b", "v1.2")], [{ "D/a": 5 }, { "D/b": "v1.2" }]);
  assert.deepEqual(["a", "b", "c"].map((id) => entity(`D/${id}`).kind), [
    "number",
    "text",
    "number",
  ]);
  put("b", { icon: "x" });
  assert.deepEqual(values("b", "1.0"), { "D/b": "1.0" });
  const again = restarted();
  assert.deepEqual([again.values("a", "6"), again.values("b", "7")], [{ "D/a": 6 }, {
    "D/b": "7",
  }]);
});

Deno.test("discovery: after a restart states are read before anything is announced again", () => {
  const before = house();
  before.say("homeassistant/sensor/att_t/config", ATTIC);
  before.say("homeassistant/device/press7/config", PRESS);
  const { say, values, isAvailable, sensors, directory } = before.restarted();
  assert.deepEqual(values("attic/s", { temp: 3 }), { "Attic/Attic temperature": 3 });
  assert.deepEqual(values("press7/state", { t: 4, run: true }), {
    ...{ "Press 7/Temperature": 4, "Press 7/Run": true },
  });
  say("press7/alive", "offline");
  assert.equal(isAvailable("Press 7/Run"), false);
  let changes = 0;
  directory.onEntity(() => changes++);
  say("homeassistant/sensor/att_t/config", ATTIC);
  say("homeassistant/device/press7/config", PRESS);
  assert.deepEqual([changes, sensors().length], [0, 3]);
  say("homeassistant/sensor/att_t/config", "");
  assert.equal(directory.sensorOf("ha:sensor:att_t"), null);
});

Deno.test("discovery: two devices with one unique id: the first keeps it, and both are named", () => {
  const { say, values, events } = house();
  say("homeassistant/sensor/a/config", ATTIC);
  say("homeassistant/sensor/b/config", {
    ...ATTIC,
    stat_t: "b/s",
    dev: { ids: ["b"], name: "Barn" },
  });
  assert.deepEqual(values("attic/s", { temp: 1 }), { "Attic/Attic temperature": 1 });
  assert.equal(say("b/s", { temp: 2 }), null);
  assert.equal(events.length, 1);
  assert.match(events[0].text, /Attic and Barn both say that they are ha:sensor:att_t/);
  // Of two kinds it may be the same.
  say("homeassistant/binary_sensor/c/config", { ...ATTIC, name: "On", stat_t: "c", val_tpl: "ON" });
  assert.deepEqual(values("c", "x"), { "Attic/On": true });
  assert.equal(events.length, 1);
});

Deno.test("discovery: without a unique id it is known by its device and its place, without a device by its place", () => {
  const { say, values, directory } = house();
  const bare = { stat_t: "a/b", unit_of_meas: "W" };
  say("homeassistant/sensor/node/obj/config", { ...bare, name: "Load" });
  assert.deepEqual(values("a/b", "1"), { "Load/Load": 1 });
  say("homeassistant/sensor/node/o2/config", {
    ...bare,
    dev_cla: "power",
    stat_t: "c",
    dev: { ids: [5] },
  });
  assert.deepEqual(values("c", "1"), { "5/Power": 1 });
  const uids = directory.all().flatMap(({ entities }) => [...entities.keys()]);
  assert.deepEqual(uids, ["ha:at:sensor/node/obj", "ha:sensor:ha:5:o2"]);
});

Deno.test("discovery: one that says less of its device does not take back what others said", () => {
  const { say, directory } = house();
  say("homeassistant/sensor/a/config", ATTIC);
  say(
    "homeassistant/sensor/b/config",
    sensor({ unit_of_meas: "W", dev: { ids: ["att1"], hw: "r2" } }),
  );
  const { name, manufacturer, hardware } = directory.all()[0].about;
  assert.deepEqual([name, manufacturer, hardware], ["Attic", "Own", "r2"]);
  say("homeassistant/sensor/c/config", {
    ...sensor({ unit_of_meas: "W", uniq_id: "c" }),
    dev: { ids: ["hub"], name: "Hub", via_device: "att1" },
  });
  assert.equal(directory.all()[1].about.via, "ha:att1");
});

Deno.test("discovery: a changed config moves its sensor to another topic; a bad one changes nothing", () => {
  const { say, values, sensors } = house();
  const topic = "homeassistant/sensor/att_t/config";
  say(topic, ATTIC);
  say(topic, { ...ATTIC, stat_t: "loft/s", name: "Loft" });
  assert.equal(say("attic/s", { temp: 1 }), null);
  assert.deepEqual(values("loft/s", { temp: 2 }), { "Attic/Attic temperature": 2 });
  assert.equal(say(topic, { name: "no topic" })!.rejects.length, 1);
  assert.deepEqual(values("loft/s", { temp: 3 }), { "Attic/Attic temperature": 3 });
  say(topic, { ...ATTIC, uniq_id: "other", name: "Other" });
  assert.deepEqual(values("attic/s", { temp: 4 }), { "Attic/Other": 4 });
  assert.equal(sensors().length, 2);
});

Deno.test("discovery: gateways write + for a level of a state's topic", () => {
  const { say, values } = house();
  const put = (id: string, stat_t: string) =>
    say(
      `homeassistant/sensor/${id}/config`,
      sensor({ uniq_id: id, name: id, unit_of_meas: "W", stat_t }),
    );
  put("a", "+/+/BTtoMQTT/020000000007");
  put("b", "home/#");
  put("c", "home/g/BTtoMQTT/020000000007");
  const topic = "home/g/BTtoMQTT/020000000007";
  assert.deepEqual(values(topic, "5"), { "D/a": 5, "D/b": 5, "D/c": 5 });
  say("homeassistant/sensor/b/config", "");
  assert.deepEqual(values(topic, "6"), { "D/a": 6, "D/c": 6 });
  assert.deepEqual(values("barn/h/BTtoMQTT/020000000007", "7"), { "D/a": 7 });
  assert.equal(say("barn/h/BTtoMQTT/020000000008", "7"), null);
});

Deno.test("discovery: hundreds of templates that read one message share what it may cost", () => {
  const { say, notes } = house();
  const one = (i: number, val_tpl: string) => ({
    ...{ p: "sensor", uniq_id: `u${i}`, name: `S${i}`, unit_of_meas: "W", val_tpl },
  });
  const put = (val_tpl: string) =>
    say("homeassistant/device/a/config", {
      ...{ dev: { ids: "a", name: "A" }, o: { name: "x" }, stat_t: "a" },
      cmps: Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`c${i}`, one(i, val_tpl)])),
    });
  const payload = { a: Array.from({ length: 50_000 }, (_, i) => i), b: 7 };
  put("{{ value_json.a | max }}");
  assert.equal(say("a", payload)!.drafts.length, 7);
  assert.equal(notes("home_assistant")["template failed"], 593);
  put("{% if value_json.b is defined %}{{ (value_json.b | float * 2 + 1) | round(1) }}{% endif %}");
  assert.equal(say("a", payload)!.drafts.length, 600);
});

Deno.test("discovery: what Perch tells Home Assistant of itself is no device", () => {
  const { say, sensors, directory } = house();
  const own = { ...PRESS, o: { name: "Perch", sw: "1" } };
  assert.deepEqual(say("homeassistant/device/perch-a/config", own), NOTHING);
  assert.deepEqual(say("homeassistant/status", "online"), NOTHING);
  assert.deepEqual([sensors(), directory.all()], [[], []]);
});

Deno.test("discovery: long keys beside short ones win, whatever their order", () => {
  const { say, entity } = house();
  say("homeassistant/sensor/x/config", {
    ...sensor({ unit_of_measurement: "°C", unit_of_meas: "°F" }),
  });
  assert.equal(entity("D/S").unit, "°C");
});

Deno.test("orders: what is told to a device is made of its topic, payloads and template", () => {
  const { say, dialects, directory } = house();
  const put = (component: string, config: object) => {
    say(
      `homeassistant/${component}/x/config`,
      sensor({ cmd_t: "d/set", uniq_id: component, ...config }),
    );
    const { announced } = directory.entity(`ha:${component}:${component}`)!;
    const { way, ...spec } = announced.order!;
    const order = (value: number | boolean | string) => {
      const dialect = dialects.find(({ name }) => name === way.dialect)!;
      return dialect.order!(JSON.parse(JSON.stringify(way.to)), value);
    };
    return { spec, order };
  };
  const toggle = put("switch", { pl_on: "up", pl_off: "down", qos: 1, retain: true });
  assert.deepEqual(toggle.spec, { kind: "switch" });
  assert.deepEqual(toggle.order(true), { topic: "d/set", payload: "up", qos: 1, retain: false });
  assert.equal(toggle.order(false).payload, "down");
  const set = put("number", { min: 5, max: 30.5, step: 0.5, cmd_tpl: '{"t": {{ value }} }' });
  assert.deepEqual(set.spec, { kind: "number", min: 5, max: 30.5, step: 0.5 });
  assert.deepEqual([set.order(21).payload, set.order(20.5).payload], [
    '{"t": 21 }',
    '{"t": 20.5 }',
  ]);
  assert.deepEqual(put("number", {}).spec, { kind: "number", min: 1, max: 100, step: 1 });
  const select = put("select", { ops: ["a", "b"], cmd_tpl: "{{ {'a': 1, 'b': 2}[value] }}" });
  assert.deepEqual(select.spec, { kind: "select", options: ["a", "b"] });
  assert.deepEqual([select.order("b").payload, select.order("b").qos], ["2", 0]);
  const press = put("button", { name: "Go" });
  assert.deepEqual([press.spec, press.order(true).payload], [{ kind: "button" }, "PRESS"]);
  assert.equal(put("button", { pl_prs: "go" }).order(true).payload, "go");
  const broken = put("number", { cmd_tpl: "{{ now() }}" });
  assert.throws(() => broken.order(1), /unsupported template/);
});

Deno.test("discovery: whatever comes in, nothing is thrown and good messages go on", () => {
  const { say, values } = house();
  say("homeassistant/sensor/att_t/config", ATTIC);
  const odd = [
    ...["null", "[]", '"x"', "{}", '{"dev":5}', '{"dev":{"ids":{}}}', '{"cmps":[]}'],
    ...['{"stat_t":5}', '{"stat_t":"a","avty":5,"dev":{"cns":[[1]],"ids":[null,[1,2]]}}'],
    ...['{"stat_t":"a","ops":{"a":1},"unit_of_meas":{},"name":{},"exp_aft":"x"}'],
    ...['{"~":5,"stat_t":"~"}', '{"stat_t":"a","val_tpl":5,"e":7,"sug_dsp_prc":"x"}', "\u0000"],
    ...['{"__proto__":{"stat_t":"x"}}', '{"constructor":1,"stat_t":"q","uniq_id":{}}'],
  ];
  for (
    const component of ["sensor", "binary_sensor", "device", "number", "select", "cover", "climate"]
  ) {
    for (const payload of odd) {
      const heard = say(`homeassistant/${component}/odd/config`, payload)!;
      assert.ok(heard.rejects.length <= 1, payload);
      for (const topic of ["a", "q"]) say(topic, payload);
    }
  }
  assert.deepEqual(values("attic/s", { temp: 1 }), { "Attic/Attic temperature": 1 });
});
