/** Anomalies from a reading to the API, the live stream and feedback, against the running application. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit.ts";
import { startApp } from "../support/app.ts";

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
