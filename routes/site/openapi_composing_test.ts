import assert from "node:assert/strict";
import { composed, type Json } from "./openapi_composing.ts";

const text = { type: "string" };
const five = { a: text, b: text, c: text, d: text, e: text };
const object = (properties: Json, more: Json = {}): Json => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  ...more,
});
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

Deno.test("openapi: a schema with all fields of another refers to it", () => {
  const { Alarm, AlarmDetail } = composed({
    Alarm: object(five),
    AlarmDetail: object({ ...five, history: text }),
  });
  assert.deepEqual(Alarm, object(five));
  assert.deepEqual(AlarmDetail, { ...object({ history: text }), allOf: [ref("Alarm")] });
});

// Its control: what is optional in the one and required in the other is required by the referring one.
Deno.test("openapi: fields that another leaves open stay required", () => {
  const { Rule } = composed({
    Fields: { type: "object", properties: five },
    Rule: object({ ...five, id: text }, { additionalProperties: false }),
  });
  assert.deepEqual(Rule, {
    type: "object",
    allOf: [ref("Fields")],
    properties: { id: text },
    required: ["a", "b", "c", "d", "e", "id"],
    unevaluatedProperties: false,
  });
});

Deno.test("openapi: schemas that differ in a field, require more, or are closed are not referred to", () => {
  const others: Json[] = [
    object({ ...five, e: { type: "number" } }),
    object(five, { additionalProperties: false }),
    object({ a: text, b: text }),
  ];
  for (const Other of others) {
    const schemas = { Other, Whole: object({ ...five, id: text }) };
    assert.deepEqual(composed(schemas), schemas);
  }
  const optional = {
    Other: object(five),
    Whole: { ...object({ ...five, id: text }), required: [] },
  };
  assert.deepEqual(composed(optional), optional);
});
