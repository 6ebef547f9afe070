import assert from "node:assert/strict";
import { createFakeCapture } from "../../tests/support/cameras/fake_capture.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { silentLog } from "../base/log.ts";
import { type Camera, cameraSettingsSchema } from "./camera.ts";
import { createKeepRunning } from "./keep_running.ts";
import { createRunner } from "./runner.ts";

Deno.test("keepRunning: a runner that ends by itself is started again soon", async () => {
  const clock = fakeClock();
  const camera: Camera = {
    ...{ id: "4fk2", name: "Door", kind: "rtsp", options: {}, machineId: null, allowed: null },
    ...{ enabled: true, settings: cameraSettingsSchema.parse({}) },
  };
  let made = 0;
  const captures: ReturnType<typeof createFakeCapture>[] = [];
  const running = createKeepRunning({
    clock,
    log: silentLog(),
    wanted: () => [camera],
    create() {
      const isFirst = ++made === 1;
      const capture = createFakeCapture(clock);
      captures.push(capture);
      return Promise.resolve(createRunner({
        ...{ camera, capture, clock, log: silentLog(), append: () => Promise.resolve() },
        outgoing: { fetch: () => Promise.reject(new Error("nobody is called")) },
        switchOutput: () => Promise.reject(new Error("nothing is switched")),
        lastResort: { get: () => Promise.resolve(null), set: () => Promise.resolve() },
        onHealth({ state }) {
          if (isFirst && state === "live") throw new Error("it broke");
        },
      }));
    },
  });
  const stop = new AbortController();
  const over = running.task.run(stop.signal).catch(() => {});
  await clock.advance(4_000);
  assert.equal(made, 1);
  assert.equal(running.runnerOf(camera.id), null);
  assert.equal(running.troubleOf(camera.id), "it broke");
  await clock.advance(10_000);
  assert.equal(made, 2);
  assert.equal(running.troubleOf(camera.id), null);
  assert.deepEqual(captures.map((one) => one.running()), [0, 1]);
  stop.abort();
  await over;
});
