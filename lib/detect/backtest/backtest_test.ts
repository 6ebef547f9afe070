import assert from "node:assert/strict";
import { streamGroup, streamPlan } from "../../../tests/support/detect_stream.ts";
import { systemClock } from "../../base/clock.ts";
import type { PerchError } from "../../base/errors.ts";
import { silentLog } from "../../base/log.ts";
import type { RawQuery, RawResult } from "../../readings/store.ts";
import type { Finding } from "../detector.ts";
import { detectorNamed } from "../detectors/mod.ts";
import { Watched } from "../runner/watched.ts";
import { FiringLog, FIRINGS_MOST } from "./firings.ts";
import { type BacktestRequest, createBacktests } from "./jobs.ts";
import { detectorFor, optionsOf } from "./request.ts";
import { Trial } from "./trial.ts";

const MINUTE = 60_000, HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 0, 5);
const range = { fromMs: START, toMs: START + 24 * HOUR };
const threshold = detectorNamed("threshold")!;
const limits = (given: object) => threshold.options.parse(given);

/** A reading a minute: 20, and 30 + its number from 100 to 109 and from 500 to 529 past the start. */
function day(visit: (tMs: number, value: number) => void): void {
  for (let i = 0; i < 1440; i++) {
    const odd = i >= 100 && i < 110 || i >= 500 && i < 530;
    visit(START + i * MINUTE, odd ? 30 + i / 1000 : 20);
  }
}

Deno.test("Trial counts alarms from raised to cleared, with peak, severity and reason", () => {
  const trial = new Trial(threshold, limits({ warningHigh: 25, criticalHigh: 30.5 }), range);
  day((tMs, value) => trial.read(tMs, value));
  const { count, bySeverity, raisedMs, firings } = trial.end();
  assert.deepEqual([count, bySeverity], [2, { info: 0, warning: 1, critical: 1 }]);
  assert.equal(raisedMs, 40 * MINUTE);
  assert.deepEqual(
    firings.map((f) => [(f.startMs - START) / MINUTE, (f.endMs! - START) / MINUTE]),
    [
      [100, 110],
      [500, 530],
    ],
  );
  assert.deepEqual(firings[0].peak, { tMs: START + 109 * MINUTE, value: 30.109 });
  assert.match(firings[1].reason, /30\.5 is at or above the critical limit 30\.5/);
});

Deno.test("Trial: hysteresis and delay count as they do live", () => {
  const trial = new Trial(threshold, limits({ warningHigh: 25, forMs: 15 * MINUTE }), range);
  day((tMs, value) => trial.read(tMs, value));
  const { count, firings } = trial.end();
  assert.equal(count, 1, "ten minutes are too short");
  assert.equal(firings[0].startMs, START + 515 * MINUTE);
});

Deno.test("Trial ticks through gaps: silence is reported at its time, and a last value counts on", () => {
  const silence = detectorNamed("silence")!;
  const trial = new Trial(silence, silence.options.parse({ expectedMs: MINUTE }), range);
  for (let i = 0; i < 60; i++) trial.read(START + i * MINUTE, 1);
  const found = trial.end();
  assert.equal(found.count, 1);
  const [{ startMs, endMs }] = found.firings;
  assert.ok(Math.abs(startMs - (START + 62 * MINUTE)) <= 10_000, String(startMs - START));
  assert.equal(endMs, null, "silent to the end");

  const held = new Trial(threshold, limits({ warningHigh: 25, forMs: HOUR }), range);
  held.read(START, 30);
  held.read(START + 2 * HOUR, 20);
  const [firing] = held.end().firings;
  assert.ok(Math.abs(firing.startMs - (START + HOUR)) <= 10_000);
  assert.equal(firing.endMs, START + 2 * HOUR);
});

Deno.test("Trial finds what the detectors of a running site find in the same readings", () => {
  for (const name of ["streaming", "zscore", "rate", "stuck"]) {
    const { detector, options } = streamPlan(1).find((w) => w.detector.name === name)!;
    const live: Finding[] = [];
    const watched = new Watched(1, [{ detector, options }]);
    const whole = { fromMs: 0, toMs: 4e12 };
    const trial = new Trial(detector, options, whole);
    for (let i = 0; i < 3000; i++) {
      const { sensor, tMs, value, n } = streamGroup(i);
      for (let k = 0; k < n; k++) {
        if (sensor[k] !== 1 && (name !== "stuck" || sensor[k] !== 5)) continue;
        if (name === "stuck" && sensor[k] !== 5) continue;
        const hearing = { journalMs: tMs[k], heardMs: -Infinity };
        watched.read(tMs[k], value[k], hearing, (f) => live.push(f));
        trial.read(tMs[k], value[k]);
      }
    }
    const log = new FiringLog(whole.fromMs, whole.toMs);
    for (const finding of live) log.take(finding);
    const expected = log.result(options);
    const found = trial.end();
    assert.ok(found.count > 0, `${name} finds something`);
    const listed = (r: typeof found) => r.firings.map((f) => [f.startMs, f.endMs, f.reason]);
    assert.deepEqual(listed(found), listed(expected), name);
  }
});

