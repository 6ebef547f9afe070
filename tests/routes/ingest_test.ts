/** What ingest answers when a part of a request cannot be used, and what is counted then. */
import assert from "node:assert/strict";
import { runApp, type RunningApp } from "../support/app_client.ts";

const MS = 1_795_827_517_058;

async function withApp(test: (app: RunningApp) => Promise<void>): Promise<void> {
  const app = await runApp();
  try {
    await test(app);
  } finally {
    await app.stop();
  }
}

async function send(app: RunningApp, path: string, body: string) {
  const response = await app.ask(path, { role: "engineer", method: "POST", body });
  const text = await response.text();
  return { status: response.status, ...(text === "" ? {} : JSON.parse(text)) };
}

async function values(app: RunningApp, sensor: string): Promise<number[]> {
  const answer = await app.ask(`/api/readings?sensor=${sensor}&points=0&from=${MS - 1_000}`);
  return (await answer.json()).v;
}

Deno.test("a quote that never closes costs its line; the answer counts lines and says which", () =>
  withApp(async (app) => {
    const body = `ev,host=l6 n=1,msg="oops ${MS}\n` +
      `ev,host=l6 n=2 ${MS + 1}\nev,host=l6 n=3 ${MS + 2}\n`;
    const answer = await send(app, "/api/v2/write?precision=ms", body);
    assert.equal(answer.status, 400);
    assert.match(answer.detail, /2 lines stored, 1 refused \(line 1: the closing quote/);
    assert.deepEqual(await values(app, "l6/ev.n"), [2, 3]);
    const text = `ev,host=l7 msg="two\nlines" ${MS}\nev,host=l7 n=1 ${MS}`;
    await send(app, "/api/v2/write?precision=ms", text);
    assert.deepEqual(await values(app, "l7/ev.n"), [1]);
  }));

Deno.test("errors of line protocol have what Influx clients read, and count lines as an editor does", () =>
  withApp(async (app) => {
    const body = "# made by an export\nCREATE DATABASE water\n# data\n" +
      `h2o,location=coyote level=8.12 ${Math.floor(MS / 1000)}\n`;
    const answer = await send(app, "/api/v2/write?precision=s", body);
    assert.equal(answer.status, 400);
    assert.equal(answer.line, 2);
    assert.equal(answer.message, answer.detail);
    assert.match(answer.message, /line 2/);
    assert.match(answer.errors[0].path, /^line 2$/);
    const one = await send(app, "/api/v2/write", "m,host=z a=x");
    assert.deepEqual([one.status, one.line, one.message], [400, 1, one.detail]);
    assert.match(one.message, /a value is a number/);
  }));

Deno.test("signs that no name may hold become harmless; names stay apart over requests", () =>
  withApp(async (app) => {
    const write = (body: string) => send(app, "/api/v2/write?precision=ms", body);
    assert.equal((await write(`m,host=l14,lang=C++,queue=#1 a=1 ${MS}`)).status, 204);
    assert.deepEqual(await values(app, encodeURIComponent("l14/m.C__._1.a")), [1]);
    const other = await write(`m,host=l14,lang=C##,queue=#1 a=2 ${MS}`);
    assert.equal(other.status, 400);
    assert.match(other.message, /C##.*name of.*C\+\+/);
  }));

Deno.test("a batch of many faults lists the first and says how many more; one dead letter keeps them", () =>
  withApp(async (app) => {
    const items = Array.from({ length: 5_000 }, (_, i) => i % 2 ? 0 : { tag: "b/n", value: i });
    const answer = await send(app, "/api/ingest/batch", JSON.stringify(items));
    assert.deepEqual(
      [answer.status, answer.accepted, answer.rejected.length, answer.rejected_more],
      [200, 2_500, 100, 2_400],
    );
    assert.deepEqual(answer.rejected.slice(0, 3).map((r: { index: number }) => r.index), [1, 3, 5]);
    const { messages, rejected } = app.parts.intake.stats();
    assert.deepEqual([messages, rejected], [2_500, 2_500]);
    const status = await (await app.ask("/api/status")).json();
    assert.equal(status.readings.rejected, 2_500);
    const few = await send(app, "/api/ingest/batch", '[{"tag":"b/n","value":1}]');
    assert.ok(!("rejected_more" in few));
  }));

Deno.test("a message with one useless field is a good message, whoever sends it", () =>
  withApp(async (app) => {
    const { intake, rejects } = app.parts;
    const long = "x".repeat(2_000);
    for (let i = 0; i < 30; i++) {
      const payload = new TextEncoder().encode(
        JSON.stringify({ battery: 97, humidity: 41, temperature: 21.5 + i, notes: long }),
      );
      const { promise, resolve } = Promise.withResolvers<string>();
      intake.offer({ source: "test", topic: "factory/home/garden/th", payload, done: resolve });
      assert.equal(await promise, "stored");
    }
    await send(app, "/api/v2/write", "m,host=h a=1,b=nonsense");
    const { messages, rejected, partly } = intake.stats();
    assert.deepEqual({ messages, rejected }, { messages: 31, rejected: 0 });
    assert.ok(partly > 0);
    assert.deepEqual(rejects.counts(), []);
    assert.ok(rejects.sample().length > 0);
  }));
