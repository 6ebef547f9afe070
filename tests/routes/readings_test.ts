import assert from "node:assert/strict";
import { csvCell } from "../../lib/words/csv.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";

const T0 = Date.UTC(2026, 0, 5, 12);

async function withReadings(test: (app: RunningApp) => Promise<void>): Promise<void> {
  const app = await runApp();
  try {
    const temperature = Array.from({ length: 600 }, (_, i) => ({
      machine: "hall/press",
      sensor: "temperature",
      unit: "°C",
      ts: T0 + i * 1000,
      value: i === 300 ? 99.5 : 20 + i % 10,
    }));
    const mode = ["idle", "=1+1", "running"].map((value, i) => ({
      machine: "hall/press",
      sensor: "mode",
      ts: T0 + i * 1000,
      value,
    }));
    await app.ingest([...temperature, ...mode]);
    await test(app);
  } finally {
    await app.stop();
  }
}

Deno.test("GET /api/readings gives exact buckets, the spike included", () =>
  withReadings(async (app) => {
    const query = `sensor=press/temperature&from=${T0}&to=${T0 + 600_000}&points=10`;
    const answer = await (await app.ask(`/api/readings?${query}`)).json();
    assert.equal(answer.sensor, "hall/press/temperature");
    assert.equal(answer.unit, "°C");
    assert.equal(answer.t.length, 10);
    assert.equal(Math.max(...answer.max), 99.5);
    assert.equal(answer.n.reduce((a: number, b: number) => a + b), 600);
    assert.deepEqual([answer.min[0], answer.mean[0], answer.max[0]], [20, 24.5, 29]);
  }));

Deno.test("GET /api/readings with points=0 gives the readings, page by page", () =>
  withReadings(async (app) => {
    const query = `sensor=press/temperature&from=${T0}&to=${T0 + 600_000}&points=0&limit=400`;
    const first = await (await app.ask(`/api/readings?${query}`)).json();
    assert.deepEqual([first.t.length, first.t[0], first.v[0]], [400, T0, 20]);
    const second = await (await app.ask(`/api/readings?${query}&cursor=${first.next}`)).json();
    assert.equal(second.t.length, 200);
    assert.equal(second.next, null);
    const mode = await app.ask(`/api/readings?sensor=press/mode&from=${T0}&points=0`);
    assert.deepEqual((await mode.json()).v, ["idle", "=1+1", "running"]);
  }));

Deno.test("GET /api/readings as CSV and NDJSON has every reading; formulas are text", () =>
  withReadings(async (app) => {
    const query = `sensor=press/temperature&from=${T0}&to=${T0 + 600_000}&points=0`;
    const csv = await app.ask(`/api/readings?${query}&format=csv`);
    assert.match(csv.headers.get("content-disposition")!, /hall_press_temperature\.csv/);
    const lines = (await csv.text()).trim().split("\r\n");
    assert.equal(lines.length, 601);
    assert.equal(lines[0], "ts,time,sensor,value,unit,note");
    assert.equal(lines[1], `${T0},2026-01-05T12:00:00.000Z,hall/press/temperature,20,°C,`);
    const mode = await app.ask(`/api/readings?sensor=press/mode&from=${T0}&points=0&format=csv`);
    assert.match(await mode.text(), /,'=1\+1,/);
    const ndjson = await app.ask(`/api/readings?${query}&format=ndjson`);
    const items = (await ndjson.text()).trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(items[300], {
      sensor: "hall/press/temperature",
      ts: T0 + 300_000,
      value: 99.5,
    });
  }));

Deno.test("GET /api/readings says in every format that a time is not the device's own", () =>
  withReadings(async (app) => {
    for (const reading of [{ value: 1 }, { value: 2, ts: 5 }]) {
      const response = await app.ask("/api/ingest", {
        role: "engineer",
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ machine: "hall/press", sensor: "noted", ...reading }),
      });
      assert.equal(response.status, 200);
    }
    const query = "/api/readings?sensor=press/noted&points=0&from=0&to=4000000000000";
    const text = async (format: string) => (await (await app.ask(query + format)).text()).trim();
    const json = JSON.parse(await text(""));
    assert.deepEqual([json.v, json.notes], [[1, 2], [null, "device_clock"]]);
    const ndjson = (await text("&format=ndjson")).split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(ndjson.map(({ value, note }) => [value, note]), [[1, undefined], [
      2,
      "device_clock",
    ]]);
    const csv = (await text("&format=csv")).split("\r\n").slice(1);
    assert.deepEqual(csv.map((line) => line.split(",").slice(3)), [["1", "", ""], [
      "2",
      "",
      "device_clock",
    ]]);
  }));

