import assert from "node:assert/strict";
import { cameraPictures } from "../../../tests/support/cameras/camera_pictures.ts";
import { systemClock } from "../../base/clock.ts";
import { jpegSize } from "./jpeg.ts";
import { shrinkJpeg } from "./shrink.ts";

Deno.test("shrink: a picture in fewer bytes, never wider; of what is none nothing is made", async () => {
  const clock = systemClock();
  const { moving, huge } = await cameraPictures();
  const made = await shrinkJpeg(new Uint8Array(moving[0]), { clock });
  assert.deepEqual(jpegSize(made!), { width: 320, height: 240 });
  assert.ok(made!.length < moving[0].length);
  for (const other of [new Uint8Array(1_000_000), new Uint8Array(huge)]) {
    const small = await shrinkJpeg(other, { clock });
    assert.ok(small === null || jpegSize(small)!.width <= 960);
  }
});
