import assert from "node:assert/strict";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { haveCommands } from "../../tests/support/commands.ts";
import { until } from "../../tests/support/until.ts";
import { createSimCamera } from "./camera.ts";

const SOON_MS = 600;

async function snapshot(url: string): Promise<Uint8Array> {
  const response = await fetch(`${url}/snapshot.jpg`, { signal: AbortSignal.timeout(SOON_MS) });
  assert.equal(response.status, 200);
  return await response.bytes();
}

Deno.test({
  name: "the camera of the plant moves, freezes, turns black, hangs, is off, and is well again",
  ignore: !haveCommands({ ffmpeg: "ffmpeg" }),
}, async () => {
  const camera = createSimCamera({ clock: systemClock(), log: silentLog() });
  const port = await camera.start();
  const url = `http://127.0.0.1:${port}`;
  const another = (than: Uint8Array) =>
    until("another picture", async () => {
      const picture = await snapshot(url).catch(() => null);
      return picture === null || same(picture, than) ? null : picture;
    });
  try {
    const first = await snapshot(url);
    assert.deepEqual([...first.subarray(0, 2)], [0xff, 0xd8]);
    const moving = await another(first);

    camera.play("freeze");
    const frozen = await snapshot(url);
    // Pictures go on coming, the same.
    assert.equal(new Set(await parts(`${url}/stream`, 3)).size, 1);
    assert.ok(same(await snapshot(url), frozen));

    camera.play("black");
    assert.ok((await another(frozen)).length < moving.length / 4);

    camera.play("half-open");
    await assert.rejects(snapshot(url), { name: "TimeoutError" });

    camera.play("stop");
    await until("a closed port", () => snapshot(url).then(() => null, isRefused), 3000);
    camera.play("well");
    await another(frozen);
    assert.equal(await camera.start(), port, "started twice");
  } finally {
    await camera.stop();
  }
  await assert.rejects(snapshot(url), TypeError);
});

const same = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((x, i) => x === b[i]);
const isRefused = ({ cause }: Error) => /refused/.test(String(cause)) ? true : null;

/** The lengths of some parts of a stream. */
async function parts(url: string, count: number): Promise<string[]> {
  const response = await fetch(url);
  assert.match(
    response.headers.get("content-type")!,
    /^multipart\/x-mixed-replace; *boundary=frame/,
  );
  let text = "";
  for await (const chunk of response.body!) {
    text += new TextDecoder("latin1").decode(chunk);
    const lengths = [...text.matchAll(/--frame\r\nContent-Type: image\/jpeg\r\n(.+)\r\n/g)];
    if (lengths.length === count) return lengths.map(([, length]) => length);
  }
  throw new Error("the stream ended");
}
