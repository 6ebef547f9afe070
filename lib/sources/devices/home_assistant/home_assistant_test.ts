import assert from "node:assert/strict";
import { deviceHouse } from "../../../../tests/support/device_house.ts";
import { ATTIC, PRESS, sensor } from "../../../../tests/support/devices/announced.ts";
import { createHomeAssistant } from "./mod.ts";

const house = () => deviceHouse(createHomeAssistant);
const NOTHING = { drafts: [], rejects: [] };

Deno.test("H1: one component is one sensor of its machine; what is not announced is not kept", () => {
  const { say, values, sensors, entity, directory } = house();
  assert.deepEqual(say("homeassistant/sensor/att_t/config", ATTIC, true), NOTHING);
  assert.deepEqual(sensors(), ["Attic/Attic temperature"]);
  assert.deepEqual(say("attic/s", { temp: 21.4, hum: 55 })!.drafts, [
    { sensor: "Attic/Attic temperature", value: 21.4, unit: "°C" },
  ]);
  assert.deepEqual(values("attic/s", { temp: "21.5" }), { "Attic/Attic temperature": 21.5 });
  const { uid, kind, unit, deviceClass, stateClass } = entity("Attic/Attic temperature");
  assert.deepEqual(
    [uid, kind, unit, deviceClass, stateClass],
    ["ha:sensor:att_t", "number", "°C", "temperature", "measurement"],
  );
  const [{ about, dialect }] = directory.all();
  assert.deepEqual([dialect, about], ["home_assistant", {
    ...{ name: "Attic", manufacturer: "Own", model: "N1", software: "1.2", uid: "ha:att1" },
  }]);
  assert.equal(say("somewhere/else", "21"), null);
});

Deno.test("H2: ~ stands at the start or the end of topics; numbers may be texts; identifiers may be one", () => {
  const { say, values, isAvailable, dialects } = house();
  say("homeassistant/sensor/p1f/config", {
    ...{ "~": "cellar/pump1", name: "Flow", uniq_id: "p1f", stat_t: "~/tele", avty_t: "~/lwt" },
    ...{ pl_avail: "up", pl_not_avail: "down", unit_of_meas: "L/min", dev: { ids: "p1" } },
    val_tpl: "{{value_json['flow']['l_min']}}",
  });
  assert.deepEqual(values("cellar/pump1/tele", { flow: { l_min: "3.50" } }), { "p1/Flow": 3.5 });
  say("cellar/pump1/lwt", "down");
  assert.equal(isAvailable("p1/Flow"), false);
  say("cellar/pump1/lwt", "up");
  assert.equal(isAvailable("p1/Flow"), true);
  say("homeassistant/sensor/x/config", {
    ...{ "~": "base", name: "X", uniq_id: "x", stat_t: "state/~", unit_of_meas: "~" },
    availability: [{ t: "~/one" }, { topic: "two/~" }],
  });
  assert.deepEqual(values("state/base", "4"), { "X/X": 4 });
  assert.deepEqual([...dialects[0].topics!()].sort(), [
    ...["base/one", "cellar/pump1/lwt", "cellar/pump1/tele", "state/base", "two/base"],
  ]);
});

Deno.test("H3, H4: a whole device; its keys flow down; a component that is left with its platform goes", () => {
  const { say, values, sensors, isAvailable, entity, directory } = house();
  assert.deepEqual(say("homeassistant/device/press7/config", PRESS, true), NOTHING);
  assert.deepEqual(sensors(), ["Press 7/Run", "Press 7/Temperature"]);
  assert.deepEqual(values("press7/state", { t: 48.25, run: true }), {
    ...{ "Press 7/Temperature": 48.25, "Press 7/Run": true },
  });
  assert.deepEqual(values("press7/state", { t: 48.5, run: false }), {
    ...{ "Press 7/Temperature": 48.5, "Press 7/Run": false },
  });
  assert.equal(entity("Press 7/Run").uid, "ha:binary_sensor:press7_run");
  assert.equal(directory.all()[0].about.uid, "ha:press7");
  assert.equal(directory.all()[0].about.serial, "X-7");
  say("press7/alive", "offline");
  assert.deepEqual([isAvailable("Press 7/Run"), isAvailable("Press 7/Temperature")], [
    false,
    false,
  ]);
  say("press7/alive", "online");
  assert.equal(isAvailable("Press 7/Run"), true);
  const { t } = PRESS.cmps;
  say("homeassistant/device/press7/config", { ...PRESS, cmps: { t, run: { p: "binary_sensor" } } });
  assert.deepEqual(values("press7/state", { t: 1, run: true }), { "Press 7/Temperature": 1 });
  assert.equal(directory.sensorOf("ha:binary_sensor:press7_run"), null);
  // A component that is not mentioned stays.
  say("homeassistant/device/press7/config", { ...PRESS, cmps: { run: PRESS.cmps.run } });
  assert.deepEqual(values("press7/state", { t: 2, run: true }), {
    ...{ "Press 7/Temperature": 2, "Press 7/Run": true },
  });
  say("homeassistant/device/press7/config", "");
  assert.deepEqual(values("press7/state", { t: 2, run: true }), {});
});

