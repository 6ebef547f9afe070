/** Predictions and models over HTTP, with the whole application, its database and its worker. */
import assert from "node:assert/strict";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { createPredictions } from "../../lib/detect/predict/predictions.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { groupOf } from "../support/directory.ts";

const STEP_MS = 10_000;
const MACHINE = "hall-1/press-3";

async function withApp(run: (app: RunningApp) => Promise<void>): Promise<void> {
  const app = await runApp();
  try {
    await run(app);
  } finally {
    await app.stop();
  }
}

type Json = Record<string, never>;
const json = async (response: Response): Promise<Json> => {
  const body = await response.json();
  assert.ok(response.ok, JSON.stringify(body));
  return body;
};

/** Three sensors that move together, with a little noise of their own. */
function usual(i: number): Record<string, number> {
  const load = Math.sin(i / 30);
  const noise = (k: number) => Math.sin(i * 12.9898 * k) * 0.3;
  return {
    temperature: 60 + 3 * load + noise(1),
    current: 12 + 2 * load + noise(2),
    pressure: 5 - load + noise(3),
  };
}

/** History of usual operation up to now. */
async function teach(app: RunningApp, hours: number, values = usual): Promise<void> {
  const rows = Math.round(hours * 3_600_000 / STEP_MS);
  const firstMs = Math.floor(Date.now() / STEP_MS) * STEP_MS - rows * STEP_MS;
  for (let from = 0; from < rows; from += 500) {
    const readings = [];
    for (let i = from; i < Math.min(rows, from + 500); i++) {
      for (const [sensor, value] of Object.entries(values(i))) {
        readings.push({ machine: MACHINE, sensor, value, ts: firstMs + i * STEP_MS });
      }
    }
    await app.ingest(readings);
  }
}

async function retrain(app: RunningApp): Promise<Response> {
  return await app.ask("/api/ai/retrain", {
    role: "admin",
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ machine: MACHINE }),
  });
}

