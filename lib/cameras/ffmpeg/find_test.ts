import assert from "node:assert/strict";
import { fakeProgram } from "../../../tests/support/cameras/feeds.ts";
import { createFfmpegFinder, judgeFfmpeg } from "./find.ts";

const ANSWERS: [string, number, string][] = [
  ["ffmpeg version 4.1.11-0+deb10u1 Copyright", 4, "4.1.11"],
  ["ffmpeg version 5.1.9-0+deb12u1 Copyright", 5, "5.1.9"],
  ["ffmpeg version n7.1 Copyright", 7, "7.1"],
  ["ffmpeg version 8.0 Copyright", 8, "8.0"],
  ["ffmpeg version N-109542-gcfa1f5d Copyright\nlibavutil      58.  2.100", 6, "N-109542-gcfa1f5d"],
];

Deno.test("ffmpeg: versions 4 to 8 are good, also builds without a version", () => {
  for (const [answer, version, text] of ANSWERS) {
    assert.deepEqual(judgeFfmpeg(answer), { ffmpeg: { version, text } });
  }
});

Deno.test("ffmpeg: missing, too old, too new and unknown each say what to do", () => {
  for (
    const [answer, sentence] of [
      [null, /apt install ffmpeg\), then restart Perch/],
      ["ffmpeg version 3.4.8 Copyright", /3\.4\.8 is too old: Perch works with 4 to 8/],
      ["ffmpeg version 9.0 Copyright", /9\.0 is newer .* Update Perch/],
      ["ffmpeg version git-2011 Copyright", /too old/],
      ["hello", /does not say its version/],
    ] as const
  ) {
    const found = judgeFfmpeg(answer);
    assert.match("problem" in found ? found.problem : "good", sentence);
  }
});

Deno.test("ffmpeg is asked once, and what is not there is a sentence", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const count = `echo x >> ${folder}/asked; echo ffmpeg version 6.1 Copyright`;
    const find = createFfmpegFinder(await fakeProgram(folder, "ffmpeg", count));
    assert.deepEqual(await find(), { ffmpeg: { version: 6, text: "6.1" } });
    await find();
    assert.equal(await Deno.readTextFile(`${folder}/asked`), "x\n");
    assert.ok("problem" in await createFfmpegFinder(`${folder}/none`)());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
