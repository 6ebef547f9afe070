import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { createRegistry, type RegistryOptions } from "./registry.ts";
import { shownNow } from "./words.ts";
import { shownValue } from "./sensor.ts";

function setup(options: RegistryOptions = {}) {
  const clock = fakeClock();
  const registry = createRegistry({
    clock,
    rows: { machines: [], sensors: [], states: [], last: [] },
    options,
  });
  const add = (sensor: string, value: number | boolean | string, unit?: string) => {
    const resolved = registry.resolve({ sensor, value, unit });
    registry.takePending();
    registry.committed();
    return resolved;
  };
  return { clock, registry, add };
}

Deno.test("registry gives a sensor the same id whatever arrived before it", () => {
  const one = setup();
  one.add("a/m/x", 1);
  one.add("a/m/y", 1);
  const other = setup();
  other.add("a/m/y", 1);
  assert.equal(one.registry.find("a/m/y")!.id, other.registry.find("a/m/y")!.id);
  assert.notEqual(one.registry.find("a/m/x")!.id, one.registry.find("a/m/y")!.id);
});

Deno.test("registry finds machine/sensor where it is unambiguous", () => {
  const { registry, add } = setup();
  add("north/press/temp", 1);
  assert.equal(registry.find("press/temp")!.name, "north/press/temp");
  add("south/press/temp", 1);
  assert.equal(registry.find("press/temp"), undefined);
  assert.equal(registry.find("south/press/temp")!.name, "south/press/temp");
});

Deno.test("registry turns on/off into 0/1 and texts into codes of their sensor", () => {
  const { registry, add } = setup();
  assert.deepEqual(add("a/door", true), { ok: true, sensor: registry.find("a/door"), value: 1 });
  const idle = add("a/mode", "idle");
  const running = add("a/mode", "running");
  const again = add("a/mode", "idle");
  assert.ok(idle.ok && running.ok && again.ok);
  assert.deepEqual([idle.value, running.value, again.value], [0, 1, 0]);
  assert.deepEqual(registry.find("a/mode")!.states, ["idle", "running"]);
});

Deno.test("registry takes a word of a sensor that reports numbers for no value", () => {
  const { add, registry } = setup();
  add("a/temp", 20);
  const resolved = add("a/temp", "unavailable");
  assert.ok(!resolved.ok);
  assert.equal(resolved.code, "no_value");
  assert.equal(registry.find("a/temp")!.latestWord?.text, "unavailable");
});

Deno.test("registry caps new sensors per hour", async () => {
  const { clock, registry, add } = setup({ newPerHour: () => 2 });
  add("a/one", "x");
  add("a/two", 1);
  const third = add("a/three", 1);
  assert.ok(!third.ok && third.code === "sensor_cap");
  assert.equal(registry.refusedNew(), 1);
  await clock.advance(3_600_000);
  assert.equal(registry.newLeft(), 2);
  assert.equal(registry.refusedNew(), 0);
  assert.ok(add("a/three", 1).ok);
});

Deno.test("registry refuses unknown sensors on a closed site", () => {
  const resolved = setup({ autoRegister: () => false }).add("a/b", 1);
  assert.ok(!resolved.ok && resolved.code === "unknown_sensor");
});

Deno.test("registry refuses names with control characters, wildcards or one level", () => {
  for (
    const name of ["temp", "a//b", "a/b\u0000", "a/+", "a/#", "a/" + "x".repeat(200), "a/\u202eb"]
  ) {
    const resolved = setup().add(name, 1);
    assert.ok(!resolved.ok && resolved.code === "bad_name", name);
  }
});

/** Resolves words as a dialect hands them on, and shows what the API would. */
function shownOf(setup_: ReturnType<typeof setup>, name: string, words: string[]) {
  const shown = words.map((word) => {
    const on = /^(?:on|open|true)$/i.test(word), off = /^(?:off|closed|false)$/i.test(word);
    const draft = on || off ? { value: on, word } : { value: word };
    const resolved = setup_.registry.resolve({ sensor: name, ...draft });
    setup_.registry.takePending();
    setup_.registry.committed();
    return resolved.ok ? resolved.value : null;
  });
  const sensor = setup_.registry.find(name)!;
  return { sensor, shown: shown.map((value) => value === null ? null : shownValue(sensor, value)) };
}

