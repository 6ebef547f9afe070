import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { newTargetShape } from "../../lib/commands/target.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { EventReader } from "../support/sse.ts";
import { until } from "../support/until.ts";

async function withApp(test: (app: RunningApp) => Promise<void>): Promise<void> {
  const app = await runApp();
  try {
    await app.ingest([
      { machine: "hall/press", sensor: "temperature", value: 1 },
      { machine: "hall/mixer", sensor: "mode", value: "idle" },
    ]);
    await test(app);
  } finally {
    await app.stop();
  }
}

async function open(app: RunningApp, query: string): Promise<EventReader> {
  const response = await app.ask(`/api/stream${query}`);
  assert.equal(response.status, 200);
  return new EventReader(response.body!);
}

/** Where the stream of a page begins that is drawn now. */
async function drawnAt(app: RunningApp, path: string): Promise<string> {
  const page = await (await app.ask(path)).text();
  return /data-since="([^"]+)"/.exec(page)![1];
}

/** Names of the readings in the next event. */
async function names(reader: EventReader): Promise<string[]> {
  const { type, data } = (await reader.next())!;
  assert.equal(type, "reading");
  return JSON.parse(data).readings.map((reading: { sensor: string }) => reading.sensor);
}

Deno.test("GET /api/stream is an unbuffered, uncompressed event stream that begins with hello", () =>
  withApp(async (app) => {
    const response = await app.ask("/api/stream", { headers: { "accept-encoding": "gzip, br" } });
    assert.match(response.headers.get("content-type")!, /^text\/event-stream/);
    assert.equal(response.headers.get("x-accel-buffering"), "no");
    assert.equal(response.headers.get("content-encoding"), null);
    assert.match(response.headers.get("cache-control")!, /no-store.*no-transform/);
    const reader = new EventReader(response.body!);
    assert.equal((await reader.next())!.type, "hello");
    await app.ingest([{
      machine: "hall/mixer",
      sensor: "mode",
      value: "running",
      ts: 1700000000000,
    }]);
    assert.equal(
      (await reader.next())!.data,
      '{"readings":[{"sensor":"hall/mixer/mode","ts":1700000000000,"value":"running"}]}',
    );
    await reader.cancel();
  }));

Deno.test("GET /api/stream is refused to a page that was made for somebody else", () =>
  withApp(async (app) => {
    const { id } = await (await app.ask("/api/users/me")).json();
    await (await open(app, `?person=${id}`)).cancel();
    const refused = await app.ask("/api/stream?person=somebody");
    assert.equal(refused.status, 401);
    assert.equal((await refused.json()).code, "unauthenticated");
  }));

Deno.test("GET /api/stream filters by type, sensor (every name) and machine", () =>
  withApp(async (app) => {
    const { items } = await (await app.ask("/api/sensors?q=temperature")).json();
    const filters = [
      `?sensor=${items[0].id}`,
      "?sensor=hall/press/temperature",
      "?sensor=press/temperature&types=reading",
      "?machine=hall/press",
      "?machine=press",
    ];
    for (const filter of filters) {
      const reader = await open(app, filter);
      await reader.next();
      await app.ingest([
        { machine: "hall/mixer", sensor: "mode", value: "idle" },
        { machine: "hall/press", sensor: "temperature", value: 2 },
      ]);
      assert.deepEqual(await names(reader), ["hall/press/temperature"], filter);
      await reader.cancel();
    }
    const area = await open(app, "?machine=hall&types=reading,status");
    await area.next();
    await app.ingest([{ machine: "hall/mixer", sensor: "mode", value: "idle" }]);
    assert.deepEqual(await names(area), ["hall/mixer/mode"]);
    await area.cancel();
  }));

Deno.test("GET /api/stream resumes from the header and from the query", () =>
  withApp(async (app) => {
    const first = await open(app, "?types=reading");
    const { id } = (await first.next())!;
    await first.cancel();
    await app.ingest([{ machine: "hall/press", sensor: "temperature", value: 3 }]);
    const byQuery = await open(app, `?types=reading&last_event_id=${id}`);
    const response = await app.ask("/api/stream?types=reading", {
      headers: { "last-event-id": id },
    });
    for (const reader of [byQuery, new EventReader(response.body!)]) {
      assert.equal(JSON.parse((await reader.next())!.data).resumed, true);
      assert.equal(JSON.parse((await reader.next())!.data).readings[0].value, 3);
      await reader.cancel();
    }
  }));

