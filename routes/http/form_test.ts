import assert from "node:assert/strict";
import fc from "fast-check";
import { Hono } from "hono";
import { z } from "zod";
import { createSeen } from "../../lib/access/changes.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { formErrors, localPath, readForm } from "./form.ts";
import { problemResponse } from "./problem.ts";
// The name `seen` of a context is declared there.
import "./route.ts";

const schema = z.object({ name: z.string().min(2), price: z.coerce.number().optional() });

/** Answers with what it read of the form, and with what the sender had seen. */
function app() {
  const app = new Hono();
  app.post("/", async (c) => {
    const seen = createSeen(() => 100);
    c.set("seen", seen);
    const read = await readForm(c, schema, 200);
    return c.json({ ...read, seen: seen.number });
  });
  app.onError((error) => {
    if (error instanceof PerchError) return problemResponse(error);
    throw error;
  });
  return app;
}

async function send(body: BodyInit, type?: string) {
  const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
  const answer = await app().request("/", { method: "POST", body, headers });
  return { status: answer.status, json: await answer.json() };
}

Deno.test("readForm gives what the schema makes of the fields, and all of the form as it was sent", async () => {
  const { json } = await send(new URLSearchParams({ name: "Öl & co", price: "7" }));
  assert.deepEqual([json.ok, json.data], [true, { name: "Öl & co", price: 7 }]);
  assert.equal(json.text, "name=%C3%96l+%26+co&price=7");
  const twice = await send(new URLSearchParams([["name", "aa"], ["name", "bb"]]));
  assert.deepEqual(twice.json.data, { name: "bb" });
});

Deno.test("readForm says beside which field something is wrong, and gives back what was typed", async () => {
  const { status, json } = await send(new URLSearchParams({ name: "a", price: "x", more: "1" }));
  assert.equal(status, 200);
  assert.equal(json.ok, false);
  assert.deepEqual(Object.keys(json.errors).sort(), ["form", "name", "price"]);
  assert.equal(json.errors.price, '"x" is not a number');
  assert.deepEqual(json.values, { name: "a", price: "x", more: "1" });
});

Deno.test("readForm takes what the page knew out of the fields", async () => {
  const { json } = await send(new URLSearchParams({ name: "aa", seen: "42" }));
  assert.deepEqual([json.data, json.seen], [{ name: "aa" }, 42]);
  for (const seen of ["", "x", "-1", "1e3", "9".repeat(16)]) {
    const unknown = await send(new URLSearchParams({ name: "aa", seen }));
    assert.deepEqual([unknown.json.ok, unknown.json.seen], [true, 100], seen);
  }
});

Deno.test("readForm refuses what is no form, and what is too large", async () => {
  assert.equal((await send("{}", "application/json")).status, 415);
  const files = new FormData();
  files.set("name", "aa");
  assert.equal((await send(files)).status, 415);
  assert.equal((await send(new URLSearchParams({ name: "a".repeat(300) }))).status, 413);
});

Deno.test("formErrors puts an error beside its field, or beside the form; others are none of its business", () => {
  const errors = [{ path: "name", message: "is taken" }];
  assert.deepEqual(formErrors(new PerchError("conflict", "no", { errors })), { name: "is taken" });
  assert.deepEqual(formErrors(new PerchError("conflict", "too late")), { form: "too late" });
  assert.throws(() => formErrors(new TypeError("a fault")), TypeError);
});

Deno.test("localPath lets paths of this Perch through", () => {
  for (
    const path of ["/", "/alarms", "/sensors/a%2Fb?range=7d", "/alarms?show=open&machine=hall"]
  ) {
    assert.equal(localPath(path), path);
  }
  assert.equal(localPath("/a/../alarms"), "/alarms");
});

Deno.test("localPath gives / for what leads elsewhere, also once it is normalised", () => {
  for (
    const path of [
      undefined,
      "",
      "alarms",
      "//evil.example",
      "/\\evil.example",
      "/..//evil.example",
      "/.//evil.example",
      "/a/..//evil.example",
      "/a/../..//evil.example/x",
      "/%2e%2e//evil.example",
      "/%2E//evil.example",
      "/..\\\\evil.example",
      "/../\\evil.example",
      "/a/..\\/evil.example",
      "https://evil.example",
      "http://perch.invalid//evil.example",
      "/\tx",
      "/\n//evil.example",
      "javascript:alert(1)",
    ]
  ) assert.equal(localPath(path), "/", String(path));
});

Deno.test("localPath never leaves this Perch, whatever comes", () => {
  const piece = fc.constantFrom(
    "/",
    "\\",
    ".",
    "..",
    "%2e",
    "%2f",
    "%5c",
    "evil.example",
    "a",
    "?",
    "#",
    "@",
    ":",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const path = localPath("/" + pieces.join(""));
      for (const own of ["http://perch.local:8080", "https://perch.local"]) {
        assert.equal(new URL(path, own + "/sign-in").origin, own);
      }
    }),
    { numRuns: 5_000 },
  );
});
