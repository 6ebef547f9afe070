import assert from "node:assert/strict";
import type { Identity } from "./identity.ts";
import { mqttRights } from "./mqtt_rights.ts";

const pathOf = (topic: string) => /^(?:factory|edge)\/(.+)$/.exec(topic)?.[1] ?? null;
const device: Identity = {
  kind: "device",
  id: "d",
  name: "press",
  role: "viewer",
  scopes: null,
  machine: "hall/press-3",
  via: "mqtt",
};
const key: Identity = { ...device, kind: "key", machine: null, role: "engineer" };

Deno.test("mqttRights: a device stays at and below its own machine", () => {
  const { mayPublish, maySubscribe } = mqttRights(device, pathOf);
  for (const topic of ["factory/hall/press-3", "edge/hall/press-3/temp"]) {
    assert.ok(mayPublish(topic), topic);
    assert.ok(maySubscribe(topic), topic);
  }
  for (
    const topic of [
      "factory/hall/press-30/temp",
      "factory/hall/press-4/temp",
      "factory/hall",
      "factory/x/hall/press-3/temp",
      "hall/press-3/temp",
      "other/hall/press-3/temp",
      "$SYS/x",
      "",
    ]
  ) assert.ok(!mayPublish(topic) && !maySubscribe(topic), topic);
  assert.ok(maySubscribe("factory/hall/press-3/#") && maySubscribe("factory/hall/press-3/+/x"));
  for (const filter of ["#", "factory/#", "+/hall/press-3/temp", "factory/+/press-3/#"]) {
    assert.ok(!maySubscribe(filter), filter);
  }
});

Deno.test("mqttRights: API keys publish as engineer with ingest and read with read", () => {
  const may = (who: Partial<Identity>) => {
    const { mayPublish, maySubscribe } = mqttRights({ ...key, ...who }, pathOf);
    return [mayPublish("factory/a/b"), maySubscribe("factory/#")];
  };
  assert.deepEqual(may({}), [true, true]);
  assert.deepEqual(may({ role: "viewer" }), [false, true]);
  assert.deepEqual(may({ scopes: ["ingest"] }), [true, false]);
  assert.deepEqual(may({ scopes: ["read"] }), [false, true]);
  assert.equal(mqttRights(key, pathOf).mayPublish("$SYS/x"), false);
});
