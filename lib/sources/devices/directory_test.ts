import assert from "node:assert/strict";
import type { EventDraft } from "../../events/event.ts";
import { createRegistry } from "../../machines/registry.ts";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { silentLog } from "../../base/log.ts";
import type { AnnouncedDevice, AnnouncedEntity } from "./device.ts";
import { createDeviceDirectory } from "./directory.ts";
import { deviceRow, entityRow } from "./known.ts";
import type { DeviceRows } from "./store.ts";

const NOTHING = { machines: [], sensors: [], states: [], last: [] };

function setup(options: { takesNew?: boolean } = {}) {
  const clock = fakeClock();
  const registry = createRegistry({ clock, rows: NOTHING });
  const events: EventDraft[] = [];
  const directoryOf = (rows: DeviceRows) =>
    createDeviceDirectory({
      ...{ clock, registry, rows, log: silentLog() },
      takesNew: () => options.takesNew ?? true,
      event(draft) {
        events.push(draft);
        return { sql: "select 1", args: [] };
      },
    });
  const commit = () => {
    const statements = registry.takePending();
    registry.committed();
    return statements.length;
  };
  return { clock, registry, events, commit, directoryOf };
}

const nothing = (): DeviceRows => ({ devices: [], entities: [] });
const device = (uid: string, name: string, more: Partial<AnnouncedDevice> = {}) => ({
  ...{ uid, name },
  ...more,
});
const entity = (uid: string, name: string | null, more: Partial<AnnouncedEntity> = {}) =>
  ({ uid, name, kind: "number", source: {}, ...more }) as AnnouncedEntity;

Deno.test("devices: what is announced has a machine and a sensor by its names, and again writes nothing", () => {
  const { registry, directoryOf, commit } = setup();
  const directory = directoryOf(nothing());
  const say = () =>
    directory.announce("x", device("a", "Attic"), [
      entity("a1", "Temperature", { unit: "°C", decimals: 1, expireAfterMs: 30_000 }),
      entity("a2", null, { kind: "binary" }),
    ]);
  say();
  assert.deepEqual(registry.all(), []);
  assert.ok(commit() > 0);
  assert.deepEqual(registry.all().map(({ name }) => name), ["Attic/Attic", "Attic/Temperature"]);
  const { unit, settings } = registry.find("Attic/Temperature")!;
  assert.deepEqual([unit, settings.decimals, settings.expected_interval_ms], ["°C", 1, 10_000]);
  say();
  assert.equal(commit(), 0);
});

Deno.test("devices: a sensor is found by its unique id, whatever it is called; taken back, it keeps its history", () => {
  const { registry, directoryOf, commit } = setup();
  const directory = directoryOf(nothing());
  directory.announce("x", device("a", "Hall"), [entity("a1", "Temperature")]);
  directory.announce("x", device("b", "Hall"), [entity("b1", "Temperature")]);
  commit();
  assert.equal(directory.sensorOf("a1"), "Hall/Temperature");
  assert.equal(directory.sensorOf("b1"), "Hall 2/Temperature");
  directory.announce("x", device("a", "Kitchen"), [entity("a1", "Warmth")]);
  assert.equal(directory.sensorOf("a1"), "Hall/Temperature");
  assert.equal(registry.machines.find("Hall")!.name, "Kitchen");
  assert.equal(registry.find("Hall/Temperature")!.settings.display_name, "Warmth");
  registry.changes.changed(registry.find("Hall/Temperature")!, { name: "north/hall/temp" });
  assert.equal(directory.sensorOf("a1"), "north/hall/temp");
  directory.retire("a1");
  assert.equal(directory.sensorOf("a1"), null);
  assert.ok(registry.find("north/hall/temp"));
  directory.announce("x", device("a", "Kitchen"), [entity("a1", "Warmth")]);
  assert.equal(directory.sensorOf("a1"), "north/hall/temp");
});

Deno.test("devices: after a restart they are the same, and dialects get back what they announced", () => {
  const { directoryOf, commit } = setup();
  const before = directoryOf(nothing());
  before.announce("x", device("a", "Hall"), [entity("a1", "T", { source: { topic: "hall/t" } })]);
  before.announce("x", device("a", "Hall"), [entity("a2", "H"), entity("a3", "P")]);
  before.retire("a2");
  before.switched(before.entity("a3")!, false);
  commit();
  const rows = JSON.parse(JSON.stringify({
    devices: before.all().map(deviceRow),
    entities: before.all().flatMap(({ entities }) => [...entities.values()].map(entityRow)),
  }));
  const after = directoryOf(rows);
  assert.equal(after.sensorOf("a1"), "Hall/T");
  assert.equal(after.sensorOf("a2"), null);
  assert.equal(after.sensorOf("a3"), null);
  const restored: string[] = [];
  after.restore({
    ...{ name: "x", title: "X", filters: [], decode: () => null },
    restore: ({ uid }, entities) =>
      void restored.push(uid, ...entities.map(({ uid, source }) => `${uid} ${source.topic}`)),
  });
  assert.deepEqual(restored, ["a", "a1 hall/t", "a3 undefined"]);
  after.announce("x", device("a", "Hall"), [entity("a1", "T", { source: { topic: "hall/t" } })]);
  assert.equal(commit(), 0);
});

