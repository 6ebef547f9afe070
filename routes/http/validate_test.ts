import assert from "node:assert/strict";
import { Hono } from "hono";
import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { problemResponse } from "./problem.ts";
import { queryObject, strict, validate } from "./validate.ts";

const query = strict(z.object({
  limit: z.coerce.number().int().min(1).max(10).default(5),
  tag: z.union([z.string(), z.array(z.string())]).optional(),
}));
const body = strict(z.object({
  name: z.string().min(1),
  at: z.object({ x: z.number() }).optional(),
}));

const app = new Hono();
app.post("/", async (c) =>
  c.json({
    query: await validate(query, queryObject(new URL(c.req.url).searchParams), "query"),
    body: await validate(body, await c.req.json(), "body"),
  }));
app.onError((error) => {
  if (error instanceof PerchError) return problemResponse(error);
  throw error;
});

async function send(search: string, sent: unknown) {
  const answer = await app.request(`/${search}`, { method: "POST", body: JSON.stringify(sent) });
  return { status: answer.status, json: await answer.json() };
}

Deno.test("validate gives what the schema makes of it: numbers, defaults, repeated parameters", async () => {
  assert.deepEqual(await send("", { name: "a" }), {
    status: 200,
    json: { query: { limit: 5 }, body: { name: "a" } },
  });
  const { json } = await send("?limit=7&tag=a&tag=b", { name: "a", at: { x: 1 } });
  assert.deepEqual(json.query, { limit: 7, tag: ["a", "b"] });
});

Deno.test("validate names each wrong field by its path, and the part it stands in", async () => {
  const { status, json } = await send("?limit=70", { name: "a" });
  assert.equal(status, 400);
  assert.equal(json.code, "validation");
  assert.deepEqual(json.errors.map((e: { path: string }) => e.path), ["query.limit"]);
  assert.match(json.detail, /^query\.limit: /);
  const wrong = await send("", { name: "", at: { x: "1" } });
  assert.deepEqual(wrong.json.errors.map((e: { path: string }) => e.path), ["name", "at.x"]);
  const none = await send("", 7);
  assert.match(none.json.detail, /^body: /);
});

Deno.test("an unknown field is refused by name, in a query and in a body", async () => {
  const inQuery = await send("?limt=3", { name: "a" });
  assert.deepEqual(inQuery.json.errors, [
    { path: "query.limt", message: "unknown field; known: limit, tag" },
  ]);
  const inBody = await send("", { name: "a", Name: "b", "__proto__x": 1 });
  assert.deepEqual(inBody.json.errors, [
    { path: "Name", message: "unknown field; known: name, at" },
    { path: "__proto__x", message: "unknown field; known: name, at" },
  ]);
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, 1]));
  assert.equal((await send("", { name: "a", ...many })).json.errors.length, 20);
});

Deno.test("strict leaves a schema alone that says itself what it does with unknown fields", async () => {
  const loose = strict(z.looseObject({ a: z.number() }));
  assert.deepEqual(await validate(loose, { a: 1, b: 2 }, "body"), { a: 1, b: 2 });
  const list = strict(z.array(z.number()));
  assert.deepEqual(await validate(list, [1], "body"), [1]);
});

Deno.test("queryObject makes nothing of names that objects have by themselves", () => {
  const read = queryObject(new URLSearchParams("__proto__=a&constructor=b&toString=c"));
  assert.equal(read.constructor, "b");
  assert.equal(read.toString, "c");
  assert.equal(({} as Record<string, unknown>).a, undefined);
});