Deno.test("H3: own keys of a component win; what is required is said, and the rest goes on", () => {
  const { say, values, sensors } = house();
  const config = (cmps: unknown, more = {}) =>
    say("homeassistant/device/a/config", {
      ...{ dev: { ids: "a", name: "A" }, o: { name: "fw" }, stat_t: "a/all", cmps },
      ...more,
    });
  const heard = config({
    one: { p: "sensor", uniq_id: "1", name: "One", stat_t: "a/one", unit_of_meas: "W" },
    two: { platform: "sensor", unique_id: "2", name: "Two", unit_of_meas: "W" },
    three: { p: "sensor", name: "Three" },
    four: { uniq_id: "4" },
    five: "x",
    lamp: { p: "light", uniq_id: "l" },
    event: { p: "device_automation", automation_type: "trigger", topic: "t", type: "a" },
  });
  assert.deepEqual(heard!.rejects.map(({ message }) => message), [
    'component "three": unique_id is missing',
    'component "four": platform is missing',
    'component "five": it is no object',
  ]);
  assert.deepEqual(sensors(), ["A/One", "A/Two"]);
  assert.deepEqual([values("a/one", "1"), values("a/all", "2")], [{ "A/One": 1 }, { "A/Two": 2 }]);
  for (const lacking of [{ o: undefined }, { o: {} }, { dev: undefined }, { cmps: undefined }]) {
    assert.equal(config({}, lacking)!.rejects[0].code, "bad_payload");
  }
});

Deno.test("H5: from single components to a whole device, nothing is lost and nothing doubled", () => {
  for (const key of ["migrate_discovery", "migr_discvry"]) {
    const { say, values, sensors, events } = house();
    say("homeassistant/sensor/press7_t/config", {
      ...{ uniq_id: "press7_t", name: "Warmth", stat_t: "old/t", unit_of_meas: "°C" },
      dev: PRESS.dev,
    });
    assert.deepEqual(values("old/t", "40"), { "Press 7/Warmth": 40 });
    assert.deepEqual(say("homeassistant/sensor/press7_t/config", { [key]: true }), NOTHING);
    assert.deepEqual(values("old/t", "41"), { "Press 7/Warmth": 41 });
    say("homeassistant/device/press7/config", PRESS);
    say("homeassistant/sensor/press7_t/config", "");
    assert.deepEqual(sensors(), ["Press 7/Run", "Press 7/Warmth"]);
    assert.deepEqual(values("press7/state", { t: 42 }), { "Press 7/Warmth": 42 });
    assert.equal(events.length, 0);
  }
});

Deno.test("H5: one that comes from another topic waits until the first is taken back", () => {
  const { say, values, events, sensors } = house();
  const at = (topic: string) => ({ ...ATTIC, stat_t: topic });
  say("homeassistant/sensor/one/config", at("one"));
  say("homeassistant/sensor/node/two/config", at("two"));
  assert.equal(events.length, 1);
  assert.match(events[0].text, /Attic \(sensor\/one\) and Attic \(sensor\/node\/two\) both say/);
  assert.deepEqual(values("one", { temp: 1 }), { "Attic/Attic temperature": 1 });
  assert.equal(say("two", { temp: 2 }), null);
  say("homeassistant/sensor/one/config", "");
  assert.deepEqual(values("two", { temp: 3 }), { "Attic/Attic temperature": 3 });
  assert.equal(say("one", { temp: 1 }), null);
  assert.deepEqual(sensors(), ["Attic/Attic temperature"]);
});