Deno.test("GET /api/readings names the field, the value and what is allowed", () =>
  withReadings(async (app) => {
    const cases: [string, number, RegExp][] = [
      ["", 400, /query\.sensor/],
      ["sensor=none", 404, /"none"/],
      ["sensor=press/temperature&from=yesterday", 400, /query\.from: "yesterday".*epoch milli/],
      ["sensor=press/temperature&points=1e9", 400, /query\.points: "1e9".*0 to 10000/],
      ["sensor=press/temperature&from=5&to=5", 400, /query\.from: 5 is not before/],
      ["sensor=press/temperature&colour=red", 400, /query\.colour: unknown field/],
    ];
    for (const [query, status, detail] of cases) {
      const response = await app.ask(`/api/readings?${query}`);
      assert.equal(response.status, status, query);
      assert.match((await response.json()).detail, detail);
    }
  }));

Deno.test("GET /api/sensors lists, filters and pages; a sensor is found by every name", () =>
  withReadings(async (app) => {
    const all = await (await app.ask("/api/sensors")).json();
    assert.deepEqual(all.items.map((s: { sensor: string }) => s.sensor), ["mode", "temperature"]);
    const temperature = all.items[1];
    assert.deepEqual(temperature.last, { value: 29, ts: T0 + 599_000 });
    assert.equal(temperature.machine, "hall/press");
    assert.equal(temperature.kind, "number");
    const page = await (await app.ask("/api/sensors?limit=1")).json();
    const next = await (await app.ask(`/api/sensors?limit=1&cursor=${page.next}`)).json();
    assert.deepEqual([next.items[0].id, next.next], [temperature.id, null]);
    const found = await (await app.ask("/api/sensors?q=TEMP&kind=number")).json();
    assert.equal(found.items.length, 1);
    for (const machine of ["hall/press", "press", "hall"]) {
      const { items } = await (await app.ask(`/api/sensors?machine=${machine}`)).json();
      assert.equal(items.length, 2, machine);
    }
    assert.equal((await app.ask("/api/sensors?machine=none")).status, 404);
    for (const name of [temperature.id, "hall/press/temperature", "press/temperature"]) {
      const one = await (await app.ask(`/api/sensors/${name}`)).json();
      assert.equal(one.id, temperature.id, name);
    }
  }));

Deno.test("GET /api/status, /api/stats and /api/sources tell what was stored and what was refused", () =>
  withReadings(async (app) => {
    await app.ask("/api/ingest/batch", {
      role: "engineer",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([{ machine: "m", sensor: "s", value: {} }]),
    });
    const status = await (await app.ask("/api/status")).json();
    assert.deepEqual([status.readings.stored, status.readings.rejected], [603, 1]);
    assert.equal(status.sensors.total, 2);
    assert.ok(status.components.length > 0);
    const stats = await (await app.ask("/api/stats")).json();
    assert.equal(stats.readings.stored, 603);
    const sources = await (await app.ask("/api/sources")).json();
    assert.equal(sources.rejected.total, 1);
    assert.equal(sources.rejected.latest[0].code, "bad_value");
    assert.match(sources.rejected.latest[0].payload, /"sensor":"s"/);
  }));

