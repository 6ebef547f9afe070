/**
 * Words, names and shapes as devices send them: nothing that is meant is refused, nothing is made false.
 * `SABOTAGE=device_words`: see `tests/support/device_site.ts`.
 */
import assert from "node:assert/strict";
import { withDeviceSite } from "../support/device_site.ts";

const rejected = async (site: { get<T>(path: string): Promise<T> }) =>
  (await site.get<{ rejected: { total: number } }>("/api/sources")).rejected.total;

Deno.test("a gate that says more than two words keeps its words, also those from before", () =>
  withDeviceSite(async (site) => {
    const gates = {
      gate: ["closed", "opening", "open", "closing", "closed"],
      gate2: ["opening", "open", "closing", "closed"],
      hvac: ["heat", "off", "cool"],
      led: ["ON", "OFF", "UNKNOWN"],
    };
    const check = async (when: string) => {
      for (const [gate, words] of Object.entries(gates)) {
        assert.deepEqual(await site.values(`m6/${gate}/state`), words, `${gate} ${when}`);
        const one = await site.get<{ last: { value: string } }>(`/api/sensors/m6/${gate}/state`);
        assert.equal(one.last.value, words.at(-1));
      }
      const door = await site.get<{ kind: string }>("/api/sensors/m6/door/state");
      assert.equal(door.kind, "binary", when);
    };
    for (const [gate, words] of Object.entries(gates)) {
      for (const word of words) await site.publish([`factory/m6/${gate}/state`, word]);
    }
    await site.publish(["factory/m6/door/state", "open"], ["factory/m6/door/state", "closed"]);
    await check("at once");
    await site.restart();
    await check("after a restart");
    await site.publish(["factory/m6/door/state", "ajar"]);
    assert.deepEqual(await site.values("m6/door/state"), ["open", "closed", "ajar"]);
    assert.match(await site.page("/sensors/m6/gate/state"), /opening/);
    assert.equal(await rejected(site), 0);
  }));

Deno.test("texts that begin like numbers are texts", () =>
  withDeviceSite(async (site) => {
    await site.publish(
      ["factory/m21/x/time", "12:30"],
      ["factory/m21/x/ver", "1.2.3"],
      ["factory/m21/x/ip", "192.0.2.5"],
      ["factory/m21/x/mode", "2-speed"],
      ["factory/m2/boiler", '{"ServiceCode":"0Y","ServiceCodeNumber":204}'],
    );
    const expected: [string, string | number][] = [
      ["m21/x/time", "12:30"],
      ["m21/x/ver", "1.2.3"],
      ["m21/x/ip", "192.0.2.5"],
      ["m21/x/mode", "2-speed"],
      ["m2/boiler/ServiceCode", "0Y"],
      ["m2/boiler/ServiceCodeNumber", 204],
    ];
    for (const [name, value] of expected) assert.deepEqual(await site.values(name), [value], name);
    assert.equal(await rejected(site), 0);
  }));

Deno.test("a text that changes every minute: 204 for ever, all numbers stored, the latest text shown", () =>
  withDeviceSite(async (site) => {
    const N = 1_100;
    const t0 = Date.now() - N * 60_000;
    const line = (i: number) => {
      const text = `${Math.floor(i / 1440)} days, ${Math.floor(i / 60) % 24}:${i % 60}`;
      return `system,host=l17 uptime=${i}i,uptime_format="${text}" ${t0 + i * 60_000}`;
    };
    const write = (body: string) => site.post("/api/v2/write?precision=ms", body);
    for (let i = 0; i < N; i += 100) {
      const body = Array.from({ length: 100 }, (_, k) => line(i + k)).join("\n");
      assert.equal((await write(body)).status, 204);
    }
    const last = await write('system,host=l17 load1=0.2,uptime_format="0 days, 23:59"');
    assert.equal(last.status, 204, last.text);
    assert.equal((await site.values("l17/system.uptime")).length, N);
    const text = await site.get<{ last: { value: string }; many_texts?: boolean }>(
      "/api/sensors/l17/system.uptime_format",
    );
    assert.deepEqual([text.last.value, text.many_texts], ["0 days, 23:59", true]);
    assert.match(await site.page("/sensors/l17/system.uptime_format"), /1,?000 different texts/);
    const { items } = await site.parts.events.list({ types: ["sensor.many_texts"], limit: 10 });
    assert.equal(items.length, 1, "it is said once");
    assert.equal(await rejected(site), 0);
  }));

Deno.test("a sensor of numbers that says a word has no value, and the message is a good one", () =>
  withDeviceSite(async (site) => {
    const send = (value: unknown) =>
      site.publish(["factory/m/dev", JSON.stringify({ temperature: value, humidity: 40 })]);
    const words = ["unavailable", "nan", "none", "error", "", null, "unknown", "--", "off"];
    for (const value of [21.5, ...words, 22]) await send(value);
    assert.deepEqual(await site.values("m/dev/temperature"), [21.5, 22]);
    assert.equal((await site.values("m/dev/humidity")).length, words.length + 2);
    for (const word of ["21.5", "unavailable", "", "NaN", "error"]) {
      await site.publish(["factory/m/dev/alone", word]);
    }
    assert.deepEqual(await site.values("m/dev/alone"), [21.5]);
    assert.equal(await rejected(site), 0);
    assert.match(await site.page("/sensors/m/dev/alone"), /“error”[^.]* is not a number/);
    const lines = await site.post(
      "/api/v2/write",
      'm,host=h a=1,b="nan",c=""\nm,host=h b="unknown"',
    );
    assert.equal(lines.status, 204, lines.text);
  }));

Deno.test("a battery sensor's last_seen is no sensor, and nothing of it is refused", () =>
  withDeviceSite(async (site) => {
    const payload = JSON.stringify({
      battery: 97,
      humidity: 41,
      temperature: 21.5,
      linkquality: 80,
      voltage: 3000,
      last_seen: "2026-11-28T01:10:17+01:00",
    });
    const topic = "factory/home/garden/th-sensor";
    await site.publish(...Array.from({ length: 30 }, () => [topic, payload] as [string, string]));
    const names = site.names();
    assert.equal(names.length, 5);
    for (const name of names) assert.equal((await site.values(name)).length, 30, name);
    assert.equal(await rejected(site), 0);
    const { readings } = await site.get<{ readings: { rejected: number } }>("/api/status");
    assert.equal(readings.rejected, 0);
  }));

Deno.test("slashes at the ends of topics and ThingsBoard's envelope", () =>
  withDeviceSite(async (site) => {
    await site.publish(
      ["/SmartHome/bal/blub", "1"],
      ["factory/m12/x/t/", "2"],
      ["factory/m5/dev", '{"ts":1795827521000,"values":{"temperature":21.5,"humidity":40}}'],
      ["factory/m5/two", '{"values":{"a":1},"b":2}'],
      ["factory/m5", '{"C++":1,"#1":2,"/boot":3}'],
    );
    assert.deepEqual(site.names(), [
      "SmartHome/bal/blub",
      "m12/x/t",
      "m5/C__",
      "m5/_1",
      "m5/_boot",
      "m5/dev/humidity",
      "m5/dev/temperature",
      "m5/two/b",
      "m5/two/values.a",
    ]);
    assert.equal(await rejected(site), 0);
    await site.publish(["factory/m5", '{"C##":1}']);
    assert.equal(await rejected(site), 1, "a second name that becomes the same is told apart");
  }, { MQTT_TOPICS: "#" }));
