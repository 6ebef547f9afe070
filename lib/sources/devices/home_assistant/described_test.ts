import assert from "node:assert/strict";
import { deviceHouse } from "../../../../tests/support/device_house.ts";
import { fakeClock } from "../../../../tests/support/fake_clock.ts";
import { createRegistry } from "../../../machines/registry.ts";
import { isGuessed } from "../../../machines/shown_unit.ts";
import { createHomeAssistant } from "./mod.ts";

const CONFIG = {
  dev: { ids: ["p3"], name: "Press 3", mf: "Own" },
  ...{ name: "Oil", uniq_id: "p3_oil", unit_of_meas: "bar", stat_cla: "measurement" },
  ...{ stat_t: "factory/hall/press-3/pressure", val_tpl: "{{ value_json.value }}" },
};

const registryOf = () =>
  createRegistry({
    clock: fakeClock(),
    rows: { machines: [], sensors: [], states: [], last: [] },
  });

Deno.test("described: what is announced of a topic of Perch's own says what the plain sensor is, and makes no second one", () => {
  const registry = registryOf();
  registry.resolve({ sensor: "hall/press-3/pressure", value: 5 });
  registry.resolve({ sensor: "hall/press-3/temperature", value: 5 });
  registry.takePending();
  registry.committed();
  const { id } = registry.find("hall/press-3/pressure")!;
  const { say, sensors, directory, restarted, entity } = deviceHouse(
    createHomeAssistant,
    { devices: [], entities: [] },
    registry,
  );
  assert.deepEqual(say("homeassistant/sensor/p3_oil/config", CONFIG, true)?.rejects, []);
  assert.deepEqual(sensors(), ["hall/press-3/pressure", "hall/press-3/temperature"]);
  const sensor = registry.find("hall/press-3/pressure")!;
  assert.deepEqual([sensor.id, sensor.unit, sensor.deviceUnit, sensor.settings.display_name], [
    id,
    "bar",
    "bar",
    "Oil",
  ]);
  assert.equal(directory.ofMachine(registry.machines.find("hall/press-3")!.id).length, 1);
  // Its readings come as before, with their own time and sequence number.
  const message = { value: 6, ts: 1_700_000_000_000, seq: 3 };
  assert.equal(say("factory/hall/press-3/pressure", message), null);
  assert.equal(restarted().say("factory/hall/press-3/pressure", message), null);
  assert.equal(entity("hall/press-3/pressure").sensor, "hall/press-3/pressure");
});

Deno.test("described: a guessed unit is not guessed any more; one that a person chose stays", () => {
  const registry = registryOf();
  registry.resolve({ sensor: "hall/press-3/oil_temp", value: 5 });
  registry.resolve({ sensor: "hall/press-3/pressure", value: 5 });
  registry.takePending();
  registry.committed();
  const [temp, pressure] = ["oil_temp", "pressure"].map((one) => registry.find(`press-3/${one}`)!);
  registry.changes.changed(pressure, { unit: "psi", review: "confirmed" });
  assert.equal(isGuessed(temp), true);
  const { say } = deviceHouse(createHomeAssistant, { devices: [], entities: [] }, registry);
  say("homeassistant/sensor/a/config", CONFIG, true);
  say("homeassistant/sensor/b/config", {
    ...CONFIG,
    ...{ uniq_id: "p3_t", unit_of_meas: "°C", stat_t: "factory/hall/press-3" },
    val_tpl: "{{ value_json.oil_temp }}",
  }, true);
  assert.deepEqual([temp.unit, isGuessed(temp)], ["°C", false]);
  assert.equal(pressure.unit, "psi");
});

Deno.test("described: a value that has to be worked out is read by its template, also from such a topic", () => {
  const { say, values, sensors } = deviceHouse(createHomeAssistant);
  say("homeassistant/sensor/c/config", {
    ...CONFIG,
    val_tpl: "{{ value_json.value * 2 }}",
  }, true);
  assert.deepEqual(sensors(), ["Press 3/Oil"]);
  assert.deepEqual(values("factory/hall/press-3/pressure", { value: 4 }), { "Press 3/Oil": 8 });
});
