import assert from "node:assert/strict";
import { openTestDatabase } from "../../tests/support/database.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { silentLog } from "../base/log.ts";
import { plantSensors } from "../machines/host_machine.ts";
import { createRegistry } from "../machines/registry.ts";
import { createMachinesService } from "../machines/service.ts";
import { loadRegistry } from "../machines/store.ts";
import type { Draft } from "../readings/reading.ts";
import { createCameraSensors } from "./camera_sensors.ts";
import { idleHealth } from "./camera_view.ts";
import type { CameraHealth } from "./health/shape.ts";
import { createCameraReadings } from "./readings.ts";

const DOOR = { id: "0123456789ab", name: "Door" };
const GATE = { id: "ba9876543210", name: "Gate 2/west" };
const GOOD: CameraHealth = {
  ...idleHealth("live", 0, null),
  ...{ fps: 5, frameAgeMs: 200, brightness: 100, reconnectsPerHour: 1 },
};
const audit = () => ({ sql: "select 1" });

Deno.test("camera readings: one of each a minute in one commit, and at once when the state changes", async () => {
  const clock = fakeClock();
  const offered: (readonly Draft[])[] = [];
  const readings = createCameraReadings({
    clock,
    log: silentLog(),
    sensors: {
      find: ({ name: camera }, name) => ({ name: `cameras/${camera}/${name}` }) as never,
      make: () => Promise.resolve(),
    },
    offer: (drafts) => Promise.resolve(offered.push(drafts)),
  });
  const see = async (seconds: number, door: Partial<CameraHealth>) => {
    for (let s = 0; s < seconds; s++) {
      readings.see(DOOR, { ...GOOD, ...door });
      readings.see(GATE, GOOD);
      await clock.advance(1_000);
    }
  };
  await see(30, {});
  await see(30, { fps: 3 });
  assert.equal(offered.length, 0);
  await see(1, {});
  assert.equal(offered.length, 1, "of both cameras at once");
  const of = (drafts: readonly Draft[]) => drafts.map(({ sensor, value }) => [sensor, value]);
  assert.deepEqual(of(offered[0]).slice(0, 4), [
    ["cameras/Door/fps", 4],
    ["cameras/Door/frame_age", 0.2],
    ["cameras/Door/brightness", 100],
    ["cameras/Door/reconnects", 1],
  ]);
  assert.equal(offered[0].length, 8);
  const lost = { state: "lost", fps: 0, frameAgeMs: 12_000, brightness: null } as const;
  await see(1, lost);
  assert.deepEqual(of(offered[1]), [
    ["cameras/Door/fps", 0],
    ["cameras/Door/frame_age", 12],
    ["cameras/Door/reconnects", 1],
  ], "the camera that changed alone, as it is now");
  for (let i = 0; i < 25; i++) await see(1, i % 2 === 0 ? {} : lost);
  assert.ok(offered.length <= 4, `no storm of readings: ${offered.length}`);
});

Deno.test("camera readings: its machine is made once, stays as people have it, and is no part of the plant", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-camera-readings-" });
  const db = await openTestDatabase(folder);
  const clock = fakeClock();
  const registry = createRegistry({ clock, rows: { ...await loadRegistry(db), last: [] } });
  const common = { db, clock, registry, windows: [], limitFaults: () => [] };
  const service = createMachinesService(common);
  const sensors = createCameraSensors({ registry, service, audited: audit, log: silentLog() });
  try {
    await service.addMachine({ path: "cameras/Gate 2-west" }, audit);
    for (const camera of [DOOR, GATE, DOOR]) await sensors.make(camera);
    assert.equal(sensors.find(DOOR, "fps")?.name, "cameras/Door/fps");
    assert.equal(sensors.find(GATE, "fps")?.name, `cameras/${GATE.id}/fps`, "its name is taken");
    assert.equal(registry.machines.find("cameras/Door")?.name, "Door");
    assert.equal(registry.all().length, 8);
    assert.deepEqual(plantSensors(registry, registry.machines).all(), []);
    assert.equal(plantSensors(registry, registry.machines).byNum(registry.all()[0].num), undefined);
    await service.patchMachine("cameras/Door", { path: "hall/door camera" }, audit);
    await service.patchSensor(sensors.find(DOOR, "brightness")!.id, {
      name: "hall/door camera/light",
    }, audit);
    await service.removeSensor(sensors.find(DOOR, "reconnects")!.id, audit);
    await sensors.make({ ...DOOR, name: "Back door" });
    assert.equal(sensors.find(DOOR, "fps")?.name, "hall/door camera/fps");
    assert.equal(sensors.find(DOOR, "brightness")?.sensor, "light");
    assert.equal(sensors.find(DOOR, "reconnects"), null);
    assert.equal(plantSensors(registry, registry.machines).all().length, 0);
    await service.removeMachine("hall/door camera", audit);
    await sensors.make(DOOR);
    assert.equal(sensors.find(DOOR, "fps"), null);
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
});
