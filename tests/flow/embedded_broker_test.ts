import { systemActor } from "../../lib/access/audit_row.ts";
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync, type IClientOptions } from "mqtt";
import { startApp } from "../support/app.ts";
import { eventually } from "../support/recording_intake.ts";

const options: IClientOptions = { protocolVersion: 4, reconnectPeriod: 0 };

Deno.test("Perch without MQTT_URL takes readings over MQTT and MQTT in WebSocket", async () => {
  const under = await startApp();
  try {
    const { broker, registry, rejects, access } = under.app.parts();
    const address = `${under.url.replace("http", "ws")}/mqtt`;
    await assert.rejects(
      connectAsync(address, options),
      "nobody enters by WebSocket without a key",
    );
    const { key } = await access.keys.add(
      { name: "page", machine: "hall1/press3" },
      systemActor("test"),
    );
    const device = await connectAsync(`mqtt://127.0.0.1:${broker!.port()}`, options);
    await device.publishAsync("factory/hall1/press3/temperature", "21.5", { qos: 1 });
    const signIn = { username: "page", password: key };
    const page = await connectAsync(address, { ...options, ...signIn });
    await page.publishAsync("factory/hall1/press3", '{"rpm": 900, "on": true}', { qos: 1 });
    await page.publishAsync("factory/hall1/press3/temperature", "1e999", { qos: 1 });
    await Promise.all([device.endAsync(), page.endAsync()]);

    assert.deepEqual(
      registry.all().map((s) => [s.name, s.kind, s.last?.value]),
      [
        ["hall1/press3/on", "binary", 1],
        ["hall1/press3/rpm", "number", 900],
        ["hall1/press3/temperature", "number", 21.5],
      ],
    );
    assert.deepEqual(rejects.counts().map((c) => [c.source, c.code, c.count]), [
      ["broker", "bad_value", 1],
    ]);
    assert.match(broker!.state().detail, /^Listening on 127\.0\.0\.1:\d+/);
  } finally {
    await under.close();
  }
});

Deno.test("Perch holds a device key to its own machine over MQTT", async () => {
  const under = await startApp();
  try {
    const { broker, access, rejects, registry } = under.app.parts();
    const { key } = await access.keys.add(
      { name: "press3", machine: "hall1/press3" },
      systemActor("test"),
    );
    const signIn = { ...options, username: "press3", password: key };
    const device = await connectAsync(`mqtt://127.0.0.1:${broker!.port()}`, signIn);
    let closed = false;
    device.on("close", () => closed = true);
    await device.publishAsync("factory/hall1/press3/temperature", "1", { qos: 1 });
    device.publish("factory/hall1/press4/temperature", "1", { qos: 1 });
    await eventually(() => closed, () => "the connection stayed");
    assert.deepEqual(registry.all().map((s) => s.name), ["hall1/press3/temperature"]);
    assert.deepEqual(rejects.counts().map((c) => [c.code, c.count]), [["forbidden_topic", 1]]);
    await assert.rejects(
      connectAsync(`mqtt://127.0.0.1:${broker!.port()}`, { ...signIn, password: "perch_wrong" }),
    );
  } finally {
    await under.close();
  }
});

Deno.test("Perch ends the MQTT connections of a key that is removed", async () => {
  const under = await startApp();
  try {
    const { broker, access } = under.app.parts();
    const by = systemActor("test");
    const { key, entry } = await access.keys.add({ name: "press3", machine: "hall1/press3" }, by);
    const address = `mqtt://127.0.0.1:${broker!.port()}`;
    const signIn = { ...options, username: "press3", password: key };
    const device = await connectAsync(address, signIn);
    const other = await connectAsync(address, options);
    let closed = false;
    device.on("close", () => closed = true);
    await access.keys.remove(entry.id, by);
    await eventually(() => closed, () => "the connection stayed");
    assert.ok(other.connected);
    await assert.rejects(connectAsync(address, signIn));
    await other.endAsync();
  } finally {
    await under.close();
  }
});
