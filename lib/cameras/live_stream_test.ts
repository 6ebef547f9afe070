import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { createLivePieces, createLiveStream, LIVE_LIMITS } from "./live_stream.ts";
import type { Frame, Viewer } from "./picture.ts";

const HEAD = "--perch-picture\r\nContent-Type: image/jpeg\r\n\r\n";

/** A viewer that is handed pictures by hand. */
function setup(oldestMs = LIVE_LIMITS.oldestMs) {
  const clock = fakeClock();
  const waiting: ((frame: Frame | null) => void)[] = [];
  let closed = 0, over = 0;
  const viewer: Viewer = {
    next: () => new Promise((resolve) => waiting.push(resolve)),
    close: () => void closed++,
  };
  const limits = { ...LIVE_LIMITS, oldestMs };
  const pieceOf = createLivePieces();
  const live = createLiveStream({ clock, viewer, pieceOf, onOver: () => void over++, limits });
  const show = async (text: string | null) => {
    while (waiting.length === 0) await new Promise((r) => setTimeout(r, 0));
    const jpeg = new TextEncoder().encode(text ?? "");
    waiting.shift()!(text === null ? null : { jpeg, tMs: 0, atMs: 0, sequence: 1 });
  };
  return { clock, live, show, count: () => [closed, over] };
}

async function texts(reader: ReadableStreamDefaultReader<Uint8Array>, n: number) {
  let text = "";
  for (let i = 0; i < n; i++) text += new TextDecoder().decode((await reader.read()).value);
  return text;
}

Deno.test("createLiveStream: boundary and headers of the next part follow each picture at once", async () => {
  const { live, show, count } = setup();
  const reader = live.body.getReader();
  assert.equal(await texts(reader, 1), HEAD);
  const [text] = await Promise.all([texts(reader, 1), show("A")]);
  assert.equal(text, `A\r\n${HEAD}`);
  const [last] = await Promise.all([reader.read(), show(null)]);
  assert.equal(last.done, true);
  assert.deepEqual(count(), [1, 1]);
});

Deno.test("createLiveStream: who takes nothing for 10 s is dropped", async () => {
  const { live, show, clock, count } = setup();
  const reader = live.body.getReader();
  await texts(reader, 1);
  await show("A");
  await clock.advance(9_000);
  assert.deepEqual(count(), [0, 0]);
  await clock.advance(2_000);
  await assert.rejects(reader.read().then(() => reader.read()), /nobody takes/);
  assert.deepEqual(count(), [1, 1]);
});

Deno.test("createLiveStream: without a picture it ends after a minute, with them once it is old", async () => {
  const quiet = setup();
  const dead = quiet.live.body.getReader();
  await texts(dead, 1);
  await quiet.clock.advance(61_000);
  assert.equal((await dead.read()).done, true);

  const { live, show, clock, count } = setup(120_000);
  const reader = live.body.getReader();
  await texts(reader, 1);
  for (let s = 0; s < 120; s += 30) {
    await Promise.all([texts(reader, 1), show("A")]);
    await clock.advance(30_000);
  }
  assert.equal((await reader.read()).done, true);
  assert.deepEqual(count(), [1, 1]);
});

Deno.test("createLiveStream: a reader that leaves closes its viewer", async () => {
  const { live, count } = setup();
  await live.body.cancel();
  live.end();
  assert.deepEqual(count(), [1, 1]);
});

Deno.test("createLivePieces: all viewers of a picture share its bytes", () => {
  const pieceOf = createLivePieces();
  const [a, b] = [new Uint8Array([1]), new Uint8Array([1])];
  assert.equal(pieceOf(a), pieceOf(a));
  assert.notEqual(pieceOf(a), pieceOf(b));
});
