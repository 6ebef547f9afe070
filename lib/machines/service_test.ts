import assert from "node:assert/strict";
import { openTestDatabase } from "../../tests/support/database.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import type { Database } from "../db/client.ts";
import { createRegistry, type Registry } from "./registry.ts";
import type { Sensor } from "./sensor.ts";
import { createMachinesService, type MachinesService } from "./service.ts";
import { loadRegistry } from "./store.ts";

interface World {
  db: Database;
  registry: Registry;
  service: MachinesService;
  /** Called with each transaction before it is written. */
  beforeWrite: (run: () => void) => void;
  /** Called after each change of a sensor. */
  onSensor: (run: (sensor: Sensor) => void) => void;
  /** Writes what the registry owes, as a group of readings would. */
  commit: () => Promise<void>;
}

const audit = () => ({ sql: "select 1" });

function withService(run: (world: World) => Promise<void>): () => Promise<void> {
  return async () => {
    const dir = await Deno.makeTempDir({ prefix: "perch-service-" });
    const db = await openTestDatabase(dir);
    const clock = fakeClock();
    const registry = createRegistry({ clock, rows: { ...await loadRegistry(db), last: [] } });
    let before = () => {};
    let changed = (_: Sensor) => {};
    const service = createMachinesService({
      db: {
        ...db,
        async write(statements) {
          before();
          return await db.write(statements);
        },
      },
      clock,
      registry,
      windows: [],
      limitFaults: () => [],
      onSensor: (sensor) => changed(sensor),
    });
    try {
      await run({
        db,
        registry,
        service,
        beforeWrite: (run) => before = run,
        onSensor: (run) => changed = run,
        async commit() {
          await db.write(registry.takePending());
          registry.committed();
        },
      });
    } finally {
      await db.close();
      await Deno.remove(dir, { recursive: true });
    }
  };
}

/** Sensors in memory by number, and in the database. */
async function both({ db, registry }: World, nums: readonly number[]) {
  const rows = new Map((await loadRegistry(db)).sensors.map(({ num, name }) => [num, name]));
  return nums.map((num) => [registry.byNum(num)?.name, rows.get(num)]);
}

Deno.test(
  "a sensor that is renamed to a new machine: one transaction, and whoever hears of it finds the machine",
  withService(async (world) => {
    const { service, registry } = world;
    const sensor = await service.addSensor({ name: "hall/press/a" }, audit);
    let writes = 0;
    world.beforeWrite(() => writes++);
    let found: string | undefined;
    world.onSensor(({ machine }) => found = registry.machines.find(machine)?.path);
    await service.patchSensor(sensor.id, { name: "hall/mixer/a" }, audit);
    assert.equal(writes, 1);
    assert.equal(found, "hall/mixer");
    const { machines } = await loadRegistry(world.db);
    assert.ok(machines.some(({ path }) => path === "hall/mixer"));
    assert.deepEqual(await both(world, [sensor.num]), [["hall/mixer/a", "hall/mixer/a"]]);
  }),
);

Deno.test(
  "readings that come under a new name while it is being written are the sensor's",
  withService(async (world) => {
    const { service, registry } = world;
    const sensor = await service.addSensor({ name: "hall/press/a" }, audit);
    const other = await service.addSensor({ name: "hall/mixer/b" }, audit);
    const nums: number[] = [];
    const arrives = (name: string) => {
      const resolved = registry.resolve({ sensor: name, value: 1 });
      assert.ok(resolved.ok);
      nums.push(resolved.sensor.num);
    };
    world.beforeWrite(() => arrives("hall/press/renamed"));
    await service.patchSensor(sensor.id, { name: "hall/press/renamed" }, audit);
    await service.addMachine({ path: "hall/mixer" }, audit).catch(() => {});
    world.beforeWrite(() => arrives("yard/mixer/b"));
    await service.patchMachine("hall/mixer", { path: "yard/mixer" }, audit);
    await world.commit();
    assert.deepEqual(nums, [sensor.num, other.num]);
    assert.deepEqual(await both(world, nums), [
      ["hall/press/renamed", "hall/press/renamed"],
      ["yard/mixer/b", "yard/mixer/b"],
    ]);
  }),
);

Deno.test(
  "a new name that cannot be written changes nothing in memory",
  withService(async (world) => {
    const { service, registry } = world;
    const sensor = await service.addSensor({ name: "hall/press/a" }, audit);
    let heard = 0;
    world.onSensor(() => heard++);
    world.beforeWrite(() => {
      throw new Error("the disk is full");
    });
    await assert.rejects(service.patchSensor(sensor.id, { name: "hall/mixer/a" }, audit), /full/);
    assert.equal(heard, 0);
    assert.equal(sensor.name, "hall/press/a");
    assert.equal(registry.find("hall/mixer/a"), undefined);
    assert.equal(registry.machines.find("hall/mixer"), undefined);
    const next = registry.resolve({ sensor: "hall/mixer/a", value: 1 });
    assert.ok(next.ok && next.sensor !== sensor);
    await world.commit();
    assert.deepEqual(await both(world, [sensor.num, next.sensor.num]), [
      ["hall/press/a", "hall/press/a"],
      ["hall/mixer/a", "hall/mixer/a"],
    ]);
  }),
);
