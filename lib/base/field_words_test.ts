import assert from "node:assert/strict";
import { z } from "zod";
import { fieldErrors, fieldWords } from "./field_words.ts";

const schema = z.strictObject({
  count: z.int().min(10).max(1e6),
  ratio: z.number().positive(),
  state: z.enum(["open", "closed"]),
  name: z.string().min(1).max(5),
  tags: z.array(z.string()).max(2),
  when: z.iso.datetime(),
  either: z.union([z.string(), z.number()]),
  empty: z.union([z.literal(""), z.coerce.number()]),
  own: z.string().regex(/^a/, "begins with an a"),
  password: z.string().min(8),
  nested: z.strictObject({ on: z.boolean() }),
}).partial();

function wrong(value: unknown): string[] {
  const result = schema.safeParse(value, { error: fieldWords });
  return fieldErrors(result.error?.issues ?? [], schema).map(({ path, message }) =>
    `${path}: ${message}`
  );
}

Deno.test("fieldWords say what is allowed and what was given", () => {
  assert.deepEqual(
    wrong({
      count: -1,
      ratio: 0,
      state: "ajar",
      name: "",
      tags: ["a", "b", "c"],
      when: "noon",
      either: true,
      own: "b",
      nested: {},
    }),
    [
      "count: give a number of at least 10; it was -1",
      "ratio: give a number above 0; it was 0",
      'state: give open or closed; it was "ajar"',
      "name: give a text that is not empty",
      "tags: give a list of at most 2 entries; it has 3",
      'when: give a time such as 2026-05-04T10:00:00Z; it was "noon"',
      "either: give a text or a number; it was true",
      "own: begins with an a",
      "nested.on: give true or false; it is missing",
    ],
  );
  assert.deepEqual(wrong({ count: 10.5, name: "a\u202eb\u0000cd" }), [
    "count: give a whole number; it was 10.5",
    "name: give a text of at most 5 characters; it has 6 characters",
  ]);
  assert.deepEqual(wrong({ count: "abc", ratio: "fast" }), [
    'count: "abc" is not a number',
    'ratio: "fast" is not a number',
  ]);
  assert.deepEqual(wrong({ empty: "abc" }), ['empty: "abc" is not a number']);
  assert.deepEqual(wrong({ state: "\u202ea\u0000" }), ['state: give open or closed; it was "�a�"']);
});

Deno.test("fieldWords never repeat what may be a secret", () => {
  assert.deepEqual(wrong({ password: 12345678 }), ["password: give a text"]);
});

Deno.test("fieldErrors has one entry for each field, with the narrower of two limits, and at most so many", () => {
  assert.deepEqual(wrong({ count: 1e18 }), [
    "count: give a number of at most 1000000; it was 1000000000000000000",
  ]);
  assert.deepEqual(wrong({ colour: 1, nested: { on: true, off: 1 } }), [
    "nested.off: unknown field; known: on",
    "colour: unknown field; known: count, ratio, state, name, tags, when, either, empty, own, password, nested",
  ]);
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, 1]));
  assert.equal(wrong(many).length, 20);
});
