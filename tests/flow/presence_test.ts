/** How others find Perch: Home Assistant at a real mosquitto, clients by mDNS. */
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { createMdns, freeName } from "../../lib/presence/mdns.ts";
import { startApp } from "../support/app.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { inOwnNetwork } from "../support/own_network.ts";
import { until } from "../support/until.ts";

Deno.test({
  name:
    "presence: Home Assistant sees an alarm come and go, and that Perch is gone; switched off, nothing is left",
  ignore: !haveMosquitto(),
  async fn() {
    await using broker = await startMosquitto();
    const watcher = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0 });
    const kept = new Map<string, string>();
    watcher.on("message", (topic, payload) => void kept.set(topic, payload.toString()));
    await watcher.subscribeAsync(["homeassistant/#", "perch/#"]);
    const site = () =>
      JSON.parse([...kept].find(([topic]) => /^perch\/.*\/site$/.test(topic))?.[1] || "{}");
    const app = await startApp({ MQTT_URL: `mqtt://127.0.0.1:${broker.port}` });
    const { settings, machines } = app.app.parts();
    const turn = (on: boolean) => settings.set("presence.home_assistant", on, "test", () => []);
    const note = () => ({ sql: "SELECT 1", args: [] });
    const report = (value: number) =>
      watcher.publishAsync("factory/hall/press/heat", String(value), { qos: 1 });
    try {
      await turn(true);
      const config = await until(
        "the announcement",
        () => [...kept].find(([topic, text]) => topic.endsWith("/config") && text !== "") ?? null,
      );
      const { availability_topic } = JSON.parse(config[1]);
      await until("that it is there", () => kept.get(availability_topic) === "online" || null);
      await until("its state", () => site().problem === "OFF" || null);
      await machines.addSensor({ name: "hall/press/heat", critical_high: 80 }, note);
      await report(95);
      await until("the alarm", () => site().critical === 1 && site().problem === "ON" || null);
      await report(20);
      await until("its end", () => site().critical === 0 || null);
      await turn(false);
      await until("that nothing is left", () => kept.get(config[0]) === "" || null);
    } finally {
      await app.close();
      await watcher.endAsync(true);
    }
  },
});

Deno.test("presence: clients find Perch by mDNS; a second one gets a name of its own; both say goodbye", async () => {
  const answer = await inOwnNetwork(new URL("./mdns_child.ts", import.meta.url));
  const about = { txt: { id: "hall", v: "1.2.3", path: "/", tls: "0" }, addresses: ["192.0.2.77"] };
  assert.deepEqual(answer, {
    found: [
      { name: "Perch on pi", port: 8080, ...about },
      { name: "Perch on pi (2)", port: 8081, ...about },
    ],
    left: 0,
  });
});

Deno.test("presence: nothing is announced beside Avahi, or where only this host can reach it", async () => {
  for (
    const [avahi, announced, expected] of [
      [true, { name: "x", host: "x", port: 1, txt: {}, address: null }, /Avahi runs here/],
      [false, { off: "switched off" }, /switched off/],
    ] as const
  ) {
    const stop = new AbortController();
    const mdns = createMdns({
      ...{ clock: systemClock(), log: silentLog(), announced: () => announced },
      ...{ avahiRuns: () => Promise.resolve(avahi), addresses: () => ["192.0.2.1"] },
    });
    const done = mdns.task.run(stop.signal).catch(() => {});
    await until("what it does", () => expected.test(mdns.detail()) || null);
    stop.abort();
    await done;
  }
});

Deno.test("presence: the first name that nobody has", () => {
  assert.equal(freeName("P", new Set()), "P");
  assert.equal(freeName("P", new Set(["P", "P (2)"])), "P (3)");
});