Deno.test("H6: taken back, it is no sensor any more; announced again, it is the same", () => {
  const { say, values, directory } = house();
  const topic = "homeassistant/sensor/att_t/config";
  say(topic, ATTIC);
  assert.deepEqual(say(topic, ""), NOTHING);
  assert.equal(directory.sensorOf("ha:sensor:att_t"), null);
  assert.equal(say("attic/s", { temp: 1 }), null);
  assert.deepEqual(say(topic, ""), NOTHING);
  say(topic, ATTIC);
  assert.deepEqual(values("attic/s", { temp: 2 }), { "Attic/Attic temperature": 2 });
});

Deno.test("H7: an illegal topic and a config that is none are one reject each", () => {
  const { say, sensors } = house();
  const code = (topic: string, payload: string | object) => {
    const heard = say(topic, payload)!;
    assert.equal(heard.rejects.length, 1, topic);
    return heard.rejects[0];
  };
  for (
    const below of [
      ...["sensor/bad id!/config", "sensor/a/b/c/config", "sensor/ü/config", "sensor/config"],
      ...["sensor/a b/c/config", "sensor//config", "bad comp/x/config", "sensor/a.b/config"],
    ]
  ) {
    const { code: name, message } = code(`homeassistant/${below}`, ATTIC);
    assert.equal(name, "bad_topic");
    assert.match(message, /^illegal discovery topic/);
  }
  const at = "homeassistant/sensor/x/config";
  assert.match(code(at, "{").message, /no JSON/);
  assert.match(code(at, "[]").message, /JSON object/);
  assert.match(code(at, "5").message, /JSON object/);
  assert.match(code(at, { name: "x" }).message, /state_topic is missing/);
  for (const topic of ["#", "+", "+/#", "a/b#", "a/#/b", "a/+b", ""]) {
    assert.match(code(at, { name: "x", stat_t: topic }).message, /state_topic is missing/, topic);
  }
  assert.match(code("homeassistant/number/x/config", {}).message, /command_topic is missing/);
  assert.match(
    code("homeassistant/select/x/config", { cmd_t: "a" }).message,
    /options are missing/,
  );
  const large = { ...ATTIC, icon: "x".repeat(1_000_000) };
  assert.equal(code(at, large).code, "too_large");
  const many = { ...ATTIC, list: Array(60_000).fill(0) };
  assert.equal(code(at, many).code, "too_large");
  assert.equal(code(at, `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`).code, "bad_payload");
  assert.deepEqual(sensors(), []);
});

Deno.test("H8: what measures nothing is known and nothing; states of what can be told are kept", () => {
  const { say, values, sensors, entity } = house();
  const dev = { ids: "h", name: "House" };
  for (
    const component of [
      ...["light", "device_automation", "event", "update", "scene", "tag", "camera", "siren"],
      ...["text", "vacuum", "device_tracker", "notify", "something_new"],
    ]
  ) {
    const config = { dev, name: "L", uniq_id: "l", stat_t: "l", cmd_t: "l/set" };
    assert.deepEqual(say(`homeassistant/${component}/l1/config`, config), NOTHING, component);
  }
  assert.deepEqual(sensors(), []);
  const put = (component: string, id: string, config: object) =>
    say(`homeassistant/${component}/${id}/config`, { dev, name: id, uniq_id: id, ...config });
  put("switch", "sw", { stat_t: "sw", cmd_t: "sw/set", val_tpl: "{{ value_json.s }}" });
  put("switch", "own", {
    stat_t: "own",
    cmd_t: "own/set",
    stat_on: "1",
    stat_off: "0",
    pl_on: "a",
  });
  put("number", "set", {
    stat_t: "nu",
    cmd_t: "nu/set",
    min: 5,
    max: 30,
    step: 0.5,
    unit_of_meas: "°C",
  });
  put("select", "mode", { stat_t: "se", cmd_t: "se/set", ops: ["eco", "fast"] });
  put("lock", "door", { stat_t: "lo", cmd_t: "lo/set", stat_locked: "L" });
  put("cover", "gate", { stat_t: "co", pos_t: "co/pos", cmd_t: "co/set" });
  put("fan", "fan", { stat_t: "fa", pct_stat_t: "fa/pct", cmd_t: "fa/set" });
  put("climate", "heat", {
    ...{ curr_temp_t: "cl", curr_temp_tpl: "{{ value_json.t }}", temp_unit: "C" },
    ...{ mode_stat_t: "cl", mode_stat_tpl: "{{ value_json.m }}", temp_cmd_t: "cl/set" },
  });
  put("button", "go", { cmd_t: "go/set" });
  assert.deepEqual(values("sw", { s: "ON" }), { "House/sw": true });
  assert.deepEqual([values("own", "1"), values("own", "0")], [{ "House/own": true }, {
    "House/own": false,
  }]);
  assert.deepEqual(values("nu", "21.5"), { "House/set": 21.5 });
  assert.deepEqual(values("se", "eco"), { "House/mode": "eco" });
  assert.deepEqual(values("lo", "L"), { "House/door": "locked" });
  assert.deepEqual(values("lo", "UNLOCKED"), { "House/door": "unlocked" });
  assert.deepEqual(values("co", "closing"), { "House/gate": "closing" });
  assert.deepEqual(values("co/pos", "40"), { "House/gate position": 40 });
  assert.deepEqual(values("fa", "OFF"), { "House/fan": false });
  assert.deepEqual(values("fa/pct", "33"), { "House/fan speed": 33 });
  assert.deepEqual(values("cl", { t: 19.5, m: "heat" }), {
    ...{ "House/heat current temperature": 19.5, "House/heat mode": "heat" },
  });
  assert.equal(entity("House/heat current temperature").unit, "°C");
  // Orders of others are no readings.
  for (const topic of ["sw/set", "nu/set", "cl/set", "go/set"]) {
    assert.deepEqual(say(topic, "1"), NOTHING, topic);
  }
});

