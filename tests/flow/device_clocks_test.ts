/**
 * What devices send in the place of a time: clocks that are not set, are ahead, or are none.
 * `SABOTAGE=device_clocks`: see `tests/support/device_site.ts`.
 */
import assert from "node:assert/strict";
import { WHOLE, withDeviceSite } from "../support/device_site.ts";

interface Raw {
  t: number[];
  v: number[];
  notes?: (string | null)[];
}
interface Sources {
  clocks: { machine: string; fault: string; written: string; ahead_ms: number }[];
  rejected: { total: number };
}

const raw = (sensor: string) =>
  `/api/readings?${new URLSearchParams({ sensor, points: "0", ...WHOLE })}`;

Deno.test("a reading of a clock that is not set is kept at its arrival, and the sources page says so", () =>
  withDeviceSite(async (site) => {
    const beforeMs = Date.now();
    const times = [
      0,
      152340,
      -1,
      "",
      "0",
      "N/A",
      "09:33",
      null,
      false,
      {},
      "1970-01-01T00:00:03",
      "1999-08-22T00:00:00Z",
      "2000-01-01T00:01:00Z",
      "2016-01-01T00:00:20Z",
      new Date(beforeMs - 1024 * 7 * 86_400_000).toISOString(),
      "2036-02-07T06:28:20Z",
      "2106-02-07T06:28:15Z",
    ];
    for (const [i, ts] of times.entries()) {
      const { status, text } = await site.post("/api/ingest", { tag: "j7/t", value: i, ts });
      assert.equal(status, 200, `${JSON.stringify(ts)}: ${text}`);
    }
    await site.publish(["factory/m18/x/t", '{"value":21,"ts":3}']);
    const line = await site.post("/api/v2/write", "m,host=lp70 a=1 3000000000");
    assert.equal(line.status, 204, line.text);
    const told = await site.get<Raw>(raw("j7/t"));
    assert.deepEqual(told.v, times.map((_, i) => i));
    assert.ok(told.t.every((tMs) => tMs >= beforeMs && tMs <= Date.now()));
    assert.deepEqual(told.notes, times.map(() => "device_clock"));
    for (const name of ["m18/x/t", "lp70/m.a"]) {
      assert.deepEqual((await site.get<Raw>(raw(name))).notes, ["device_clock"], name);
    }
    const sources = await site.get<Sources>("/api/sources");
    assert.equal(sources.rejected.total, 0);
    assert.deepEqual(sources.clocks.map(({ machine }) => machine).sort(), ["j7", "lp70", "m18/x"]);
    const page = await site.page("/sources");
    assert.match(page, /m18\/x<\/th><td class="text">The device's clock is not set/);
    await site.restart();
    assert.match(await site.page("/sources"), /lp70<\/th><td class="text">The device's clock/);
  }));

Deno.test("a line with a timestamp of another precision is told so", () =>
  withDeviceSite(async (site) => {
    const nowS = Math.floor(Date.now() / 1000);
    for (const [time, hint] of [[nowS, "s"], [nowS * 1000, "ms"], [nowS * 1e6, "us"]] as const) {
      const { status, text } = await site.post("/api/v2/write", `m,host=h a=1 ${time}`);
      assert.equal(status, 400);
      assert.match(text, new RegExp(`precision=${hint}\\b`));
    }
  }));

Deno.test("a time field that is none costs no other value", () =>
  withDeviceSite(async (site) => {
    await site.publish(
      ["factory/shl/dimmer", '{"tmp":{"tC":51.6},"time":"","unixtime":0}'],
      ["factory/shl/dimmer", '{"tmp":{"tC":51.7},"time":"09:33","unixtime":1795800000}'],
      ["factory/shl/dimmer", '{"tmp":{"tC":51.8},"time":"N/A","ts":1795800000,"seq":"x"}'],
      ["factory/shl/dimmer", '{"tmp":{"tC":51.9},"Time":"2026-11-28T01:10:17","seq":-4}'],
    );
    const { v, notes } = await site.get<Raw>(raw("shl/dimmer/tmp.tC"));
    assert.deepEqual([...v].sort(), [51.6, 51.7, 51.8, 51.9]);
    assert.equal(notes?.filter((note) => note === "device_clock").length, 2);
    assert.ok(!site.names().some((name) => /[tT]ime$/.test(name) && !name.endsWith("unixtime")));
    assert.equal((await site.get<Sources>("/api/sources")).rejected.total, 0);
  }));

Deno.test("one reading from the future does not stand for the present value, also after a restart", () =>
  withDeviceSite(async (site) => {
    const nowMs = Date.now();
    const sensor = { name: "fut/pump/t", unit: "°C", critical_high: 90 };
    assert.equal((await site.post("/api/sensors", sensor)).status, 201);
    const send = (value: number, ts?: number) =>
      site.post("/api/ingest", { machine: "fut/pump", sensor: "t", value, ts });
    await send(20, nowMs + 86_400_000);
    await send(95, Date.now());
    await send(97);
    const check = async (when: string) => {
      const one = await site.get<{ last: { value: number; ts: number }; status: string }>(
        "/api/sensors/fut/pump/t",
      );
      assert.equal(one.last.value, 97, when);
      assert.equal(one.status, "critical", when);
      assert.match(await site.page("/sensors/fut/pump/t"), /97(?:\.0)?/, when);
      const told = await site.get<Raw>(raw("fut/pump/t"));
      assert.deepEqual(told.v, [20, 95, 97], when);
      assert.deepEqual(told.notes, ["device_clock", null, null], when);
      assert.ok(told.t[0] < nowMs + 60_000, when);
      // The chart's default range shows what is there now.
      const chart = await site.get<{ t: number[] }>("/api/readings?sensor=fut/pump/t");
      assert.ok(chart.t.length > 0, when);
      const [clock] = (await site.get<Sources>("/api/sources")).clocks;
      assert.deepEqual([clock.machine, clock.fault], ["fut/pump", "ahead"], when);
      assert.match(await site.page("/sources"), /clock is 24 hours ahead/, when);
    };
    await check("before the restart");
    await site.restart();
    await check("after the restart");
  }));

Deno.test("a clock that runs a little ahead keeps its times and hides nothing", () =>
  withDeviceSite(async (site) => {
    const aheadMs = Date.now() + 120_000;
    const send = (value: number, ts?: number) =>
      site.post("/api/ingest", { tag: "a/t", value, ts });
    const last = async () =>
      (await site.get<{ last: { value: number } }>("/api/sensors/a/t")).last.value;
    await send(1, aheadMs);
    assert.match((await send(1, aheadMs)).text, /"duplicate":1/);
    await send(2, aheadMs + 1000);
    assert.equal(await last(), 2);
    await send(3);
    assert.equal(await last(), 3, "what arrives last is the last value");
    await send(4, Date.now() - 3_600_000);
    assert.equal(await last(), 3, "late data is not");
    const batch = [5, 6, 7].map((value, i) => ({ tag: "a/b", value, ts: aheadMs - i * 1000 }));
    await site.post("/api/ingest/batch", batch);
    const { last: newest } = await site.get<{ last: { value: number } }>("/api/sensors/a/b");
    assert.equal(newest.value, 5, "several that are ahead are ordered by their own times");
    assert.deepEqual((await site.get<Raw>(raw("a/t"))).v, [4, 3, 1, 2]);
  }));

Deno.test("late data of a sensor that is critical now does not end its alarm", () =>
  withDeviceSite(async (site) => {
    await site.post("/api/sensors", { name: "late/t", critical_high: 90 });
    const send = (value: number, ts: number) =>
      site.post("/api/ingest", { tag: "late/t", value, ts });
    await send(95, Date.now());
    for (let i = 1; i <= 3; i++) await send(20, Date.now() - i * 3_600_000);
    const { status } = await site.get<{ status: string }>("/api/sensors/late/t");
    assert.equal(status, "critical");
  }));

Deno.test("readings that an older Perch stored in the future freeze nothing after the start", () =>
  withDeviceSite(async (site) => {
    await site.post("/api/ingest", { tag: "old/t", value: 1, ts: Date.now() - 1000 });
    const { num } = site.parts.registry.find("old/t")!;
    const tMs = Date.now() + 10 * 365 * 86_400_000;
    await site.parts.storage.readings.append({
      n: 1,
      sensor: Uint32Array.of(num),
      tMs: Float64Array.of(tMs),
      value: Float64Array.of(99),
      flags: Uint8Array.of(0),
      seq: null,
      packets: [],
    }, []);
    await site.restart();
    const last = async () =>
      (await site.get<{ last: { value: number } }>("/api/sensors/old/t")).last.value;
    assert.equal(await last(), 1);
    await site.post("/api/ingest", { tag: "old/t", value: 2 });
    assert.equal(await last(), 2);
  }));
