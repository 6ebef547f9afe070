import assert from "node:assert/strict";
import { cameraSettingsSchema } from "../cameras/camera.ts";
import { type CameraView, idleHealth } from "../cameras/camera_view.ts";
import { imageCameras } from "./camera_images.ts";

Deno.test("imageCameras: one whose secrets cannot be read keeps its pictures as its settings say", () => {
  const view: CameraView = {
    ...{ id: "4fk2", name: "Door", kind: "rtsp", options: {}, machine: "hall/press" },
    ...{ allowed: null, enabled: true, createdMs: 0, fault: "Its secrets cannot be read." },
    ...{ text: "", frameMs: null, health: idleHealth("lost", 0, null) },
    settings: cameraSettingsSchema.parse({ keep_days: 365 }),
  };
  const [camera, ...more] = imageCameras({
    all: () => [view],
    cameraOf: () => null,
    runnerOf: () => null,
  });
  assert.deepEqual(more, []);
  const { id, capture, settings: { keep_days } } = camera;
  assert.deepEqual({ id, capture, keep_days }, { id: "4fk2", capture: null, keep_days: 365 });
});
