import assert from "node:assert/strict";
import { cameraSentence, oldAfterMs, oldPictureWords } from "./camera.ts";

Deno.test("camera words: what lasts says for how long", () => {
  assert.equal(cameraSentence("Dock", "lost", 0, 180_000), "Dock has given no picture for 3 min");
  assert.equal(cameraSentence("Dock", "live", 0, 180_000), "Dock gives pictures");
  assert.equal(cameraSentence("Dock", "black", 5_000, 4_000), "Dock has been black for 1 s");
});

Deno.test("camera words: a picture is old after three times its usual gap", () => {
  assert.equal(oldAfterMs(10), 3_000);
  assert.equal(oldAfterMs(0.5), 6_000);
  assert.equal(oldAfterMs(0), 3_000);
  assert.equal(
    oldPictureWords(12_000, "camera"),
    "The picture is 12 s old: the camera gives none any more.",
  );
});