Deno.test("FiringLog joins points within five minutes and keeps the oddest; memory is bounded", () => {
  const log = new FiringLog(START, START + HOUR);
  const point = (second: number, score: number): Finding => ({
    detector: "zscore",
    tMs: START + second * 1000,
    phase: "point",
    severity: "info",
    score,
    reason: { text: `score ${score}`, value: score },
  });
  for (const [second, score] of [[-400, 1], [0, 0.5], [100, 0.9], [390, 0.6], [1000, 0.7]]) {
    log.take(point(second, score));
  }
  const { count, firings } = log.result({});
  assert.deepEqual([count, firings.map((f) => [f.findings, f.reason])], [2, [[3, "score 0.9"], [
    1,
    "score 0.7",
  ]]]);
  const many = new FiringLog(START, START + 1e12);
  for (let i = 0; i < 2000; i++) many.take(point(i * 1000, 0.5));
  const flood = many.result({});
  assert.deepEqual([flood.count, flood.firings.length], [2000, FIRINGS_MOST]);
});

Deno.test("FiringLog forgets what ended before the range and counts what reaches into it", () => {
  const trial = new Trial(threshold, limits({ warningHigh: 25 }), {
    fromMs: START + 505 * MINUTE,
    toMs: START + 520 * MINUTE,
  });
  day((tMs, value) => tMs < START + 520 * MINUTE && trial.read(tMs, value));
  const { count, raisedMs, firings } = trial.end();
  assert.deepEqual([count, raisedMs, firings[0].endMs], [1, 15 * MINUTE, null]);
});

const number = { name: "hall/press/temp", kind: "number" as const };
const faults = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return Object.fromEntries((error as PerchError).errors.map((e) => [e.path, e.message]));
  }
  throw new Error("nothing was refused");
};

Deno.test("detectorFor and optionsOf name field, value and what is allowed", () => {
  assert.match(
    faults(() => detectorFor(number, "guess")).detector,
    /"guess" is no detector; possible: threshold, rate/,
  );
  const mode = { name: "hall/press/mode", kind: "text" as const };
  assert.match(
    faults(() => detectorFor(mode, "zscore")).detector,
    /reports texts; possible: silence$/,
  );
  const zscore = detectorNamed("zscore")!;
  assert.match(
    faults(() => optionsOf(zscore, { sigmas: 50 }, {}))["options.sigmas"],
    /^give a number of at most 20; it was 50$/,
  );
  assert.match(
    faults(() => optionsOf(zscore, { sigma: 3 }, null))["options.sigma"],
    /unknown field; known: window, sigmas/,
  );
  assert.match(
    faults(() => optionsOf(threshold, { warningHigh: 90 }, limits({ criticalHigh: 80 })))[
      "options.warningHigh"
    ],
    /must not be above critical high \(80\); it was 90/,
  );
  assert.match(faults(() => optionsOf(threshold, {}, null))["options.warningHigh"], /at least one/);
  // What is not given is as it is now.
  const kept = optionsOf(
    threshold,
    { warningHigh: 70 },
    limits({ criticalHigh: 80, hysteresis: 2 }),
  );
  assert.deepEqual(kept, limits({ warningHigh: 70, criticalHigh: 80, hysteresis: 2 }));
});

/** Readings a second apart from `START`, page by page; `pages` counts how often it was asked. */
function recorded(n: number, pause = () => Promise.resolve()) {
  const asked: RawQuery[] = [];
  return {
    asked,
    async raw({ fromMs, toMs, limit, cursor, sensor }: RawQuery): Promise<RawResult> {
      asked.push({ fromMs, toMs, limit, cursor, sensor });
      if (limit > 1) await pause();
      const from = Math.max(0, Number(cursor ?? Math.ceil((fromMs - START) / 1000)));
      const to = Math.max(from, Math.min(n, Math.ceil((toMs - START) / 1000), from + limit));
      const tMs = Float64Array.from({ length: to - from }, (_, i) => START + (from + i) * 1000);
      const value = tMs.map((t) => 20 + 10 * Math.sin((t - START) / HOUR));
      const more = to < n && START + to * 1000 < toMs;
      return {
        tMs,
        value,
        flags: new Uint8Array(tMs.length),
        next: more ? String(to) : null,
        summedUntilMs: null,
        damaged: [],
      };
    },
  };
}

