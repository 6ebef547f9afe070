import assert from "node:assert/strict";
import { shareAmongOperations } from "./openapi_sharing.ts";

const id = {
  name: "id",
  in: "path",
  required: true,
  description: "the number that the alarm has in lists and messages",
  schema: { type: "string", maxLength: 40 },
};
const limit = { name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 50 } };
const alarm = {
  description: "The alarm as it is after the call",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Alarm" } } },
};
const document = () => ({
  paths: {
    "/api/alarms/{id}": {
      get: { parameters: [id], responses: { 200: alarm } },
      delete: { parameters: [id, limit], responses: { 204: { description: "Gone" } } },
    },
    "/api/alarms/{id}/ack": { post: { parameters: [id], responses: { 200: alarm } } },
  },
  components: { parameters: {}, responses: {} },
});

Deno.test("openapi: what operations have in common stands once, and each still has it", () => {
  const shared = document();
  shareAmongOperations(shared);
  const parameter = { $ref: "#/components/parameters/Id" };
  const answer = { $ref: "#/components/responses/Alarm" };
  assert.deepEqual(shared, {
    paths: {
      "/api/alarms/{id}": {
        parameters: [parameter],
        get: { responses: { 200: answer } },
        delete: { parameters: [limit], responses: { 204: { description: "Gone" } } },
      },
      "/api/alarms/{id}/ack": { post: { parameters: [parameter], responses: { 200: answer } } },
    },
    components: { parameters: { Id: id }, responses: { Alarm: alarm } },
  });
});

Deno.test("openapi: different parameters of one name have names of their own", () => {
  const shared = document();
  const longer = { ...id, schema: { type: "string", maxLength: 2000 } };
  for (const path of ["/a/{id}", "/b/{id}"]) {
    Object.assign(shared.paths, { [path]: { get: { parameters: [longer], responses: {} } } });
  }
  shareAmongOperations(shared);
  assert.deepEqual(shared.components.parameters, { Id: id, Id2: longer });
});