Deno.test("csvCell quotes, and disarms text that a spreadsheet would run", () => {
  const cases: [string | number | null, string][] = [
    ["plain", "plain"],
    ["a,b", '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@x", "'@x"],
    ["\tx", "'\tx"],
    [-1.5, "-1.5"],
    [1e21, "1e+21"],
    [null, ""],
    ["two\nlines", '"two\nlines"'],
  ];
  for (const [value, expected] of cases) assert.equal(csvCell(value), expected);
});

Deno.test("GET /api/readings takes seconds and ISO 8601 as it takes milliseconds", () =>
  withReadings(async (app) => {
    const iso = (ms: number) => encodeURIComponent(new Date(ms).toISOString());
    for (
      const range of [
        `from=${T0}&to=${T0 + 60_000}`,
        `from=${T0 / 1000}&to=${T0 / 1000 + 60}`,
        `from=${iso(T0)}&to=${iso(T0 + 60_000)}`,
      ]
    ) {
      const answer = await app.ask(`/api/readings?sensor=press/temperature&points=0&${range}`);
      assert.equal((await answer.json()).v.length, 60, range);
    }
    for (const from of [String(T0 * 1000), "yesterday"]) {
      const refused = await app.ask(`/api/readings?sensor=press/temperature&from=${from}`);
      assert.equal(refused.status, 400, from);
      assert.match(JSON.stringify(await refused.json()), /query\.from.*is not a time/);
    }
  }));

Deno.test("times in queries: now and so long ago", () =>
  withReadings(async (app) => {
    const nowMs = Date.now();
    await app.ingest([-90_000, -10_000].map((ago) => ({
      machine: "hall/press",
      sensor: "load",
      ts: nowMs + ago,
      value: ago,
    })));
    const load = (range: string) => app.ask(`/api/readings?sensor=press/load&points=0&${range}`);
    const values = async (range: string) => (await (await load(range)).json()).v;
    assert.deepEqual(await values("from=-1h&to=now"), [-90_000, -10_000]);
    assert.deepEqual(await values("from=-1h&to=-60s"), [-90_000]);
    assert.deepEqual(await values("from=-60s"), [-10_000]);
    const sensor = app.parts.registry.find("hall/press/load")!.id;
    for (
      const list of [
        "/api/alarms?",
        "/api/anomalies?",
        "/api/predictions?",
        "/api/readings?sensor=press/load&",
        `/api/sensors/${sensor}/trend?`,
      ]
    ) {
      const taken = await app.ask(`${list}from=-6h&to=now`);
      assert.equal(taken.status, 200, `${list}: ${await taken.text()}`);
      const refused = await app.ask(`${list}from=-6w`);
      assert.equal(refused.status, 400, list);
      assert.match(await refused.text(), /query\.from.*-6w.*`now`, or so long ago as/, list);
    }
  }));

Deno.test("GET /api/readings and /api/anomalies take a tag as other systems call a sensor", () =>
  withReadings(async (app) => {
    await app.ingest([{ tag: "outside", value: 7, timestamp: T0 }]);
    const namesOf = async (query: string) => {
      const answer = await app.ask(`/api/readings?${query}&from=${T0}&to=${T0 + 1}&points=0`);
      const { sensor, v, detail } = await answer.json();
      return detail ?? `${sensor} ${v}`;
    };
    assert.equal(await namesOf("tag=outside"), "default/outside 7");
    assert.equal(await namesOf("tag=press/temperature"), "hall/press/temperature 20");
    assert.match(await namesOf("tag=nothing"), /there is no sensor "nothing"/);
    assert.match(await namesOf("tag=outside&sensor=press/mode"), /give one of them/);
    assert.match(await namesOf(""), /^query\.sensor: is missing/);
    for (const [query, status] of [["tag=outside", 200], ["tag=nothing", 404]] as const) {
      const answer = await app.ask(`/api/anomalies?${query}`);
      await answer.body?.cancel();
      assert.equal(answer.status, status, query);
    }
  }));

Deno.test("GET /api/readings/latest gives the newest readings of all sensors", () =>
  withReadings(async (app) => {
    const latest = async (limit: number) =>
      (await (await app.ask(`/api/readings/latest?limit=${limit}`)).json()).items;
    const short = ({ sensor, ts, value }: { sensor: string; ts: number; value: unknown }) =>
      `${sensor} ${(ts - T0) / 1000} ${value}`;
    assert.deepEqual((await latest(3)).map(short), [
      "hall/press/temperature 599 29",
      "hall/press/temperature 598 28",
      "hall/press/temperature 597 27",
    ]);
    const all = await latest(1000);
    assert.equal(all.length, 603);
    assert.deepEqual(all.slice(-2).map(short).sort(), [
      "hall/press/mode 0 idle",
      "hall/press/temperature 0 20",
    ]);
    assert.equal((await app.ask("/api/readings/latest?limit=0")).status, 400);
  }));