Deno.test("GET /api/stream names what is wrong with a filter", () =>
  withApp(async (app) => {
    const cases: [string, number, RegExp][] = [
      ["?types=reading,weather", 400, /query\.types/],
      ["?sensor=none", 404, /"none"/],
      ["?machine=none", 404, /“none”/],
      ["?colour=red", 400, /colour/],
    ];
    for (const [query, status, detail] of cases) {
      const response = await app.ask(`/api/stream${query}`);
      assert.equal(response.status, status, query);
      assert.match((await response.json()).detail, detail);
    }
  }));

Deno.test("GET /api/stream brings a page what came of an order and a job while nobody listened", () =>
  withApp(async (app) => {
    const { access, commands } = app.parts;
    const actor = systemActor("test");
    const target = newTargetShape.parse({
      ...{ name: "Mode", kind: "select", options: ["idle", "running"] },
      ...{ sensor: "hall/mixer/mode", way: { topic: "cmnd/mixer" } },
    });
    const { id } = await commands.targets.add(
      target,
      (change) => access.audit.statement({ actor, ...change }),
    );
    // Drawn before, as the page that a form leads to.
    const since = await drawnAt(app, "/machines/hall/mixer");
    const headers = { "content-type": "application/json" };
    const post = (path: string, body: unknown) =>
      app.ask(path, { method: "POST", role: "engineer", headers, body: JSON.stringify(body) });
    await commands.order(id, "running", {
      ...{ actor: "system", name: "test", confirmed: false },
      audited: (change) => access.audit.statement({ actor, ...change }),
    });
    await app.ingest([{ machine: "hall/mixer", sensor: "mode", value: "running" }]);
    const exported = await post("/api/exports", { sensors: ["hall/press/temperature"] });
    assert.ok(exported.ok, await exported.text());
    const isEnded = ({ state }: { state: string }) => state === "confirmed" || state === "done";
    await until("both to have ended", async () => {
      const [order] = (await commands.list({})).items;
      const { items: [job] } = await (await app.ask("/api/exports", { role: "engineer" })).json();
      return isEnded(order) && isEnded(job) || null;
    });
    const reader = await open(app, `?types=command,job&last_event_id=${since}`);
    const late = setTimeout(() => void reader.cancel(), 10_000);
    const ended: string[] = [];
    for (let event; ended.length < 2 && (event = await reader.next());) {
      if (isEnded(JSON.parse(event.data))) ended.push(event.type);
    }
    clearTimeout(late);
    assert.deepEqual(ended.sort(), ["command", "job"]);
    await reader.cancel();
  }));

Deno.test("GET /api/stream goes on where a page was drawn, also one where nothing but the number of alarms lives", () =>
  withApp(async (app) => {
    const since = await drawnAt(app, "/more");
    await app.ingest([{ machine: "hall/press", sensor: "temperature", value: 4 }]);
    const reader = await open(app, `?types=reading&last_event_id=${since}`);
    assert.equal(JSON.parse((await reader.next())!.data).resumed, true);
    assert.equal(JSON.parse((await reader.next())!.data).readings[0].value, 4);
    await reader.cancel();
  }));

Deno.test("GET /api/stream brings a page what became of a status while nobody listened", () =>
  withApp(async (app) => {
    const since = await drawnAt(app, "/machines/hall/press");
    const limited = await app.ask("/api/sensors/hall/press/temperature", {
      ...{ method: "PATCH", role: "engineer" },
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ warning_high: 80 }),
    });
    assert.ok(limited.ok, await limited.text());
    await app.ingest([{ machine: "hall/press", sensor: "temperature", value: 85 }]);
    // What changed is looked at every two seconds.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const reader = await open(app, `?types=status&last_event_id=${since}`);
    const late = setTimeout(() => void reader.cancel(), 8_000);
    const changed: string[] = [];
    for (let event; changed.length === 0 && (event = await reader.next());) {
      if (event.type === "status") changed.push(...JSON.parse(event.data).changes.map(nameOf));
    }
    clearTimeout(late);
    assert.ok(changed.includes("hall/press/temperature"), String(changed));
    await reader.cancel();
  }));

const nameOf = ({ sensor, machine }: { sensor?: string; machine?: string }) => sensor ?? machine;
