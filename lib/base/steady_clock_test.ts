import assert from "node:assert/strict";
import fc from "fast-check";
import type { Clock } from "./clock.ts";
import { createSteadyClock } from "./steady_clock.ts";
import { DAY_MS, type TrustedTime } from "./trusted_time.ts";

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * DAY_MS;
const START_MS = Date.UTC(2026, 5, 1);

/** A host: real time passes, and its clock is set by jumps. */
function hostAt(startMs: number): Clock & { pass(ms: number): void; jump(ms: number): void } {
  let wallMs = startMs, processMs = 0;
  return {
    now: () => wallMs,
    monotonic: () => processMs,
    sleep: () => Promise.resolve(),
    pass(ms) {
      wallMs += ms;
      processMs += ms;
    },
    jump: (ms) => void (wallMs += ms),
  };
}

/** A Perch that has run for `days` with a right clock. */
function proven(days = 30) {
  const host = hostAt(START_MS);
  const clock = createSteadyClock(host);
  clock.load(null, null);
  for (let hour = 0; hour < days * 24; hour++) {
    host.pass(HOUR_MS);
    clock.now();
  }
  return { host, clock };
}

/** Starts again from what was kept, `awayMs` later by a host clock that shows `hostMs`. */
function again(kept: TrustedTime, hostMs: number) {
  const host = hostAt(hostMs);
  const clock = createSteadyClock(host);
  clock.load(kept, null);
  return { host, clock };
}

Deno.test("createSteadyClock trusts no first jump: a start ten years ahead moves nothing", () => {
  const { clock: before } = proven(1);
  const kept = before.kept();
  const { host, clock } = again(kept, kept.trustedMs + 10 * YEAR_MS);
  for (let day = 0; day < 60; day++) {
    assert.equal(clock.state().doubt, "ahead");
    assert.equal(clock.deletionMs(), Math.floor(kept.trustedMs) + day * DAY_MS, "time passes");
    assert.equal(clock.arrival().suspect, true);
    host.pass(DAY_MS);
  }
  clock.load(clock.confirmed(), null);
  assert.equal(clock.deletionMs(), host.now());
  assert.equal(clock.state().doubt, null);
});

Deno.test("createSteadyClock makes up 40 days switched off: one day at once, then a day per day", () => {
  const { clock: before } = proven();
  const kept = before.kept();
  const { host, clock } = again(kept, kept.trustedMs + 40 * DAY_MS);
  assert.equal(clock.deletionMs(), kept.trustedMs + DAY_MS);
  assert.equal(clock.now(), host.now(), "what is recorded has the host's time");
  let beforeMs = clock.deletionMs();
  let days = 0;
  while (clock.state().waitingMs > 0) {
    host.pass(DAY_MS);
    days++;
    const deletionMs = clock.deletionMs();
    assert.ok(deletionMs - beforeMs <= 2 * DAY_MS, "never more than a day beyond what passed");
    beforeMs = deletionMs;
  }
  assert.equal(days, 39);
  assert.equal(clock.arrival().suspect, false);
});

Deno.test("createSteadyClock follows a short time switched off at once, without a flag", () => {
  const { clock: before } = proven();
  const kept = before.kept();
  const { host, clock } = again(kept, kept.trustedMs + 20 * HOUR_MS);
  assert.deepEqual(clock.arrival(), { tMs: host.now(), suspect: false });
  assert.equal(clock.trustedMs(), host.now());
});

Deno.test("createSteadyClock continues from its own time while the host says 1970, and through restarts", () => {
  const { clock: before } = proven();
  let kept = before.kept();
  let lastMs = before.arrival().tMs;
  for (let start = 0; start < 3; start++) {
    const { host, clock } = again(kept, 0);
    for (let i = 0; i < 10; i++) {
      const { tMs, suspect } = clock.arrival();
      assert.ok(tMs >= lastMs && suspect, "order kept, flagged");
      assert.equal(clock.state().doubt, "implausible");
      assert.equal(clock.deletionMs(), host.now(), "nothing is deleted by a clock at 1970");
      lastMs = tMs;
      host.pass(60_000);
    }
    kept = clock.kept();
  }
  const { clock } = again(kept, kept.trustedMs + 5000);
  assert.equal(clock.arrival().suspect, false, "the clock was set");
});

Deno.test("createSteadyClock: a new Perch at 1970 or 2105 has a time, and takes the right one at once", () => {
  for (const wrongMs of [0, Date.UTC(2105, 0, 1)]) {
    const host = hostAt(wrongMs);
    const clock = createSteadyClock(host);
    clock.load(null, null);
    const first = clock.arrival();
    assert.equal(first.suspect, true);
    assert.equal(new Date(first.tMs).getUTCFullYear(), 2025);
    host.jump(START_MS - wrongMs);
    assert.deepEqual(clock.arrival(), { tMs: START_MS, suspect: false });
    assert.equal(clock.deletionMs(), START_MS);
  }
});