Deno.test("H9: a binary sensor by its payloads; without a name it is called like its device", () => {
  const { say, values, directory } = house();
  say("homeassistant/binary_sensor/door/config", {
    ...{ name: null, stat_t: "door/1", pl_on: "OPEN", pl_off: "CLOSED", dev_cla: "door" },
    ...{ uniq_id: "d1", dev: { name: "Gate", cns: [["mac", "02:00:00:00:00:01"]] } },
  });
  assert.deepEqual(say("door/1", "OPEN")!.drafts, [
    { sensor: "Gate/Gate", value: true, word: "OPEN" },
  ]);
  assert.deepEqual(values("door/1", "CLOSED"), { "Gate/Gate": false });
  const { drafts, rejects: [{ code, message }] } = say("door/1", "MAYBE")!;
  assert.deepEqual([drafts, code], [[], "bad_value"]);
  assert.match(message, /no matching payload/);
  assert.equal(say("door/1", "open")!.rejects.length, 1);
  assert.equal(directory.all()[0].about.uid, "mac:020000000001");
  // The same device by its other name.
  say("homeassistant/sensor/x/config", {
    ...sensor({ unit_of_meas: "V", uniq_id: "v", name: "V" }),
    dev: { ids: ["gate"], cns: [["mac", "020000000001"]] },
  });
  say("homeassistant/sensor/y/config", {
    ...sensor({ unit_of_meas: "A", uniq_id: "a", name: "A", stat_t: "d/a" }),
    dev: { ids: ["gate"] },
  });
  assert.deepEqual([values("d/s", "3"), values("d/a", "1")], [{ "Gate/V": 3 }, { "Gate/A": 1 }]);
  const defaults = house();
  defaults.say("homeassistant/binary_sensor/b/config", sensor({}));
  assert.deepEqual([defaults.values("d/s", "ON"), defaults.values("d/s", "OFF")], [
    ...[{ "D/S": true }, { "D/S": false }],
  ]);
  assert.deepEqual(defaults.say("d/s", ""), NOTHING);
  assert.deepEqual(defaults.say("d/s", "None"), NOTHING);
});

Deno.test("H9: payloads of true and false, of numbers, by a template", () => {
  const told = (config: Record<string, unknown>, payload: string | object) => {
    const { say, values } = house();
    say("homeassistant/binary_sensor/b/config", sensor(config));
    return values("d/s", payload)["D/S"];
  };
  const contact = { val_tpl: "{{ value_json.c }}", pl_on: false, pl_off: true };
  assert.deepEqual([told(contact, { c: false }), told(contact, { c: true })], [true, false]);
  const words = { val_tpl: "{{ value_json.c }}", pl_on: "true", pl_off: "false" };
  assert.deepEqual([told(words, { c: true }), told(words, { c: false })], [true, false]);
  const numbers = { pl_on: 1, pl_off: 0 };
  assert.deepEqual([told(numbers, "1"), told(numbers, "0"), told(numbers, "1.0")], [
    true,
    false,
    true,
  ]);
  const made = { val_tpl: "{% if value_json.v > 4 %}ON{% else %}OFF{% endif %}" };
  assert.deepEqual([told(made, { v: 5 }), told(made, { v: 4 })], [true, false]);
});