function service(readings: ReturnType<typeof recorded>) {
  const backtests = createBacktests({
    clock: systemClock(),
    log: silentLog(),
    readings,
    plan: () => [{ detector: threshold, options: limits({ warningHigh: 25 }) }],
    timeText: (tMs) => new Date(tMs).toISOString(),
  });
  const stopping = new AbortController();
  const running = backtests.task.run(stopping.signal);
  const request: BacktestRequest = {
    sensor: { num: 1, id: "x", ...number, last: { tMs: START + 100_000_000, value: 1 } },
    detector: "threshold",
    options: { warningHigh: 29 },
    fromMs: START,
    toMs: START + 30 * HOUR,
    by: "test",
  };
  return {
    backtests,
    request,
    async over(id: string) {
      while (backtests.find(id).endedMs === null) await new Promise((r) => setTimeout(r, 5));
      return backtests.find(id);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

Deno.test("createBacktests compares present and changed options page by page, with progress", async () => {
  const seen: number[] = [];
  const readings = recorded(100_000, () => {
    seen.push(backtests.list()[0]?.progress ?? 0);
    return Promise.resolve();
  });
  const { backtests, request, over, stop } = service(readings);
  const { id, state } = await backtests.start(request);
  assert.ok(["waiting", "running"].includes(state));
  const done = await over(id);
  assert.deepEqual([done.state, done.progress, done.error], ["done", 1, null]);
  const { readings: n, present, changed } = done.result!;
  assert.equal(n, 100_000);
  // A sine of two pi hours: beyond 25 and beyond 29 as often, but not as long.
  assert.equal(present!.count, 5);
  assert.equal(changed.count, 5);
  assert.ok(changed.raisedMs < present!.raisedMs);
  assert.ok(seen.length >= 10 && seen.every((p, i) => i === 0 || p >= seen[i - 1]), seen.join());
  assert.ok(seen.some((p) => p > 0.2 && p < 0.9), "progress is reported on the way");
  assert.ok(readings.asked.every(({ limit }) => limit <= 10_000), "never more than a page at once");
  await stop();
});

Deno.test("createBacktests cancels what runs and what waits, bounds both, and forgets the oldest", async () => {
  const gate = Promise.withResolvers<void>();
  const { backtests, request, over, stop } = service(recorded(100_000, () => gate.promise));
  const first = await backtests.start(request);
  while (backtests.find(first.id).state !== "running") await new Promise((r) => setTimeout(r, 5));
  const waiting = [];
  for (let i = 0; i < 8; i++) waiting.push(await backtests.start(request));
  await assert.rejects(backtests.start(request), /9 backtests run or wait already/);
  assert.equal(backtests.cancel(waiting[0].id).state, "cancelled");
  assert.equal(backtests.cancel(first.id).state, "cancelled");
  gate.resolve();
  assert.equal((await over(waiting[7].id)).state, "done");
  assert.equal(backtests.find(first.id).result, null);
  for (let i = 0; i < 15; i++) await over((await backtests.start(request)).id);
  assert.equal(backtests.list().length, 20);
  assert.throws(() => backtests.find(first.id), /the latest 20 are kept/);
  backtests.remove(backtests.list()[0].id);
  assert.equal(backtests.list().length, 19);
  await stop();
});

Deno.test("createBacktests says where readings are when the range holds none", async () => {
  const { backtests, request, stop } = service(recorded(1000));
  const over = (fromMs: number, toMs: number) => backtests.start({ ...request, fromMs, toMs });
  await assert.rejects(
    over(START - 2 * HOUR, START - HOUR),
    /press\/temp has no readings from 2026-01-04T22.* to 2026-01-04T23.*; it has some from 2026-01-05T00/,
  );
  await assert.rejects(over(START + HOUR, START), /from: must be before `to`/);
  await assert.rejects(over(4e12, 5e12), /from: must be in the past/);
  assert.equal(backtests.list().length, 0);
  await stop();
});

Deno.test("createBacktests reports why one failed and continues with the next", async () => {
  let broken = true;
  const readings = recorded(
    1000,
    () => broken ? Promise.reject(new Error("the disk is gone")) : Promise.resolve(),
  );
  const { backtests, request, over, stop } = service(readings);
  const failed = await over((await backtests.start(request)).id);
  assert.deepEqual([failed.state, failed.error], ["failed", "the disk is gone"]);
  broken = false;
  assert.equal((await over((await backtests.start(request)).id)).state, "done");
  await stop();
});