Deno.test("registry: a third word turns on/off into the words as they were sent", () => {
  const cases = [
    ["closed", "opening", "open", "closing", "closed"],
    ["opening", "open", "closing", "closed"],
    ["heat", "off", "cool"],
    ["off", "heat", "on"],
    ["ON", "OFF", "UNKNOWN", "ON"],
    ["Closed", "ajar", "Open"],
    ["on", "12:30"],
  ];
  for (const words of cases) {
    const { sensor, shown } = shownOf(setup(), "a/gate", words);
    assert.deepEqual([sensor.kind, shown], ["text", words]);
  }
  const door = shownOf(setup(), "a/door", ["open", "closed", "open"]);
  assert.deepEqual([door.sensor.kind, door.shown], ["binary", [1, 0, 1]]);
});

Deno.test("registry: none and unknown are no value until a sensor says words", () => {
  const t = setup();
  assert.deepEqual(t.registry.resolve({ sensor: "a/x", value: "unknown" }).ok, false);
  assert.equal(t.registry.find("a/x"), undefined);
  const { shown } = shownOf(t, "a/fault", ["overheated", "none"]);
  assert.deepEqual(shown, ["overheated", "none"]);
});

Deno.test("registry: of ever-changing texts the latest is shown, the kept ones are bounded, and that is reported once", () => {
  const published: string[] = [];
  const news = ({ what }: { what: string }) => {
    published.push(what);
    return [];
  };
  const { registry, add } = setup({ statesPerSensor: 3, news });
  const values = ["a", "b", "c", "d", "e", "b", "f"].map((text) => {
    const resolved = add("a/uptime", text);
    assert.ok(resolved.ok);
    return resolved.value;
  });
  assert.deepEqual(values, [0, 1, 2, 3, 3, 1, 3]);
  const sensor = registry.find("a/uptime")!;
  assert.deepEqual([shownNow(sensor, 3), shownNow(sensor, 1)], ["f", "b"]);
  assert.equal(sensor.states.length, 4);
  assert.deepEqual(published, ["many_texts"]);
});

Deno.test("registry tells names apart that become the same", () => {
  const { registry } = setup();
  const ok = (sensor: string, spelled?: string) =>
    registry.resolve({ sensor, spelled, value: 1 }).ok;
  assert.ok(ok("m/C__", "m/C++") && ok("m/C__", "m/C++"));
  const other = registry.resolve({ sensor: "m/C__", spelled: "m/C##", value: 1 });
  assert.ok(!other.ok && other.code === "bad_name" && /C##.*C\+\+/.test(other.message));
  assert.ok(!ok("m/C__"));
  assert.ok(ok("m/a_b") && !ok("m/a_b", "m/a+b"));
});

Deno.test("registry keeps another unit apart and asks once; spellings of one unit are none", () => {
  const published: unknown[] = [];
  const { registry, add } = setup({
    news: (news) => {
      published.push(news.what === "unit_changed" && [news.unit, news.before]);
      return [];
    },
  });
  add("j/temp", 20, "°C");
  for (const unit of ["C", "degC", "°C"]) add("j/temp", 21, unit);
  add("j/temp", 68, "°F");
  add("j/temp", 69, "F");
  const temp = registry.find("j/temp")!;
  const apart = registry.find("j/temp (°F)")!;
  assert.deepEqual([temp.unit, apart.unit], ["°C", "°F"]);
  assert.deepEqual(temp.otherUnits.map(({ unit, choice, sensor }) => [unit, choice, sensor]), [
    ["°F", "asked", apart.id],
  ]);
  assert.deepEqual(published, [["°F", "°C"]]);
  const back = add("j/temp", 22, "°C");
  assert.ok(back.ok && back.sensor === temp);
});
