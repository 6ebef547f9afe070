import assert from "node:assert/strict";
import { Hono } from "hono";
import { PerchError } from "../../lib/base/errors.ts";
import { limitBody, readJson, withinTime } from "./body.ts";
import { problemResponse } from "./problem.ts";

const LIMIT = 100;

/** Answers with what it read, or with the problem. */
function app(timeoutMs = 10_000) {
  const app = new Hono();
  app.post("/raw", async (c) => {
    const limited = limitBody(c.req.raw, LIMIT);
    return c.json({ bytes: (await limited.arrayBuffer()).byteLength });
  });
  app.post("/json", async (c) => c.json({ read: await readJson(c.req.raw) }));
  app.all("/slow", (c) =>
    withinTime(c.req.raw, timeoutMs, async () => {
      await c.req.arrayBuffer();
      return c.text("whole");
    }));
  app.onError((error) => {
    if (error instanceof PerchError) return problemResponse(error);
    throw error;
  });
  return app;
}

/** A body whose length nobody declares, in pieces. */
function pieces(count: number, bytes: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(Array.from({ length: count }, () => new Uint8Array(bytes)));
}

Deno.test("limitBody refuses a declared length before anything is read", async () => {
  for (const length of ["101", "99999999999999999999", "-1", "1e2", ""]) {
    let pulled = 0;
    const body = new ReadableStream({ pull: () => void pulled++ }, { highWaterMark: 0 });
    const headers = { "content-length": length };
    const answer = await app().request("/raw", { method: "POST", body, headers });
    assert.equal(answer.status, 413, length);
    assert.equal(pulled, 0, length);
  }
  const fits = {
    method: "POST",
    body: new Uint8Array(LIMIT),
    headers: { "content-length": "100" },
  };
  assert.deepEqual(await (await app().request("/raw", fits)).json(), { bytes: LIMIT });
});

Deno.test("limitBody counts a body of unknown length while it is read", async () => {
  const fits = await app().request("/raw", { method: "POST", body: pieces(10, 10) });
  assert.deepEqual(await fits.json(), { bytes: LIMIT });
  const over = await app().request("/raw", { method: "POST", body: pieces(11, 10) });
  assert.equal(over.status, 413);
  const problem = await over.json();
  assert.equal(problem.code, "payload_too_large");
  assert.match(problem.detail, /larger than the 100 bytes allowed here/);
  const none = await app().request("/raw", { method: "POST" });
  assert.deepEqual(await none.json(), { bytes: 0 });
});

Deno.test("withinTime answers 408 to a body that does not come, and lets bodyless requests take their time", async () => {
  const never = new ReadableStream<Uint8Array>({ start: (c) => c.enqueue(new Uint8Array(1)) });
  const late = await app(20).request("/slow", { method: "POST", body: never });
  assert.equal(late.status, 408);
  assert.match((await late.json()).detail, /not complete after 0\.02 s/);
  const whole = await app().request("/slow", { method: "POST", body: "abc" });
  assert.equal(await whole.text(), "whole");

  const slowAnswer = new Hono();
  slowAnswer.get("/", (c) =>
    withinTime(c.req.raw, 1, async () => {
      await new Promise((done) => setTimeout(done, 30));
      return c.text("after a while");
    }));
  assert.equal(await (await slowAnswer.request("/")).text(), "after a while");
});

Deno.test("readJson reads JSON in UTF-8, takes none at all as {}, and refuses the rest", async () => {
  const send = async (body: BodyInit | undefined, type?: string) => {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const answer = await app().request("/json", { method: "POST", body, headers });
    return { status: answer.status, body: await answer.json() };
  };
  for (
    const type of ["application/json", "Application/JSON; charset=utf-8", "application/x+json"]
  ) {
    assert.deepEqual(await send(`{"a":"Öl"}`, type), { status: 200, body: { read: { a: "Öl" } } });
  }
  assert.deepEqual(await send(undefined), { status: 200, body: { read: {} } });
  // A form of another site can set these, and no other.
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    const { status, body } = await send("{}", type);
    assert.equal(status, 415, type);
    assert.match(body.detail, /send application\/json/);
  }
  for (const body of ["", "{", "{a:1}", new Uint8Array([0x22, 0xff, 0x22])]) {
    const refused = await send(body, "application/json");
    assert.equal(refused.status, 400);
    assert.match(refused.body.detail, /not valid JSON in UTF-8/);
  }
});
