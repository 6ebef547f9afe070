import assert from "node:assert/strict";
import { oldAfterMs, oldPictureWords } from "./cameras.ts";

Deno.test("camera words: a picture is old after three times its usual gap", () => {
  assert.equal(oldAfterMs(10), 3_000);
  assert.equal(oldAfterMs(0.5), 6_000);
  assert.equal(oldAfterMs(0), 3_000);
  assert.equal(
    oldPictureWords(12_000, "camera"),
    "The picture is 12 s old: the camera gives none any more.",
  );
});
