import assert from "node:assert/strict";
import { z } from "zod";
import { hideSecrets, keepSecrets, optionFields } from "./options.ts";

const schema = z.strictObject({
  url: z.string().meta({ title: "Address", description: "Where." }),
  token: z.string().optional().meta({ title: "Token", secret: true }),
  n: z.int().default(3).meta({ title: "Number" }),
});

Deno.test("optionFields: title, help, secret, required and default come from the schema", () => {
  const fields = optionFields(schema);
  assert.deepEqual(fields.map((f) => [f.name, f.title, f.help, f.secret, f.required, f.default]), [
    ["url", "Address", "Where.", false, true, null],
    ["token", "Token", "", true, false, null],
    ["n", "Number", "", false, false, 3],
  ]);
  assert.equal(fields[2].schema.type, "integer");
});

Deno.test("hideSecrets shows that a secret is set and nothing of it; keepSecrets puts it back", () => {
  const stored = { url: "u", token: "canary" };
  assert.deepEqual(hideSecrets(schema, stored), { url: "u", token: "***" });
  assert.deepEqual(hideSecrets(schema, { url: "u", token: "" }), { url: "u", token: "" });
  assert.deepEqual(keepSecrets(schema, { url: "v", token: "***" }, stored), {
    url: "v",
    token: "canary",
  });
  assert.deepEqual(keepSecrets(schema, { url: "v" }, stored), { url: "v", token: "canary" });
  assert.deepEqual(keepSecrets(schema, { url: "v", token: "new" }, stored), {
    url: "v",
    token: "new",
  });
  assert.deepEqual(keepSecrets(schema, { url: "v", token: "" }, stored), { url: "v", token: "" });
  assert.deepEqual(keepSecrets(schema, { url: "v", token: "***" }, {}), { url: "v" });
});
