/** Backtests over HTTP against the running application, and beside what detection found live. */
import assert from "node:assert/strict";
import type { Role } from "../../lib/access/identity.ts";
import { HOUR_MS } from "../../lib/words/times.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const SENSOR = "hall/press/temperature";

type Call = (method: string, path: string, body?: unknown, role?: Role) => Promise<[number, Json]>;

function withApp(run: (app: RunningApp & { call: Call }) => Promise<void>): () => Promise<void> {
  return async () => {
    const app = await runApp();
    const call: Call = async (method, path, body, role = "engineer") => {
      const answer = await app.ask(path, {
        method,
        role,
        headers: { "content-type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await answer.text();
      return [answer.status, text === "" ? null : JSON.parse(text)];
    };
    try {
      await run({ ...app, call });
    } finally {
      await app.stop();
    }
  };
}

/** Two hours of readings 5 s apart up to now: a silence, a hump up to 84 in the middle, a spike to 93. */
function recorded(nowMs: number) {
  const startMs = nowMs - 2 * HOUR_MS;
  return Array.from({ length: 1440 }, (_, i) => ({
    machine: "hall/press",
    sensor: "temperature",
    ts: startMs + 5000 * i,
    value: i === 1200 ? 93 : 60 + 24 * Math.exp(-(((i - 700) / 60) ** 2)) + Math.sin(i),
  })).filter((_, i) => i < 300 || i >= 320);
}

async function over(call: Call, id: string): Promise<Json> {
  for (;;) {
    const [, job] = await call("GET", `/api/backtests/${id}`, undefined, "viewer");
    if (job.ended !== null) return job;
    await new Promise((r) => setTimeout(r, 20));
  }
}

Deno.test(
  "backtests: the present side gives what detection found live, the changed side what it would have",
  withApp(async ({ call, ingest, ask }) => {
    const nowMs = Date.now();
    await ingest([{
      machine: "hall/press",
      sensor: "temperature",
      ts: nowMs - 3 * HOUR_MS,
      value: 60,
    }]);
    await call("PATCH", `/api/sensors/${SENSOR}`, { warning_high: 80, critical_high: 90 });
    const readings = recorded(nowMs);
    for (let i = 0; i < readings.length; i += 20) await ingest(readings.slice(i, i + 20));
    const spikeMs = nowMs - 2 * HOUR_MS + 1200 * 5000;
    const found = async () =>
      (await (await ask("/api/anomalies?detector=threshold&limit=500")).json()).items;
    // Its return to normal is the last that is found.
    while (!(await found()).some((a: Json) => a.ts > spikeMs && a.phase === "cleared")) {
      await new Promise((r) => setTimeout(r, 50));
    }
    const [status, job] = await call("POST", "/api/backtests", {
      sensor: "press/temperature",
      detector: "threshold",
      options: { warningHigh: 88 },
    });
    assert.equal(status, 202, JSON.stringify(job));
    assert.deepEqual(job.options, {
      ...{ warningLow: null, warningHigh: 88, criticalLow: null, criticalHigh: 90 },
      ...{ hysteresis: 0, forMs: 0 },
    });
    const { result, state, progress } = await over(call, job.id);
    assert.deepEqual([state, progress, result.readings], ["done", 1, 1421]);
    const raised = (await found()).filter((a: Json) => a.phase === "raised").reverse();
    assert.deepEqual(
      result.present.firings.map((f: Json) => [f.start, f.reason]),
      raised.map((a: Json) => [a.ts, a.reason]),
    );
    assert.ok(result.present.count > 1, "the hump and the spike");
    assert.equal(result.changed.count, 1);
    const [spike] = result.changed.firings;
    assert.deepEqual([spike.severity, spike.peak], [
      "critical",
      { ts: spikeMs, value: 93 },
    ]);
    const [, list] = await call("GET", "/api/backtests", undefined, "viewer");
    assert.deepEqual(list.items.map((b: Json) => [b.id, b.state, b.result]), [
      [job.id, "done", null],
    ]);
    assert.equal((await call("DELETE", `/api/backtests/${job.id}`))[0], 204);
    assert.equal((await call("GET", `/api/backtests/${job.id}`))[0], 404);
  }),
);

Deno.test(
  "backtests: every detector runs, and what cannot be is refused by field with what is allowed",
  withApp(async ({ call, ingest }) => {
    const nowMs = Date.now();
    await ingest([...recorded(nowMs), { machine: "hall/press", sensor: "mode", value: "idle" }]);
    const ask = (body: Json, role?: Role) =>
      call("POST", "/api/backtests", { sensor: SENSOR, ...body }, role);
    const runs: [string, Json][] = [
      ["zscore", { sigmas: 6, perHour: 60 }],
      ["rate", { maxPerMinute: 2 }],
      ["stuck", { forMs: 60_000, tolerance: 100 }],
      ["silence", { expectedMs: 1000, intervals: 2 }],
      ["streaming", { threshold: 0.4 }],
      ["threshold", { criticalLow: 61 }],
    ];
    for (const [detector, options] of runs) {
      const [status, job] = await ask({ detector, options });
      assert.equal(status, 202, JSON.stringify(job));
      const { result, error } = await over(call, job.id);
      assert.equal(error, null);
      assert.ok(result.changed.count > 0, detector);
      assert.equal(result.present === null, ["rate", "stuck", "threshold"].includes(detector));
    }
    const refused = async (body: Json): Promise<[string, string]> => {
      const [status, problem] = await ask(body);
      assert.equal(status, 400, JSON.stringify(problem));
      return [problem.errors[0].path, problem.errors[0].message];
    };
    const zscore = (options: Json) => refused({ detector: "zscore", options });
    assert.match(
      (await refused({ detector: "magic" }))[1],
      /"magic" is no detector; possible: thr/,
    );
    assert.deepEqual(await zscore({ sigmas: 99 }), [
      "options.sigmas",
      "give a number of at most 20; it was 99",
    ]);
    assert.match((await zscore({ window: "fifty" }))[1], /^"fifty" is not a number$/);
    assert.equal((await zscore({ sigma: 3 }))[0], "options.sigma");
    const crossed = { warningHigh: 90, criticalHigh: 80 };
    assert.deepEqual(await refused({ detector: "threshold", options: crossed }), [
      "options.warningHigh",
      "must not be above critical high (80); it was 90",
    ]);
    const wide = { warningLow: 10, warningHigh: 20, hysteresis: 12 };
    assert.equal(
      (await refused({ detector: "threshold", options: wide }))[0],
      "options.hysteresis",
    );
    assert.match((await refused({ detector: "threshold" }))[1], /give at least one limit/);
    const [path, nothing] = await refused({ detector: "zscore", from: 1000, to: 2000 });
    assert.equal(path, "from");
    assert.match(
      nothing,
      /temperature has no readings from 1970-01-01 .* it has some from 20\d\d-/,
    );
    assert.match((await refused({ detector: "zscore", from: 2, to: 1 }))[1], /must be before `to`/);
    assert.match(
      (await refused({ detector: "zscore", sensor: "press/mode" }))[1],
      /reports texts; possible: silence/,
    );
    assert.equal((await ask({ detector: "zscore", sensor: "press/none" }))[0], 404);
    assert.equal((await ask({ detector: "zscore", speed: 2 }))[0], 400);
    assert.equal((await ask({ detector: "zscore" }, "viewer"))[0], 403);
  }),
);

Deno.test(
  "backtests: while one runs over a long history the next can be cancelled, and ingest goes on",
  withApp(async ({ call, ingest }) => {
    const nowMs = Date.now();
    const step = 20_000;
    for (let i = 0; i < 10; i++) {
      await ingest(Array.from({ length: step }, (_, k) => ({
        machine: "hall/press",
        sensor: "temperature",
        ts: nowMs - (200_000 - i * step - k) * 1000,
        value: 60 + Math.sin((i * step + k) / 500) + k % 7,
      })));
    }
    const ask = (options: Json) =>
      call("POST", "/api/backtests", {
        sensor: SENSOR,
        detector: "streaming",
        options,
        from: nowMs - 200_000_000,
      });
    const [, first] = await ask({ threshold: 0.4 });
    const [, second] = await ask({ threshold: 0.6 });
    await ingest([{ machine: "hall/press", sensor: "temperature", value: 61 }]);
    const [, cancelled] = await call("POST", `/api/backtests/${second.id}/cancel`);
    assert.deepEqual([cancelled.state, cancelled.result], ["cancelled", null]);
    const done = await over(call, first.id);
    assert.deepEqual([done.state, done.result.readings], ["done", 200_000]);
  }),
);
