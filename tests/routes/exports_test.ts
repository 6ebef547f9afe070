/** Exports by the API: at once and as jobs, and what is wrong with an order. */
import assert from "node:assert/strict";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { until } from "../support/until.ts";

const T0 = Date.UTC(2026, 9, 20);

async function withReadings(work: (app: RunningApp) => Promise<void>): Promise<void> {
  const app = await runApp();
  try {
    for (
      const [machine, sensor, unit] of [
        ["hall/press", "temperature", "°C"],
        ["hall/mixer", "speed", "rpm"],
      ]
    ) {
      await app.ingest(
        Array.from(
          { length: 300 },
          (_, i) => ({ machine, sensor, unit, ts: T0 + i * 1000, value: i }),
        ),
      );
    }
    await work(app);
  } finally {
    await app.stop();
  }
}

const RANGE = `from=${T0}&to=${T0 + 86_400_000}`;

const waitedFor = (app: RunningApp, id: string) =>
  until("the export", async () => {
    const job = await (await app.ask(`/api/exports/${id}`)).json();
    return job.state === "waiting" || job.state === "running" ? null : job;
  });

const order = (app: RunningApp, body: unknown) =>
  app.ask("/api/exports", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

Deno.test("GET /api/export gives sensors, a machine or everything, and names what is wrong", () =>
  withReadings(async (app) => {
    const rows = async (query: string) => {
      const answer = await app.ask(`/api/export?${RANGE}&${query}`);
      assert.equal(answer.status, 200, await answer.clone().text());
      return (await answer.text()).trimEnd().split("\r\n").length - 1;
    };
    assert.equal(await rows("sensors=press/temperature"), 300);
    assert.equal(await rows("sensors=press/temperature,hall/mixer/speed"), 600);
    assert.equal(await rows("machine=mixer"), 300);
    assert.equal(await rows("machine=hall"), 600);
    assert.equal(await rows("all=true&layout=wide&step=10s"), 30);
    const named = await app.ask(`/api/export?${RANGE}&all=true&format=parquet`);
    assert.match(named.headers.get("content-disposition")!, /"perch-site-20261020-\d+\.parquet"/);
    assert.equal((await named.arrayBuffer()).byteLength > 200, true);
    for (
      const [query, status, field, says] of [
        ["", 400, "query.sensors", /is missing/],
        ["all=true&machine=hall", 400, "query.sensors", /not machine and all/],
        ["machine=nowhere", 404, "machine", /no machine or area “nowhere”/],
        ["sensors=nothing", 404, "sensor", /id, full name/],
        ["all=true&step=7s", 400, "query.step", /"7s" is no step/],
        ["all=true&zone=Mars/Base", 400, "query.zone", /time zone/],
        ["all=true&format=sqlite&layout=wide", 400, "query.layout", /choose long/],
        ["all=true&format=json&decimal=comma", 400, "query.decimal", /for csv/],
        ["all=true&format=parquet&gzip=true", 400, "query.gzip", /not for parquet/],
        [`all=true&from=${T0 + 1}&to=${T0}`, 400, "query.from", /is not before/],
      ] as const
    ) {
      const answer = await app.ask(`/api/export?${query}`);
      const problem = await answer.json();
      assert.equal(answer.status, status, `${query}: ${JSON.stringify(problem)}`);
      assert.equal(problem.errors[0].path, field, query);
      assert.match(problem.errors[0].message, says, query);
    }
  }));

Deno.test("POST /api/exports: a job with an end, a file, a list; it is deleted with its file", () =>
  withReadings(async (app) => {
    const body = { all: true, from: T0, to: T0 + 600_000, format: "ndjson", gzip: true };
    const ordered = await order(app, body);
    assert.equal(ordered.status, 202, await ordered.clone().text());
    const { id } = await ordered.json();
    const job = await waitedFor(app, id);
    assert.equal(job.state, "done", job.error);
    assert.deepEqual(job.result, { rows: 600, sensors: 2, tier: "raw", damaged: 0 });
    const file = await app.ask(`/api/exports/${id}/file`);
    const text = await new Response(file.body!.pipeThrough(new DecompressionStream("gzip"))).text();
    const [head, ...lines] = text.trimEnd().split("\n");
    assert.equal(typeof JSON.parse(head).perch.site, "string");
    assert.equal(lines.length, 600);
    const { items } = await (await app.ask("/api/exports")).json();
    assert.deepEqual(items.map((one: { id: string }) => one.id), [id]);
    assert.equal((await app.ask(`/api/exports/${id}`, { method: "DELETE" })).status, 204);
    assert.equal((await app.ask(`/api/exports/${id}/file`)).status, 404);
    const wrong = await (await order(app, { all: true, from: "yesterday" })).json();
    assert.match(wrong.errors[0].message, /epoch milliseconds, ISO 8601/);
  }));
