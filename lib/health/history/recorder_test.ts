import assert from "node:assert/strict";
import type { Draft } from "../../readings/reading.ts";
import { silentLog } from "../../base/log.ts";
import { DEFAULT_SETTINGS } from "../../machines/sensor_settings.ts";
import type { Sensor } from "../../machines/sensor.ts";
import { MINUTE_MS } from "../../words/times.ts";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { hostSample } from "../../../tests/support/host.ts";
import type { HostSample } from "../host_sample.ts";
import { createRecorder } from "./recorder.ts";

/** A recorder on a fake clock; `groups` of others are committed by `site.groups++`. */
function startRecorder(change: () => Partial<HostSample> = () => ({})) {
  const clock = fakeClock();
  const committed: { atMs: number; drafts: readonly Draft[] }[] = [];
  const made: string[] = [];
  const site = { groups: 0, fails: false, isKept: true, samples: 0 };
  const sensorOf = (name: string) =>
    ({
      name: `this host/${name}`,
      kind: "number",
      last: null,
      settings: { ...DEFAULT_SETTINGS, warning_high: name === "cpu" ? 85 : null },
    }) as Sensor;
  const recorder = createRecorder({
    clock,
    log: silentLog(),
    sample() {
      site.samples++;
      return Promise.resolve(hostSample({ atMs: clock.now(), power: null, ...change() }));
    },
    databaseWrites: () => Promise.resolve(null),
    own: () =>
      Promise.resolve({ loopLagMs: 1, databaseBytes: 5e6, walBytes: 0, pictureBytes: null }),
    sensors: {
      find: (name) => made.includes(name) ? sensorOf(name) : null,
      make: (names) => Promise.resolve(void made.push(...names)),
    },
    offer(drafts) {
      if (site.fails) return Promise.reject(new Error("no room"));
      committed.push({ atMs: clock.monotonic(), drafts });
      site.groups++;
      return Promise.resolve();
    },
    groups: () => site.groups,
    intervalMs: () => 15_000,
    isKept: () => site.isKept,
  });
  const stop = new AbortController();
  const ended = recorder.task.run(stop.signal).catch(() => {});
  return {
    clock,
    recorder,
    committed,
    made,
    site,
    async end() {
      stop.abort(new Error("stopping"));
      await ended;
    },
  };
}

const of = (drafts: readonly Draft[], name: string) =>
  drafts.filter(({ sensor }) => sensor === `this host/${name}`);

Deno.test("an idle Perch commits ten minutes of its host at once, a reading a minute", async () => {
  const run = startRecorder();
  await run.clock.advance(MINUTE_MS - 1);
  assert.deepEqual([run.made, run.committed], [[], []], "nothing is made in the first minute");
  await run.clock.advance(60 * MINUTE_MS);
  assert.equal(run.site.samples, 4 * 61);
  assert.equal(run.committed.length, 6);
  for (const { drafts } of run.committed) assert.equal(of(drafts, "cpu").length, 10);
  assert.equal(run.recorder.waiting().length, 0);
  await run.end();
});

Deno.test("beside other readings, and beyond a limit, it commits once a minute and no more", async () => {
  let used = 0.1;
  const run = startRecorder(() => ({ cpu: { used, iowait: 0, steal: 0 } }));
  for (let i = 0; i < 4 * 20; i++) {
    run.site.groups++;
    await run.clock.advance(15_000);
  }
  const busy = run.committed.length;
  assert.ok(busy === 19 || busy === 20, `${busy} commits in 20 minutes`);
  await run.clock.advance(5 * MINUTE_MS);
  assert.ok(run.committed.length <= busy + 1);
  const before = run.committed.length;
  used = 0.9;
  await run.clock.advance(5 * MINUTE_MS);
  const beyond = run.committed.length;
  assert.ok(beyond - before >= 4, "each minute beyond the limit");
  used = 0.1;
  await run.clock.advance(8 * MINUTE_MS);
  assert.ok(run.committed.length - beyond <= 2, "the way back is told, then it is quiet");
  const gaps = run.committed.slice(1).map(({ atMs }, i) => atMs - run.committed[i].atMs);
  assert.ok(Math.min(...gaps) >= MINUTE_MS, `gaps of ${gaps}`);
  await run.end();
});

Deno.test("a minute is the mean of its samples, and what is not measured is left out", async () => {
  let i = 0;
  const run = startRecorder(() => ({
    cpu: i++ % 2 === 0 ? { used: 0.2, iowait: 0, steal: 0 } : { used: 0.4, iowait: 0, steal: 0 },
    temperatures: [],
  }));
  await run.clock.advance(3 * MINUTE_MS);
  await run.end();
  const [{ drafts }] = run.committed;
  assert.equal(of(drafts, "cpu").length, 3);
  assert.equal(of(drafts, "cpu")[1].value, 30);
  assert.equal(of(drafts, "disk")[0].value, 25);
  assert.equal(of(drafts, "temperature").length, 0);
  assert.ok(!run.made.includes("temperature"));
});

Deno.test("what cannot be stored waits, for an hour at most, and the end commits what waits", async () => {
  const run = startRecorder();
  run.site.fails = true;
  await run.clock.advance(180 * MINUTE_MS);
  const most = run.recorder.waiting().length;
  assert.ok(most > 0 && most <= 60 * 27, `${most} wait`);
  run.site.fails = false;
  await run.end();
  assert.ok(of(run.committed[0].drafts, "cpu").length >= 59);
  assert.equal(run.recorder.waiting().length, 0);
});

Deno.test("switched off, nothing is kept and the moment is still known", async () => {
  const run = startRecorder();
  run.site.isKept = false;
  await run.clock.advance(30 * MINUTE_MS);
  await run.end();
  assert.deepEqual([run.committed, run.made], [[], []]);
  assert.equal(run.recorder.latest()?.sample.cores, 4);
});
