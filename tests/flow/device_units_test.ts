/**
 * A unit that changes is asked about, never mixed.
 * `SABOTAGE=device_units`: see `tests/support/device_site.ts`.
 */
import assert from "node:assert/strict";
import { type DeviceSite, withDeviceSite } from "../support/device_site.ts";

interface One {
  id: string;
  name: string;
  unit: string;
  status: string;
  critical_high: number | null;
  other_units?: { unit: string; choice: string; sensor: string; convertible: boolean }[];
}

const NAME = "j15/temp";
const APART = "j15/temp (°F)";

async function changed(site: DeviceSite): Promise<One> {
  await site.post("/api/sensors", { name: NAME, unit: "°C", critical_high: 60 });
  const tMs = Date.now() - 10_000;
  const reading = (value: number, unit: string, ts: number) => ({
    machine: "j15",
    sensor: "temp",
    value,
    unit,
    ts,
  });
  const batch = [reading(20, "°C", tMs), reading(68, "°F", tMs + 1), reading(21, "degC", tMs + 2)];
  const { status, text } = await site.post("/api/ingest/batch", batch);
  assert.equal(status, 200);
  assert.match(text, /"accepted":3/);
  return await site.get<One>(`/api/sensors/${NAME}`);
}

const choose = (site: DeviceSite, id: string, choice: string, unit = "°F") =>
  site.post(`/api/sensors/${id}/unit`, { unit, choice });
const send = (site: DeviceSite, value: number, unit: string) =>
  site.post("/api/ingest", { machine: "j15", sensor: "temp", value, unit });

Deno.test("readings in another unit are kept apart, marked, told once, and judged by nobody's limits", () =>
  withDeviceSite(async (site) => {
    const one = await changed(site);
    const check = async (when: string) => {
      assert.deepEqual(await site.values(NAME), [20, 21], when);
      assert.deepEqual(await site.values(APART), [68], when);
      const again = await site.get<One>(`/api/sensors/${NAME}`);
      assert.deepEqual(again.other_units, one.other_units, when);
      assert.equal(again.status, "normal", when);
      assert.match(await site.page(`/sensors/${one.id}`), /Now reports °F instead of °C/, when);
    };
    assert.deepEqual(one.other_units?.map(({ unit, choice, sensor }) => [unit, choice, sensor]), [
      ["°F", "asked", APART],
    ]);
    assert.equal((await site.get<One>(`/api/sensors/${encodeURI(APART)}`)).unit, "°F");
    await check("at once");
    await site.restart();
    await check("after a restart");
    const { items } = await site.parts.events.list({ types: ["sensor.unit_changed"], limit: 10 });
    assert.equal(items.length, 1);
    assert.match(items[0].text, /J15: Temp now reports °F instead of °C/);
  }));

Deno.test("convert from now on", () =>
  withDeviceSite(async (site) => {
    const { id } = await changed(site);
    assert.equal((await choose(site, id, "convert")).status, 200);
    await send(site, 77, "°F");
    await send(site, 26, "°C");
    assert.deepEqual(await site.values(NAME), [20, 21, 25, 26]);
    await site.restart();
    await send(site, 158, "F");
    assert.deepEqual(await site.values(NAME), [20, 21, 25, 26, 70]);
    assert.equal((await site.get<One>(`/api/sensors/${id}`)).status, "critical");
    assert.deepEqual(await site.values(APART), [68]);
  }));

Deno.test("take the new unit: history stays under its own, limits are converted", () =>
  withDeviceSite(async (site) => {
    const { id } = await changed(site);
    const { status, text } = await choose(site, id, "take");
    assert.equal(status, 200, text);
    await send(site, 70, "°F");
    await send(site, 22, "°C");
    assert.deepEqual(await site.values(NAME), [68, 70]);
    assert.deepEqual(await site.values("j15/temp (°C)"), [20, 21, 22]);
    const now = await site.get<One>(`/api/sensors/${NAME}`);
    assert.deepEqual([now.unit, now.critical_high], ["°F", 140]);
    assert.equal((await site.get<One>(`/api/sensors/${id}`)).name, "j15/temp (°C)");
    await site.restart();
    await send(site, 71, "°F");
    assert.deepEqual(await site.values(NAME), [68, 70, 71]);
  }));

Deno.test("a sensor of its own, by the page's form; and what cannot be chosen is refused", () =>
  withDeviceSite(async (site) => {
    const { id } = await changed(site);
    assert.equal((await choose(site, id, "convert", "bar")).status, 400);
    assert.equal((await choose(site, id, "guess")).status, 400);
    const { status, text } = await choose(site, id, "new_sensor");
    assert.equal(status, 200, text);
    await send(site, 70, "°F");
    assert.deepEqual(await site.values(APART), [68, 70]);
    assert.doesNotMatch(await site.page(`/sensors/${id}`), /Now reports/);
    // A unit that cannot be converted is kept apart as well.
    await send(site, 40, "%");
    const refused = await choose(site, id, "convert", "%");
    assert.match(refused.text, /% cannot be converted into °C/);
    assert.deepEqual(await site.values("j15/temp (%)"), [40]);
  }));

Deno.test("exact conversions and spellings of one unit", () =>
  withDeviceSite(async (site) => {
    const pairs: [string, string, number, number][] = [
      ["V", "mV", 1500, 1.5],
      ["W", "kW", 2.5, 2500],
      ["Pa", "hPa", 1013.25, 101325],
    ];
    for (const [own, other, sent, stored] of pairs) {
      const post = (value: number, unit: string) =>
        site.post("/api/ingest", { machine: "u", sensor: own, value, unit });
      await post(1, own);
      await post(sent, other);
      assert.deepEqual(await site.values(`u/${own}`), [1]);
      const { id } = await site.get<One>(`/api/sensors/u/${own}`);
      await choose(site, id, "convert", other);
      await post(sent, other);
      assert.deepEqual(await site.values(`u/${own}`), [1, stored]);
    }
    for (const unit of ["%", "percent", "% RH"]) {
      await site.post("/api/ingest", { machine: "u", sensor: "h", value: 40, unit });
    }
    assert.equal((await site.values("u/h")).length, 3);
  }));