Deno.test("createSteadyClock keeps the order of arrival when the clock is set back two hours", () => {
  const { host, clock } = proven();
  let lastMs = clock.arrival().tMs;
  host.jump(-2 * HOUR_MS);
  assert.equal(clock.now(), host.now(), "what is recorded follows");
  let minutes = 0;
  for (; minutes < 600; minutes++) {
    const { tMs, suspect } = clock.arrival();
    assert.ok(tMs >= lastMs);
    lastMs = tMs;
    if (!suspect) break;
    host.pass(60_000);
  }
  assert.ok(minutes > 200 && minutes <= 241, `level after ${minutes} minutes`);
  assert.deepEqual(clock.arrival(), { tMs: host.now(), suspect: false });
});

Deno.test("createSteadyClock: a battery that died months ago is outlasted, a wrong first start is not", () => {
  const { host, clock } = proven(30);
  const rightMs = host.now();
  host.jump(-400 * DAY_MS);
  for (let hour = 0; hour < 20 * 24; hour++) {
    host.pass(HOUR_MS);
    assert.equal(clock.state().doubt, "behind");
  }
  assert.equal(clock.now(), rightMs + 20 * DAY_MS);
  const wrong = hostAt(START_MS + 10 * YEAR_MS);
  const fresh = createSteadyClock(wrong);
  fresh.load(null, null);
  for (let minute = 0; minute < 5; minute++) {
    wrong.pass(60_000);
    fresh.now();
  }
  wrong.jump(-10 * YEAR_MS);
  assert.equal(fresh.deletionMs(), wrong.now(), "never ahead of the host");
  for (let minute = 0; minute < 6; minute++) {
    wrong.pass(60_000);
    fresh.now();
  }
  assert.equal(fresh.now(), wrong.now());
  wrong.jump(10 * YEAR_MS);
  assert.equal(fresh.state().doubt, "ahead", "and does not come back");
});

Deno.test("createSteadyClock gives back at once what it followed by credit alone", () => {
  const { host, clock } = proven();
  host.jump(10 * DAY_MS);
  for (let day = 0; day < 10; day++) {
    host.pass(DAY_MS);
    clock.now();
  }
  host.jump(-10 * DAY_MS);
  assert.equal(clock.now(), host.now());
  assert.equal(clock.state().doubt, null);
  assert.equal(clock.trustedMs(), host.now());
});

/** Real time passes, the clock is set, Perch is started again. */
type Step = { passMs: number; jumpMs: number; restart: boolean };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    passMs: fc.oneof(fc.nat(60_000), fc.nat(2 * DAY_MS)),
    jumpMs: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      fc.integer({ min: -DAY_MS, max: DAY_MS }),
      fc.integer({ min: -12 * YEAR_MS, max: 12 * YEAR_MS }),
      fc.constantFrom(-2 * HOUR_MS, HOUR_MS, 40 * DAY_MS, 10 * YEAR_MS, -57 * YEAR_MS),
    ),
    restart: fc.boolean(),
  }),
  { maxLength: 40 },
);

Deno.test("createSteadyClock: under any steps of the clock deletion never gains more than a day per day", () => {
  fc.assert(
    fc.property(steps, (list) => {
      const host = hostAt(START_MS);
      let clock = createSteadyClock(host);
      clock.load(null, null);
      let highestMs = START_MS, passedMs = 0;
      for (const { passMs, jumpMs, restart } of list) {
        host.pass(passMs);
        passedMs += passMs;
        host.jump(jumpMs);
        if (restart) {
          const kept = clock.kept();
          clock = createSteadyClock(host);
          clock.load(kept, null);
        }
        const deletionMs = clock.deletionMs();
        highestMs = Math.max(highestMs, deletionMs);
        const mostMs = START_MS + passedMs + DAY_MS + passedMs;
        assert.ok(highestMs <= mostMs + 1, `${highestMs - START_MS} after ${passedMs}`);
        assert.ok(deletionMs <= host.now());
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("createSteadyClock: within an hour of real time arrivals keep their order under any steps", () => {
  fc.assert(
    fc.property(steps, (list) => {
      const host = hostAt(START_MS);
      const clock = createSteadyClock(host);
      clock.load(null, null);
      let lastMs = clock.arrival().tMs;
      for (const { passMs, jumpMs } of list) {
        host.pass(passMs % 80_000);
        host.jump(jumpMs);
        const { tMs } = clock.arrival();
        assert.ok(tMs >= lastMs, `${tMs - lastMs}`);
        assert.ok(tMs >= Date.UTC(2025, 0, 1) && tMs < Date.UTC(2100, 0, 1));
        lastMs = tMs;
      }
    }),
    { numRuns: 1000 },
  );
});
