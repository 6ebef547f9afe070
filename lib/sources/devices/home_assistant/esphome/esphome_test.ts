import assert from "node:assert/strict";
import { deviceHouse } from "../../../../../tests/support/device_house.ts";
import { createHomeAssistant } from "../mod.ts";

const house = () => deviceHouse(createHomeAssistant);
const NOTHING = { drafts: [], rejects: [] };
const ZONE = "kiln/sensor/zone_a/state";
const ANNOUNCED = "homeassistant/sensor/kiln/zone_a/config";
const CONFIG = {
  ...{ name: "Zone A", stat_t: ZONE, avty_t: "kiln/status", uniq_id: "02-sensor-zone_a" },
  ...{ dev_cla: "temperature", unit_of_meas: "°C", stat_cla: "measurement", sug_dsp_prc: 1 },
  dev: {
    ids: "020000000005",
    cns: [["mac", "020000000005"]],
    name: "kiln",
    sw: "2026.3.1",
    mf: "Own",
  },
};

Deno.test("E1: a node that announces itself; nan is a gap", () => {
  const { say, values, directory } = house();
  say(ANNOUNCED, CONFIG, true);
  assert.deepEqual(say(ZONE, "873.5", true)!.drafts, [
    { sensor: "kiln/Zone A", value: 873.5, unit: "°C" },
  ]);
  for (const payload of ["nan", "NaN", "inf", ""]) assert.deepEqual(say(ZONE, payload), NOTHING);
  assert.deepEqual(values(ZONE, "874"), { "kiln/Zone A": 874 });
  const [{ dialect, about }] = directory.all();
  assert.deepEqual([dialect, about.uid], ["esphome", "mac:020000000005"]);
});

Deno.test("E1: ids that are alike at every node are told apart by the node", () => {
  const { say, values, events } = house();
  for (const node of ["kiln", "oven"]) {
    const mac = node === "kiln" ? "020000000005" : "020000000006";
    say(`homeassistant/sensor/${node}/uptime/config`, {
      ...{ name: "", stat_t: `${node}/sensor/uptime/state`, uniq_id: "ESPsensoruptime" },
      ...{ unit_of_meas: "s", dev: { ids: mac, cns: [["mac", mac]], name: node } },
    });
  }
  assert.deepEqual(values("kiln/sensor/uptime/state", "5"), { "kiln/kiln": 5 });
  assert.deepEqual(values("oven/sensor/uptime/state", "6"), { "oven/oven": 6 });
  assert.equal(events.length, 0);
});

Deno.test("E2: without discovery topics say what it is, and the node's status is everybody's", () => {
  const { say, values, sensors, isAvailable, dialects, entity } = house();
  assert.deepEqual(values("kiln/sensor/zone_a/state", "873.5"), { "kiln/Zone a": 873.5 });
  assert.deepEqual(values("kiln/binary_sensor/door/state", "ON"), { "kiln/Door": true });
  assert.deepEqual(values("kiln/text_sensor/mode/state", "Ramp"), { "kiln/Mode": "Ramp" });
  assert.deepEqual(values("kiln/switch/fan/state", "OFF"), { "kiln/Fan": false });
  assert.deepEqual(values("kiln/text_sensor/version/state", "5"), { "kiln/Version": "5" });
  assert.deepEqual(say("kiln/sensor/zone_a/state", "nan"), NOTHING);
  assert.equal(say("kiln/sensor/zone_a/state", "hot")!.rejects[0].code, "bad_value");
  assert.equal(say("kiln/binary_sensor/door/state", "MAYBE")!.rejects.length, 1);
  const { topics, order } = dialects.find(({ name }) => name === "esphome")!;
  assert.deepEqual([...topics!()], ["kiln/status"]);
  assert.deepEqual(say("kiln/status", "offline", true), NOTHING);
  for (const sensor of sensors()) assert.equal(isAvailable(sensor), false, sensor);
  say("kiln/status", "online");
  for (const sensor of sensors()) assert.equal(isAvailable(sensor), true, sensor);
  assert.deepEqual(order!(entity("kiln/Fan").order!.way.to, true), {
    ...{ topic: "kiln/switch/fan/command", payload: "ON", qos: 0, retain: false },
  });
});

Deno.test("E3: what came before the announcement is the same sensor afterwards, over a restart too", () => {
  const { say, values, sensors, directory, restarted, isAvailable } = house();
  say(ZONE, "870", true);
  say("kiln/status", "online", true);
  say(ANNOUNCED, CONFIG, true);
  assert.deepEqual(values(ZONE, "871"), { "kiln/Zone a": 871 });
  const again = restarted();
  again.say(ANNOUNCED, CONFIG, true);
  assert.deepEqual(again.values(ZONE, "872"), { "kiln/Zone a": 872 });
  assert.deepEqual([again.sensors(), directory.all().length], [["kiln/Zone a"], 1]);
  say("kiln/status", "offline");
  assert.deepEqual([sensors().length, isAvailable("kiln/Zone a")], [1, false]);
});

Deno.test("ESPHome: topics of others are theirs", () => {
  const { say } = house();
  for (
    const topic of [
      ...["factory/sensor/a/state", "edge/switch/a/state", "kiln/sensor/a", "kiln/what/a/state"],
      ...["a/b/sensor/c/state", "/sensor/a/state", "$SYS/sensor/a/state", "kiln/status"],
    ]
  ) assert.equal(say(topic, "5"), null, topic);
  // States that Home Assistant itself publishes come with the same filter.
  assert.deepEqual(say("homeassistant/sensor/a/state", "5"), NOTHING);
});