Deno.test("H10: what is silent for too long is unavailable by its interval", () => {
  const { say, entity } = house();
  say("homeassistant/sensor/x/config", sensor({ exp_aft: 30, unit_of_meas: "W" }));
  assert.equal(entity("D/S").expireAfterMs, 30_000);
});

Deno.test("H11: of several topics the mode decides", () => {
  const run = (mode: string | undefined, ...said: [string, string | object][]) => {
    const { say, isAvailable } = house();
    say(
      "homeassistant/sensor/x/config",
      sensor({
        unit_of_meas: "W",
        availability: [
          { topic: "b/state", value_template: "{{ value_json.state }}" },
          { t: "d/av", pl_avail: "yes", pl_not_avail: "no" },
        ],
        ...(mode === undefined ? {} : { avty_mode: mode }),
      }),
    );
    return said.map(([topic, payload]) => {
      assert.deepEqual(say(topic, payload), NOTHING);
      return isAvailable("D/S");
    });
  };
  const on = { state: "online" };
  const off = { state: "offline" };
  const steps: [string, string | object][] = [
    ...[["b/state", on], ["d/av", "yes"], ["b/state", off], ["d/av", "yes"]] as const,
    ...[["d/av", "no"], ["b/state", on], ["d/av", "what"]] as const,
  ].map(([topic, payload]) => [topic, payload]);
  assert.deepEqual(run("all", ...steps), [null, true, false, false, false, false, false]);
  assert.deepEqual(run("any", ...steps), [true, true, true, true, false, true, true]);
  for (const mode of ["latest", undefined]) {
    assert.deepEqual(run(mode, ...steps), [true, true, false, true, false, true, true]);
  }
  // Announced again in another way, what was said counts.
  const again = house();
  const both = sensor({ unit_of_meas: "W", avty: [{ t: "a" }, { t: "b" }], avty_mode: "all" });
  again.say("homeassistant/sensor/x/config", both);
  again.say("a", "offline");
  again.say("homeassistant/sensor/x/config", { ...both, icon: "mdi:x" });
  again.say("b", "online");
  assert.equal(again.isAvailable("D/S"), false);
  again.say("a", "online");
  assert.equal(again.isAvailable("D/S"), true);
  // What is known already is told to what comes later.
  const { say, isAvailable } = house();
  say("homeassistant/sensor/x/config", sensor({ unit_of_meas: "W", avty_t: "lwt" }));
  say("lwt", "offline");
  say("homeassistant/sensor/y/config", {
    ...sensor({ unit_of_meas: "W", avty_t: "lwt", name: "T", uniq_id: "s2" }),
  });
  assert.equal(isAvailable("D/T"), false);
});

Deno.test("H12, H13: a template that gives nothing is counted; None is no value", () => {
  const { say, notes } = house();
  say(
    "homeassistant/sensor/x/config",
    sensor({ unit_of_meas: "W", val_tpl: "{{ value_json.x }}" }),
  );
  assert.deepEqual(say("d/s", { y: 1 }), NOTHING);
  assert.deepEqual(notes("home_assistant"), { "template gave nothing": 1 });
  for (const payload of ["None", "unknown", "unavailable", "nan", "NaN", "inf", "null"]) {
    assert.deepEqual(say("d/s", { x: payload }), NOTHING, payload);
  }
  assert.deepEqual(say("d/s", { x: null }), NOTHING);
  assert.deepEqual(say("d/s", "no json"), NOTHING);
  assert.equal(notes("home_assistant")["template failed"], 1);
  const { code, message } = say("d/s", { x: "21,5" })!.rejects[0];
  assert.deepEqual([code, message], ["bad_value", 'S: "21,5" is no number']);
  const plain = house();
  plain.say("homeassistant/sensor/x/config", sensor({ unit_of_meas: "W" }));
  for (const payload of ["None", "", " ", "unknown", "nan"]) {
    assert.deepEqual(plain.say("d/s", payload), NOTHING, payload);
  }
  assert.deepEqual(plain.values("d/s", " 7\n"), { "D/S": 7 });
});

