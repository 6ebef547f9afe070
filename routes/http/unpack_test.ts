import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { Hono } from "hono";
import { PerchError } from "../../lib/base/errors.ts";
import { problemResponse } from "./problem.ts";
import { unpack } from "./unpack.ts";

const LIMIT = 100_000;

const app = new Hono();
app.post("/", async (c) => c.body(await unpack(c.req.raw, LIMIT)));
app.onError((error) => {
  if (error instanceof PerchError) return problemResponse(error);
  throw error;
});

const send = (body?: BodyInit) => app.request("/", { method: "POST", body });

Deno.test("unpack gives the bytes that were packed, however they arrive", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(6_000));
  const packed = new Uint8Array(gzipSync(bytes));
  const whole = await send(packed);
  assert.deepEqual(new Uint8Array(await whole.arrayBuffer()), bytes);
  const single = ReadableStream.from(Array.from(packed.subarray(), (byte) => Uint8Array.of(byte)));
  assert.deepEqual(new Uint8Array(await (await send(single)).arrayBuffer()), bytes);
  assert.equal((await (await send(new Uint8Array(gzipSync("")))).arrayBuffer()).byteLength, 0);
  const exact = await send(new Uint8Array(gzipSync(new Uint8Array(LIMIT))));
  assert.equal((await exact.arrayBuffer()).byteLength, LIMIT);
});

Deno.test("unpack stops a bomb after the allowed bytes, long before its end", async () => {
  const bomb = new Uint8Array(gzipSync(new Uint8Array(50_000_000)));
  assert.ok(bomb.length < LIMIT, "it is small on the wire");
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = bomb.subarray(sent, sent + 512);
      sent += piece.length;
      if (piece.length === 0) controller.close();
      else controller.enqueue(piece);
    },
  }, { highWaterMark: 0 });
  const answer = await send(body);
  assert.equal(answer.status, 413);
  assert.match((await answer.json()).detail, /unpacks to more than the 100000 bytes allowed here/);
  assert.ok(sent < bomb.length / 4, `${sent} of ${bomb.length} bytes were read`);
});

Deno.test("unpack refuses what is not gzip, is cut short, or is nothing", async () => {
  const packed = new Uint8Array(gzipSync("some text that is long enough to be cut"));
  const damaged = packed.slice();
  damaged[damaged.length - 6] ^= 0xff;
  for (const body of ["plain text", packed.slice(0, -9), packed.slice(0, 5), damaged, undefined]) {
    const answer = await send(body);
    assert.equal(answer.status, 400);
    const problem = await answer.json();
    assert.equal(problem.code, "bad_request");
    assert.match(problem.detail, /not valid gzip/);
  }
});
