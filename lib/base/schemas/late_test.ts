import assert from "node:assert/strict";
import { z } from "zod";
import { lately } from "./late.ts";

Deno.test("a late schema is made when it is used, once, with the steps that lead to it", () => {
  let times = 0;
  const counted = lately((): z.ZodType<string> => {
    times++;
    return z.string();
  });
  const schema = z.object({ name: counted().optional() }).describe("a name");
  assert.equal(times, 0);
  assert.deepEqual(schema.parse({ name: "a" }), { name: "a" });
  assert.equal(schema.safeParse({ name: 1 }).success, false);
  assert.equal(schema.description, "a name");
  assert.equal(times, 1);
});

Deno.test("late schemas are known by what they are", () => {
  const schema = z.object({ list: z.array(z.int()), all: z.string().default("x") });
  assert.ok(schema instanceof z.ZodObject);
  assert.ok(schema.shape.list instanceof z.ZodArray);
  assert.ok(!(schema.shape.list.element instanceof z.ZodArray));
  assert.equal((schema.shape.all as z.ZodDefault<z.ZodString>).unwrap().parse("y"), "y");
});

Deno.test("what is said of a schema is kept through parts of others and through a schema of itself", () => {
  const inner = z.object({ a: z.string() }).meta({ id: "Inner" });
  const outer = z.object({ inner });
  const more = outer.shape.inner.extend({
    old: z.number().nullable().meta({ deprecated: true }),
    get again() {
      return z.array(z.string().describe("said")).optional();
    },
  });
  const { properties, $defs } = z.toJSONSchema(z.object({ more, inner, outer })) as {
    properties: Record<string, { properties: Record<string, unknown> }>;
    $defs: Record<string, unknown>;
  };
  assert.deepEqual(Object.keys($defs), ["Inner"]);
  assert.deepEqual(properties.more.properties.old, {
    type: ["number", "null"],
    deprecated: true,
  });
  assert.deepEqual(properties.more.properties.again, {
    type: "array",
    items: { type: "string", description: "said" },
  });
});