Deno.test("H14: times and dates are states, not numbers", () => {
  const { say, values, entity } = house();
  say("homeassistant/sensor/x/config", sensor({ dev_cla: "timestamp" }));
  say(
    "homeassistant/sensor/y/config",
    sensor({ dev_cla: "date", uniq_id: "y", name: "Y", stat_t: "y" }),
  );
  const time = "2026-05-01T10:00:00+02:00";
  assert.deepEqual(values("d/s", time), { "D/S": time });
  assert.equal(entity("D/S").kind, "text");
  assert.deepEqual(values("y", "2026-05-01"), { "D/Y": "2026-05-01" });
  for (const bad of ["soon", "2026-13-01T00:00:00Z", "1767225600"]) {
    assert.equal(say("d/s", bad)!.rejects[0].code, "bad_value", bad);
  }
});

Deno.test("H15: of an enumeration only its options are states", () => {
  const { say, values, entity } = house();
  say("homeassistant/sensor/x/config", sensor({ dev_cla: "enum", options: ["idle", "run"] }));
  assert.deepEqual(values("d/s", "idle"), { "D/S": "idle" });
  assert.equal(say("d/s", "boom")!.rejects[0].code, "bad_value");
  assert.deepEqual(say("d/s", "None"), NOTHING);
  assert.deepEqual(entity("D/S").options, ["idle", "run"]);
});

Deno.test("H16: decimals, diagnostic, disabled", () => {
  const { say, entity, sensors, directory } = house();
  say(
    "homeassistant/sensor/x/config",
    sensor({ sug_dsp_prc: 1, ent_cat: "diagnostic", unit_of_meas: "dB" }),
  );
  const { decimals, diagnostic } = entity("D/S");
  assert.deepEqual([decimals, diagnostic], [1, true]);
  say("homeassistant/sensor/y/config", {
    ...sensor({ suggested_display_precision: 2, en: false, uniq_id: "y", name: "Y", stat_t: "y" }),
  });
  assert.deepEqual(sensors(), ["D/S"]);
  assert.deepEqual(say("y", "5"), NOTHING);
  directory.switched(directory.entity("ha:sensor:y")!, true);
  assert.equal(say("y", "5")!.drafts[0].value, 5);
});

Deno.test("H17: the same announcements again write nothing and cost next to nothing", () => {
  const { say, values, sensors, events, directory } = house();
  const announce = () => {
    for (let i = 0; i < 600; i++) {
      say(`homeassistant/sensor/0x${i % 60}/s${i}/config`, {
        ...{ name: `S${i}`, uniq_id: `u${i}`, stat_t: `z/${i % 60}`, unit_of_meas: "W" },
        ...{ val_tpl: `{{ value_json.v${i} }}`, avty: [{ t: "bridge" }], avty_mode: "all" },
        dev: { ids: [`d${i % 60}`], name: `Device ${i % 60}` },
      }, true);
    }
  };
  announce();
  let changes = 0;
  directory.onEntity(() => changes++);
  directory.onTopics(() => changes++);
  announce();
  assert.deepEqual([sensors().length, changes, events.length], [600, 0, 0]);
  assert.equal(Object.keys(values("z/7", { v7: 1, v67: 2 })).length, 2);
});

Deno.test("H19: raw bytes, attributes and other encodings", () => {
  const { say, values, sensors } = house();
  assert.deepEqual(say("homeassistant/sensor/raw/config", sensor({ e: "" })), NOTHING);
  assert.deepEqual(sensors(), []);
  say("homeassistant/sensor/x/config", {
    ...sensor({ unit_of_meas: "W", json_attr_t: "d/attr", qos: 2 }),
  });
  assert.deepEqual(say("d/attr", { a: 1, b: 2 }), NOTHING);
  assert.deepEqual(values("d/s", "5"), { "D/S": 5 });
  say("homeassistant/sensor/y/config", {
    ...sensor({ e: "latin-1", dev_cla: "enum", uniq_id: "y", name: "Y", stat_t: "y" }),
  });
  assert.deepEqual(values("y", new Uint8Array([0xe9, 0x74, 0xe9])), { "D/Y": "été" });
  assert.equal(say("d/s", new Uint8Array([0xff, 0xfe]))!.rejects[0].code, "bad_encoding");
});