/** Until nothing is trained any more. */
async function trained(app: RunningApp): Promise<Json> {
  for (let i = 0; i < 300; i++) {
    const status = await json(await app.ask("/api/ai/status"));
    if ((status.training as unknown[]).length === 0) return status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("training did not end");
}

let clockMs = 0;
/** One row of readings now, and a look at it. */
async function row(app: RunningApp, values: Record<string, number>): Promise<void> {
  // Readings of the same millisecond and value count as repeated.
  clockMs = Math.max(clockMs + 1, Date.now());
  await app.ingest(
    Object.entries(values).map(([sensor, value]) => ({
      machine: MACHINE,
      sensor,
      value,
      ts: clockMs,
    })),
  );
  await app.parts.predictions.look({ all: true });
}

Deno.test("predictions: rules until a model is trained, then the model; a fault is explained", () =>
  withApp(async (app) => {
    await teach(app, 2.5);
    const now = async () =>
      (await json(await app.ask("/api/predictions?current=true"))).items[0] as Json;
    // Its own look may just be at it: what it looks up is there at the next one.
    let learning: Json;
    do {
      await row(app, usual(900));
      learning = await now();
    } while (/not looked at yet|none so far/.test(JSON.stringify(learning)));
    assert.deepEqual([learning.source, learning.learning, learning.class], [
      "rules",
      true,
      "normal",
    ]);
    assert.match(learning.summary, /3 h of readings are needed, 2\.5 h so far/);
    assert.match(
      await (await app.ask("/predictions")).text(),
      /Still learning what is usual of 1 of 1 machine/,
    );
    assert.match(
      await (await app.ask("/")).text(),
      /still learning what is usual of 1 of 1 machine/,
    );
    assert.match((learning.remaining_life as Json).text, /no sensor of this machine has a limit/);

    const asked = await retrain(app);
    assert.equal(asked.status, 202);
    assert.deepEqual((await asked.json()).queued, [MACHINE]);
    const status = await trained(app);
    const model = (status.models as Json[])[0];
    assert.equal(model.version, 1);
    assert.ok(Number(model.rows) >= 890 && Number(model.rows) <= 902, `${model.rows} rows`);
    assert.equal((model.sensors as unknown[]).length, 3);

    for (let i = 0; i < 5; i++) await row(app, usual(901 + i));
    const calm = (await json(await app.ask("/api/predictions?current=true"))).items[0] as Json;
    assert.equal(calm.source, "model");
    assert.equal(calm.class, "normal", JSON.stringify(calm));

    for (let i = 0; i < 40; i++) {
      const values = usual(906 + i);
      await row(app, { ...values, temperature: values.temperature + 0.4 * i });
    }
    const { items } = await json(
      await app.ask(`/api/predictions?class=critical&machine=${MACHINE}`),
    );
    assert.ok((items as Json[]).length >= 1, "the change of class was stored");
    const odd = (items as Json[])[0];
    const why = await json(await app.ask(`/api/predictions/${odd.id}/explain`));
    assert.equal((why.features as unknown[]).length, 25);
    assert.equal((why.sensors as Json[])[0].name, `${MACHINE}/temperature`);
    assert.match(why.action, /temperature/);
    const sum = (why.features as Json[]).reduce((s, f) => s + Number(f.contribution), 0);
    assert.ok(Math.abs(sum - 1) < 0.01);

    const page = await (await app.ask(`/predictions/${odd.id}`)).text();
    assert.match(page, /Press 3/);
    assert.match(page, /class="value outside"/);
    const list = await (await app.ask("/predictions")).text();
    assert.match(list, /1 of 1 machine runs unusually/);
  }));

Deno.test("predictions: only changes of class and one in ten minutes are stored", () =>
  withApp(async (app) => {
    await teach(app, 1);
    for (let i = 0; i < 20; i++) await row(app, usual(i));
    const { items } = await json(await app.ask("/api/predictions"));
    assert.equal((items as unknown[]).length, 1);
  }));

Deno.test("retrain: a history that teaches nothing is said in words, and rules go on", () =>
  withApp(async (app) => {
    await teach(app, 0.5);
    await retrain(app);
    await trained(app);
    await teach(app, 2, () => ({ temperature: 5 }));
    await row(app, { temperature: 5 });
    const logs = (await json(await app.ask("/api/ai/logs?level=warn"))).items as Json[];
    assert.match(logs[0].message, /no new model: the history is too short: 30 minutes/);
    const status = await json(await app.ask("/api/ai/status"));
    assert.equal(status.state, "rules");
    assert.equal(status.trainings_failed, 1);
    assert.deepEqual(status.without_model, [MACHINE]);
    const { items } = await json(await app.ask("/api/predictions?current=true"));
    assert.equal((items as Json[])[0].source, "rules");
  }));

Deno.test("retrain: three versions are kept, and their bytes come back whole", () =>
  withApp(async (app) => {
    await teach(app, 1.5);
    for (let i = 0; i < 4; i++) {
      await retrain(app);
      await trained(app);
    }
    const models = await app.parts.predictions.store.models(MACHINE);
    assert.deepEqual(models.map((m) => m.version), [4, 3, 2]);
    const bytes = await app.parts.predictions.store.bytesOf(models[0].id);
    assert.equal(bytes!.byteLength, models[0].bytes);
  }));

Deno.test("predictions: after a start the stored model judges the first row", () =>
  withApp(async (app) => {
    await teach(app, 1.5);
    await retrain(app);
    await trained(app);
    const { storage, registry } = app.parts;
    const again = createPredictions({
      clock: systemClock(),
      log: silentLog(),
      db: storage.db,
      sensors: registry,
      readings: storage.readings,
      limitsOf: () => null,
      publish: () => {},
      retrainDays: () => 7,
    });
    const abort = new AbortController();
    const sensor = registry.find(`${MACHINE}/temperature`)!;
    again.add(
      groupOf(registry, [{ sensor: sensor.name, tMs: Date.now(), value: 60 }]),
    );
    const running = again.tasks[0].run(abort.signal).catch(() => {});
    for (let i = 0; i < 100 && again.current().length === 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    abort.abort();
    await running;
    const [first] = again.current();
    assert.equal(first.source, "model");
    assert.equal(first.features.length, 25);
  }));

Deno.test("remaining life is learned from machines of a kind that failed: by tag, and by a ticket", () =>
  withApp(async (app) => {
    const HOUR = 3_600_000;
    /** Hourly values of a machine that fails `life` hours after its first reading. */
    const run = async (machine: string, life: number, { hours = life, agoHours = 1 } = {}) => {
      const endMs = (Math.floor(Date.now() / HOUR) - agoHours) * HOUR;
      await app.ingest(
        Array.from({ length: hours }, (_, i) => {
          const wear = Math.exp((i - life) / 20), wave = Math.sin(i * 12.9898 * life);
          const ts = endMs - (hours - 1 - i) * HOUR;
          return [
            { machine, sensor: "heat", value: 50 + 20 * wear + 0.2 * wave, ts },
            { machine, sensor: "flow", value: 12 - 6 * wear - 0.1 * wave, ts },
          ];
        }).flat(),
      );
    };
    const ask = async (method: string, path: string, body: unknown) =>
      json(
        await app.ask(path, {
          role: "admin",
          method,
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
      );
    const learn = () => app.parts.predictions.learnFleets(new AbortController().signal);
    const lifeNow = async (machine: string) => {
      await app.ingest([
        { machine, sensor: "heat", value: 57, ts: Date.now() - 1 },
        { machine, sensor: "flow", value: 9.9, ts: Date.now() - 1 },
      ]);
      app.parts.predictions.renew(machine);
      await app.parts.predictions.look({ all: true });
      const { items } = await json(
        await app.ask(`/api/predictions?current=true&machine=${machine}`),
      );
      return (items as Json[]).find((one) => one.machine === machine)!.remaining_life as Json;
    };
    for (let i = 0; i < 9; i++) {
      await run(`fleet/e${i}`, 70 + 6 * i);
      const { id } = app.parts.registry.machines.find(`fleet/e${i}`)!;
      await ask("PATCH", `/api/machines/${id}`, { tags: ["failed"] });
    }
    await run("fleet/e9", 90);
    await run("fleet/now", 100, { hours: 80 });
    assert.equal(await learn(), 0, "nine are too few");
    assert.match(
      (await lifeNow("fleet/now")).text,
      /it takes ten failures of machines with the same sensors, and 9 are known so far/,
    );
    const models = async () => await (await app.ask("/models")).text();
    assert.match(await models(), /11 machines, 9 failures so far; it takes 10 to learn from them/);

    const ticket = await ask("POST", "/api/tickets", { title: "seized", machine: "fleet/e9" });
    const done = await ask("POST", `/api/tickets/${ticket.id}/resolve`, { verdict: "failed" });
    assert.equal(done.verdict, "failed");
    assert.equal(await learn(), 1);
    assert.match(await models(), /Learned .* from 10 of them; off by about/);
    const life = await lifeNow("fleet/now");
    assert.deepEqual([life.known, life.machines, life.sensor], [true, 10, null], life.text);
    assert.match(
      life.text,
      /left, .* in 8 of 10 cases, as with the 10 machines of this kind that failed/,
    );
    assert.ok(Math.abs(Number(life.remaining_ms) / HOUR - 19) < 10, life.text);
    assert.equal(await learn(), 0, "nothing new");
    assert.match((await lifeNow("fleet/e1")).text, /marked as failed/);
    assert.match(
      (await lifeNow("fleet/e9")).text,
      /has not run long enough to be compared with the 10/,
    );
    const page = await (await app.ask("/machines/fleet/now")).text();
    assert.match(page, /as with the 10 machines of this kind that failed/);
    // What somebody calls a pump learns from no others.
    const { id } = app.parts.registry.machines.find("fleet/now")!;
    await ask("PATCH", `/api/machines/${id}`, { tags: ["kind:Pump"] });
    assert.equal(await learn(), 0);
    assert.match((await lifeNow("fleet/now")).text, /no sensor of this machine has a limit/);
    const first = app.parts.registry.machines.find("fleet/e0")!;
    await ask("PATCH", `/api/machines/${first.id}`, { tags: ["kind:pump", "failed"] });
    await learn();
    assert.match((await lifeNow("fleet/now")).text, /machines tagged kind:pump, and 1 is known/);
    const status = await json(await app.ask("/api/ai/status"));
    assert.ok(!JSON.stringify(status.models).includes("/kind/"), "models of machines alone");
  }));

Deno.test("retrain: can be cancelled, and only admins may ask", () =>
  withApp(async (app) => {
    await teach(app, 1.5);
    assert.equal(app.parts.predictions.retrain(MACHINE, "test").length, 1);
    assert.equal(app.parts.predictions.retrain(MACHINE, "test").length, 0);
    assert.equal(app.parts.predictions.cancelTraining(), 1);
    await trained(app);
    assert.deepEqual(await app.parts.predictions.store.models(), []);
    const refused = await app.ask("/api/ai/retrain", {
      role: "engineer",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    assert.equal(refused.status, 403);
    await refused.body?.cancel();
    const unknown = await app.ask("/api/ai/retrain", {
      role: "admin",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ machine: "nowhere" }),
    });
    assert.equal(unknown.status, 404);
    assert.match((await unknown.json()).detail, /no machine "nowhere"/);
  }));

Deno.test("predictions: a new one is told to the stream", () =>
  withApp(async (app) => {
    const stream = await app.ask("/api/stream?types=prediction");
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    await teach(app, 0.1);
    await row(app, usual(1));
    let text = "";
    const lives = () => [...text.matchAll(/"life":"([^"]*)"/g)].map(([, life]) => life);
    const hear = async (n: number) => {
      while (lives().length < n) {
        const { value, done } = await reader.read();
        assert.ok(!done, text);
        text += value;
      }
    };
    await hear(1);
    assert.match(text, /"machine":"hall-1\/press-3"/);
    const limited = app.parts.registry.all().find(({ kind }) => kind === "number")!;
    const patched = await app.ask(`/api/sensors/${limited.id}`, {
      ...{ method: "PATCH", role: "engineer", headers: { "content-type": "application/json" } },
      body: JSON.stringify({ critical_high: 1e6 }),
    });
    assert.equal(patched.status, 200);
    await row(app, usual(2));
    await hear(2);
    const [before, after] = lives();
    assert.match(before, /^Unknown: no sensor of this machine has a limit/);
    assert.notEqual(after, before, "the remaining life is told though the class is the same");
    await reader.cancel();

    const named = await app.ask("/api/machines/hall-1/press-3", {
      ...{ method: "PATCH", role: "engineer", headers: { "content-type": "application/json" } },
      body: JSON.stringify({ name: "Big Bertha" }),
    });
    assert.equal(named.status, 200);
    const [current] = (await json(await app.ask("/api/predictions?current=true"))).items as Json[];
    assert.equal(current.machine_name, "Big Bertha");
    for (const path of ["/predictions", `/predictions/${current.id}`, "/models"]) {
      const page = await (await app.ask(path)).text();
      assert.match(page, /Big Bertha/, path);
      assert.ok(!page.includes(">Press 3<"), path);
    }
  }));

Deno.test("predictions: pages and unknown ids", () =>
  withApp(async (app) => {
    assert.match(await (await app.ask("/predictions")).text(), /No machine is judged/);
    assert.match(await (await app.ask("/models")).text(), /No machine reports numbers yet/);
    for (const path of ["/api/predictions/99/explain", "/predictions/99"]) {
      const answer = await app.ask(path);
      assert.equal(answer.status, 404);
      await answer.body?.cancel();
    }
    const bad = await app.ask("/api/predictions?cursor=x");
    assert.equal(bad.status, 400);
    assert.match((await bad.json()).detail, /cursor/);
  }));

Deno.test("predictions: what people call real or a false alarm decides what the next model takes for usual", () =>
  withApp(async (app) => {
    // A minute of an hour ago the temperature was far up.
    const rows = 3 * 360, oddFrom = 2 * 360;
    const shifted = (i: number) => ({ ...usual(i), temperature: usual(i).temperature + 12 });
    const isOdd = (i: number) => i >= oddFrom && i < oddFrom + 6;
    await teach(app, 3, (i) => isOdd(i) ? shifted(i) : usual(i));
    const { predictions, access } = app.parts;
    const oddMs = Math.floor(Date.now() / STEP_MS) * STEP_MS - (rows - oddFrom) * STEP_MS;
    const outlook = (tMs: number, kind: "normal" | "critical") =>
      predictions.store.addOutlook({
        ...{ machine: MACHINE, tMs, class: kind, score: 0.8, confidence: 1, action: "Look" },
        ...{ summary: "hot", source: "model", modelVersion: 1, sensors: [], features: [] },
        life: { known: false, text: "unknown" },
      });
    const before = await outlook(oddMs - 600_000, "normal");
    const hot = await outlook(oddMs, "critical");
    await outlook(oddMs + 60_000, "normal");
    const say = (id: number, verdict: string, role: "engineer" | "viewer" = "engineer") =>
      app.ask(`/api/predictions/${id}/feedback`, {
        role,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ verdict }),
      });
    /** The notes of a new model, and the score it gives to the hot machine. */
    const taught = async () => {
      await retrain(app);
      const status = await trained(app);
      for (let i = 0; i < 25; i++) await row(app, shifted(rows + i));
      const now = (await json(await app.ask("/api/predictions?current=true"))).items[0] as Json;
      assert.equal(now.source, "model");
      return { notes: String((status.models as Json[])[0].notes), score: Number(now.score) };
    };
    const first = await taught();
    assert.ok(first.score > 0.5, `a minute in three hours is odd: ${first.score}`);

    assert.equal((await say(hot.id, "false_alarm", "viewer")).status, 403);
    assert.equal((await say(hot.id, "perhaps")).status, 400);
    assert.equal((await say(9999, "real")).status, 404);
    const refused = await say(before.id, "real");
    assert.equal(refused.status, 400);
    assert.match((await refused.json()).detail, /said normal; only warning and critical/);

    assert.equal((await json(await say(hot.id, "false_alarm"))).feedback, "false_alarm");
    const calm = await taught();
    assert.match(calm.notes, /rows of false alarms are taught as usual/);
    assert.ok(calm.score < 0.5, `what was called a false alarm is usual now: ${calm.score}`);

    const path = `/predictions/${hot.id}`;
    const page = async (role: "viewer" | "engineer") =>
      await (await app.ask(path, { role })).text();
    assert.match(await page("engineer"), /Marked as a false alarm.*formaction="[^"]*\/real"/s);
    assert.doesNotMatch(await page("viewer"), /formaction/);
    const form = { role: "engineer", method: "POST", redirect: "manual" } as const;
    assert.equal((await app.ask(`${path}/real`, form)).status, 303);
    assert.match(
      await page("engineer"),
      /Marked as real: the next model does not learn from this time/,
    );
    const alert = await taught();
    assert.match(alert.notes, /rows of faults that were real are left out/);
    assert.ok(alert.score > first.score - 0.05, `a real fault stays odd: ${alert.score}`);
    const { items } = await access.audit.list({ action: "prediction.feedback" });
    assert.deepEqual(items.map((i) => [i.before, i.after]), [
      [{ verdict: "false_alarm" }, { verdict: "real" }],
      [{ verdict: null }, { verdict: "false_alarm" }],
    ]);
  }));

Deno.test("predictions: a word on an anomaly reaches the model of its machine as well", () =>
  withApp(async (app) => {
    await teach(app, 2);
    const { detection, registry } = app.parts;
    const sensor = registry.find(`${MACHINE}/temperature`)!;
    const atMs = Date.now() - 3_600_000;
    const finding = (item: number, tMs: number, phase: "raised" | "cleared") => ({
      ...{ sensor: sensor.num, groupId: 1, item },
      finding: {
        ...{ detector: "threshold", tMs, phase, severity: "warning" as const, score: 0.6 },
        reason: { text: "too hot" },
      },
    });
    const [raised] = await detection.findings.add([
      finding(0, atMs, "raised"),
      finding(1, atMs + 600_000, "cleared"),
    ]);
    const answer = await app.ask(`/api/anomalies/${raised.id}/feedback`, {
      role: "engineer",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ verdict: "real" }),
    });
    assert.equal(answer.status, 200);
    await retrain(app);
    const [model] = (await trained(app)).models as Json[];
    // Ten minutes raised, five before and after.
    assert.match(String(model.notes), /^12\d rows of faults that were real are left out/);
  }));

Deno.test("predictions: a verdict on an alarm that a prediction raised is one on the prediction", () =>
  withApp(async (app) => {
    await teach(app, 0.2);
    const { predictions, alarms } = app.parts;
    const outlook = await predictions.store.addOutlook({
      ...{ machine: MACHINE, tMs: Date.now(), class: "critical", score: 0.8, confidence: 1 },
      ...{ action: "Look", summary: "hot", source: "model", modelVersion: 1 },
      ...{ sensors: [], features: [], life: { known: false, text: "unknown" } },
    });
    alarms.wake();
    let raised: Json | undefined;
    while (raised === undefined) {
      const { items } = await json(await app.ask("/api/alarms"));
      raised = (items as Json[]).find((alarm) => alarm.source === "prediction");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const answer = await app.ask(`/api/alarms/${raised.id}/verdict`, {
      role: "engineer",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ verdict: "false_alarm" }),
    });
    assert.equal(answer.status, 200, await answer.text());
    assert.equal((await predictions.store.outlook(outlook.id))?.verdict, "false_alarm");
  }));
