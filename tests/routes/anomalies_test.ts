/** Anomalies from a reading to the API, the live stream and feedback, against the running application. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { startApp } from "../support/app.ts";
import { runApp } from "../support/app_client.ts";

Deno.test("GET /api/anomalies gives what the detectors found in readings that came in", async () => {
  const under = await startApp();
  try {
    const { access, hub, detection } = under.app.parts();
    const tester = systemActor("test");
    const { key } = await access.keys.add({ name: "tests", role: "engineer" }, tester);
    const viewer = (await access.keys.add({ name: "looks", role: "viewer" }, tester)).key;
    const ask = (path: string, init: RequestInit = {}, as = key) =>
      fetch(under.url + path, {
        ...init,
        headers: { authorization: `Bearer ${as}`, "content-type": "application/json" },
      });
    const events = hub.stats().events;
    const start = Date.now() - 600_000;
    const readings = Array.from({ length: 120 }, (_, i) => ({
      machine: "hall/press",
      sensor: "temperature",
      value: i === 100 ? 95 : 40 + Math.sin(i),
      ts: start + i * 1000,
    }));
    const stored = await ask("/api/ingest/batch", {
      method: "POST",
      body: JSON.stringify(readings),
    });
    assert.equal((await stored.json()).accepted, 120);

    // deno-lint-ignore no-explicit-any
    let page: any = { items: [] };
    while (page.items.length === 0) {
      await new Promise((r) => setTimeout(r, 50));
      page = await (await ask("/api/anomalies?detector=zscore&machine=hall/press")).json();
    }
    assert.equal(page.next, null);
    const [found] = page.items;
    assert.equal(found.sensor, "hall/press/temperature");
    assert.equal(found.ts, start + 100_000);
    assert.equal(found.value, 95);
    assert.match(found.reason, /standard deviations from the mean/);
    assert.ok(found.expected.high < 60, "the range it would have accepted");
    assert.equal(found.feedback, null);
    assert.ok(hub.stats().events >= events + 2, "readings and anomalies are on the stream");

    const none = await (await ask(`/api/anomalies?from=${start + 100_001}&detector=zscore`)).json();
    assert.deepEqual(none, { items: [], next: null });
    assert.equal((await ask("/api/anomalies?machine=nowhere")).status, 404);
    const wrong = await ask("/api/anomalies?detector=guess");
    assert.equal(wrong.status, 400);
    assert.match((await wrong.json()).detail, /zscore/);

    const say = (verdict: string, as = key) =>
      ask(`/api/anomalies/${found.id}/feedback`, {
        method: "POST",
        body: JSON.stringify({ verdict }),
      }, as);
    assert.equal((await say("real", viewer)).status, 403);
    assert.equal((await say("perhaps")).status, 400);
    assert.equal((await (await say("false_alarm")).json()).feedback, "false_alarm");
    const audit = await access.audit.list({ action: "anomaly.feedback" });
    assert.deepEqual(audit.items.map((row) => row.after), [{ verdict: "false_alarm" }]);
    assert.equal(detection.runner.stats().readings, 120);
  } finally {
    await under.close();
  }
});

Deno.test("GET /api/anomalies tells of a change faster than the sensor's settings allow", async () => {
  const app = await runApp();
  try {
    const start = Date.now() - 600_000;
    const at = (second: number, value: number) => ({
      machine: "hall/press",
      sensor: "pressure",
      value,
      ts: start + second * 1000,
    });
    const ramp = (from: number, perSecond: number) =>
      Array.from({ length: 30 }, (_, i) => at(from + i, 40 + perSecond * i));
    await app.ingest(ramp(0, 1));
    const change = async (max_per_minute: number | null) => {
      const answer = await app.ask("/api/sensors/hall/press/pressure", {
        method: "PATCH",
        role: "engineer",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ max_per_minute }),
      });
      assert.equal((await answer.json()).max_per_minute, max_per_minute);
    };
    await change(20);
    await app.ingest(ramp(100, 1));
    // deno-lint-ignore no-explicit-any
    let items: any[] = [];
    while (items.length === 0) {
      await new Promise((r) => setTimeout(r, 50));
      items = (await (await app.ask("/api/anomalies?detector=rate")).json()).items;
    }
    const [raised] = items.slice(-1);
    assert.deepEqual([raised.phase, raised.severity], ["raised", "warning"]);
    assert.match(raised.reason, /per minute where 20 is allowed/);
    assert.ok(raised.ts >= start + 100_000, "what came before the setting is not judged");
  } finally {
    await app.stop();
  }
});