Deno.test("devices: of two with one unique id the first keeps it, and one event names both", () => {
  const { directoryOf, events } = setup();
  const directory = directoryOf(nothing());
  directory.announce("x", device("a", "Press 1"), [entity("same", "T")]);
  for (let i = 0; i < 3; i++) {
    directory.announce("x", device("b", "Press 2"), [entity("same", "T")]);
  }
  assert.equal(directory.sensorOf("same"), "Press 1/T");
  assert.equal(events.length, 1);
  assert.match(events[0].text, /Press 1 and Press 2 both say that they are same/);
  for (let i = 0; i < 100; i++) {
    directory.announce("x", device(`c${i}`, `Press ${i}`), [entity("same", "T")]);
  }
  assert.equal(events.length, 10, "a flood makes no flood of events");
  assert.equal(directory.notes("x").get("two devices with one unique id"), 103);
});

Deno.test("devices: one that is announced disabled has no sensor until somebody switches it on", () => {
  const { directoryOf, registry, commit } = setup();
  const directory = directoryOf(nothing());
  directory.announce("x", device("a", "Plug"), [entity("a1", "Uptime", { enabled: false })]);
  commit();
  assert.deepEqual([directory.sensorOf("a1"), registry.all().length], [null, 0]);
  directory.switched(directory.entity("a1")!, true);
  commit();
  assert.equal(directory.sensorOf("a1"), "Plug/Uptime");
});

Deno.test("devices: names that could not stand in a path are made harmless", () => {
  const { directoryOf } = setup();
  const directory = directoryOf(nothing());
  const named = (uid: string, name: string, area?: string) => {
    directory.announce("x", device(uid, name, { area }), [entity(`${uid}1`, "a/b+c\u0000")]);
    return directory.sensorOf(`${uid}1`);
  };
  assert.equal(named("a", "upstairs/hall", "First floor"), "First floor/upstairs_hall/a_b_c_");
  assert.equal(named("b", "  "), "b/a_b_c_");
  assert.equal(named("c", ".."), "c/a_b_c_");
  assert.equal(named("d", "x".repeat(500))!.length, 120 + "/a_b_c_".length);
});

Deno.test("devices: a closed site takes none; availability is of the device or of one entity", () => {
  const closed = setup({ takesNew: false }).directoryOf(nothing());
  closed.announce("x", device("a", "Hall"), [entity("a1", "T")]);
  assert.equal(closed.sensorOf("a1"), null);
  const { directoryOf, registry, commit } = setup();
  const directory = directoryOf(nothing());
  directory.announce("x", device("a", "Hall"), [entity("a1", "T"), entity("a2", "H")]);
  commit();
  const said = () => registry.all().map((sensor) => directory.said(sensor));
  assert.deepEqual(said(), ["normal", "normal"]);
  registry.seen(registry.find("Hall/H")!.num, 1, 1, 1);
  directory.setAvailable("a1", false);
  assert.deepEqual(said(), [null, "offline"]);
  directory.setAvailable("a", false);
  assert.deepEqual(said(), ["offline", "offline"]);
  directory.setAvailable("a", true);
  directory.setAvailable("a1", true);
  assert.deepEqual(said(), [null, "normal"]);
});

Deno.test("devices: two dialects may speak of one device; each gets back what it announced", () => {
  const { directoryOf, commit, registry } = setup();
  const before = directoryOf(nothing());
  before.announce("x", device("mac:1", "Plug"), [entity("x1", "Power")]);
  for (let i = 0; i < 2; i++) {
    before.announce("y", device("mac:1", "plug-1"), [entity("y1", "Energy")]);
    if (i === 0) commit();
  }
  assert.equal(commit(), 0);
  assert.equal(registry.machines.find("Plug")!.name, null);
  const after = directoryOf(JSON.parse(JSON.stringify({
    devices: before.all().map(deviceRow),
    entities: before.all().flatMap(({ entities }) => [...entities.values()].map(entityRow)),
  })));
  const given = (name: string) => {
    const uids: string[] = [];
    after.restore({
      ...{ name, title: name, filters: [], decode: () => null },
      restore: ({ uid }, entities) => void uids.push(uid, ...entities.map(({ uid }) => uid)),
    });
    return uids;
  };
  assert.deepEqual([given("x"), given("y"), given("z")], [["mac:1", "x1"], ["mac:1", "y1"], []]);
});
