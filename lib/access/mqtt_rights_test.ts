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

const rights = (who: Identity | null, loopback = false) => mqttRights(who, loopback, pathOf);

Deno.test("mqttRights: a device stays at and below its own machine", () => {
  const { may } = rights(device);
  const sends = ["publish", "retain", "will"] as const;
  assert.ok(may("connect", "") && may("connect_web_socket", ""));
  for (const topic of ["factory/hall/press-3", "edge/hall/press-3/temp"]) {
    for (const action of [...sends, "subscribe"] as const) assert.ok(may(action, topic), topic);
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
  ) for (const action of [...sends, "subscribe"] as const) assert.ok(!may(action, topic), topic);
  for (const filter of ["factory/hall/press-3/#", "factory/hall/press-3/+/x"]) {
    assert.ok(may("subscribe", filter), filter);
  }
  for (const filter of ["#", "factory/#", "+/hall/press-3/temp", "factory/+/press-3/#"]) {
    assert.ok(!may("subscribe", filter), filter);
  }
});

Deno.test("mqttRights: API keys publish as engineer with ingest and read with read", () => {
  const may = (who: Partial<Identity>) => {
    const rightsOf = rights({ ...key, ...who });
    return [rightsOf.may("publish", "factory/a/b"), rightsOf.may("subscribe", "factory/#")];
  };
  assert.deepEqual(may({}), [true, true]);
  assert.deepEqual(may({ role: "viewer" }), [false, true]);
  assert.deepEqual(may({ scopes: ["ingest"] }), [true, false]);
  assert.deepEqual(may({ scopes: ["read"] }), [false, true]);
  assert.equal(rights(key).may("publish", "$SYS/x"), false);
  assert.equal(rights(key).may("subscribe", "$SYS/#"), false);
});

Deno.test("mqttRights: a client without a user is let in on this host only", () => {
  for (const action of ["connect", "publish", "subscribe"] as const) {
    assert.equal(rights(null, true).may(action, "factory/a/b"), true);
    assert.equal(rights(null, false).may(action, "factory/a/b"), false);
  }
});
