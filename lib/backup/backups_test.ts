import assert from "node:assert/strict";
import { writeBackup } from "../../tests/support/backups.ts";
import { sabotaged } from "../../tests/support/sabotage.ts";
import { type FakeClock, fakeClock } from "../../tests/support/fake_clock.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../words/times.ts";
import { type Backups, type BackupsDeps, createBackups, ON_SERVER } from "./backups.ts";
import { describeBackups, troubleOf } from "./health.ts";
import type { Room } from "./room.ts";
import type { Schedule } from "./schedule.ts";
import { createSettled } from "./settled.ts";
import { backupTask, FIRST_MS } from "./task.ts";
import type { MakeRequest } from "./types.ts";

const START_MS = Date.UTC(2026, 0, 1, 12);
const nothing = () => Promise.resolve();
const DAILY: Schedule = { every: "daily", at: "03:00", zone: "UTC" };

interface Under {
  clock: FakeClock;
  backups: Backups;
  dataDir: string;
  made: MakeRequest[];
  failures: string[];
  copying: boolean[];
  room: Room;
  /** What the worker does next instead of making one. */
  fault: Error | null;
  /** Lets the runs that wait go on; null: none waits. */
  gate: Promise<void> | null;
}

async function withBackups(
  run: (under: Under) => Promise<void>,
  deps: Partial<BackupsDeps> = {},
): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-backups-" });
  const clock = fakeClock(START_MS);
  const under: Under = {
    clock,
    dataDir,
    made: [],
    failures: [],
    copying: [],
    room: { freeBytes: 1e9, spareBytes: 1e6, needBytes: 1e6 },
    fault: null,
    gate: null,
    backups: null!,
  };
  let sequence = 0;
  under.backups = createBackups({
    clock: { ...clock, deletionMs: clock.now },
    log: silentLog(),
    database: "/somewhere/perch.db",
    dataDir,
    store: { nextSequence: (least) => Promise.resolve(sequence = Math.max(sequence, least) + 1) },
    worker: {
      async make(request, onProgress) {
        onProgress({ stage: "copying", share: 0.1 });
        await under.gate;
        onProgress({ stage: "packing", share: 0.5 });
        if (under.fault) throw under.fault;
        under.made.push(request);
        const spec = { sequence: request.sequence, createdMs: request.nowMs };
        await writeBackup(dataDir, { ...spec, reason: request.reason });
        return null!;
      },
      unpack: () => Promise.reject(new Error("not here")),
      callOff: () => Promise.resolve(),
      end: () => Promise.resolve(),
    },
    about: () => ({
      site: { id: "uid", name: "Hall 3" },
      perch: "0.0.0-test",
      environment: {},
      recipient: null,
      walMostBytes: 1e6,
    }),
    room: () => Promise.resolve(under.room),
    keepDays: () => 14,
    copying: (on) => void under.copying.push(on),
    onFailure: ({ sentence }) => Promise.resolve(void under.failures.push(sentence)),
    onDeleted: () => Promise.resolve(),
    ...deps,
  });
  try {
    await run(under);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** Time passes in small steps; after each the task comes to its end, so that files on the disk keep up with it. */
async function pass(clock: FakeClock, ms: number, stepMs = MINUTE_MS): Promise<void> {
  for (let done = 0; done < ms; done += stepMs) {
    await clock.advance(stepMs);
    for (let tries = 0; clock.sleepers() === 0; tries++) {
      assert.ok(tries < 20_000, "the task sleeps again");
      await new Promise((r) => setTimeout(r, 1));
    }
  }
}

Deno.test("backups: one at a time, with its progress, and the folder is the list", () =>
  withBackups(async (under) => {
    const { backups } = under;
    let open = () => {};
    under.gate = new Promise((resolve) => open = resolve);
    const { job, ended } = await backups.begin("asked", "Ada");
    assert.deepEqual([job.id, job.state, backups.job()?.stage], [1, "running", "copying"]);
    await assert.rejects(backups.run("asked", "Bob"), /A backup is being made already: 10 %/);
    assert.deepEqual(under.copying, [true, true]);
    open();
    const receipt = await ended;
    assert.equal(under.copying.at(-1), false);
    const done = backups.job()!;
    assert.deepEqual([done.state, done.file], ["done", receipt.file]);
    assert.deepEqual((await backups.list()).map((r) => r.file), [receipt.file]);
    await assert.rejects(
      backups.remove(receipt.file, nothing),
      /is the newest good backup: it stays/,
    );
    await assert.rejects(backups.find("../perch.db"), /there is no backup/);
    const again = await backups.run("asked", "Bob");
    const removed: string[] = [];
    await backups.remove(receipt.file, ({ file }) => Promise.resolve(void removed.push(file)));
    assert.deepEqual(removed, [receipt.file]);
    assert.deepEqual((await backups.list()).map((r) => r.file), [again.file]);
  }));

Deno.test("backups: two that begin in the same moment are one, and one is told", () =>
  withBackups(async ({ backups, made }) => {
    const both = await Promise.allSettled([backups.run("asked", "a"), backups.run("asked", "b")]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assert.equal(made.length, 1);
  }));

Deno.test("backups: old ones go after a good one was made, and not before", () =>
  withBackups(async (under) => {
    const { backups, dataDir } = under;
    for (const n of [1, 2, 3]) {
      await writeBackup(dataDir, { sequence: n, createdMs: START_MS - (40 - n) * DAY_MS });
    }
    under.fault = new PerchError("storage_failed", "the card is gone.");
    await assert.rejects(backups.run("scheduled", "Perch"));
    assert.equal((await backups.list()).length, 3);
    under.fault = null;
    const made = await backups.run("scheduled", "Perch");
    assert.equal(made.manifest.sequence, 5, "above what lies there, and above the one that failed");
    assert.deepEqual((await backups.list()).map((r) => r.file), [made.file]);
  }));

Deno.test("backups: a failure is said once, with the age of the last good one, until one succeeds", () =>
  withBackups(async (under) => {
    const { backups, clock, failures } = under;
    const state = () => ({
      unavailable: null,
      schedule: DAILY,
      newest: backups.newest(),
      job: backups.job(),
      failure: backups.failure(),
      ageMs: 5 * HOUR_MS,
      settled: true,
    });
    await backups.run("asked", "Ada");
    assert.equal(troubleOf(state()), null);
    under.fault = new PerchError("storage_full", "could not write: no space left.");
    await assert.rejects(backups.run("scheduled", "Perch"));
    await assert.rejects(backups.run("scheduled", "Perch"));
    assert.deepEqual(failures, ["could not write: no space left."]);
    assert.equal(
      troubleOf(state())!.text,
      "the backup failed: could not write: no space left; the last good one is 5 h old",
    );
    assert.equal(describeBackups(state()).health, "degraded");
    under.fault = null;
    await clock.advance(1000);
    await backups.run("asked", "Ada");
    assert.equal(describeBackups(state()).health, "ok");
  }));

Deno.test("backups: without room none begins, nothing is deleted, and the sentence has the numbers", () =>
  withBackups(async (under) => {
    const { backups, dataDir, made } = under;
    await writeBackup(dataDir, { sequence: 1, createdMs: START_MS - 40 * DAY_MS });
    await writeBackup(dataDir, { sequence: 2, createdMs: START_MS - 30 * DAY_MS });
    under.room = { freeBytes: 5e6, spareBytes: 1e6, needBytes: 5e6 };
    const error = await backups.run("scheduled", "Perch").catch((e) => e);
    assert.equal(error.code, "storage_full");
    assert.match(
      messageOf(error),
      /needs 5\.0\sMB beside 1\.0\sMB that stay free, and 5\.0\sMB are free/,
    );
    assert.deepEqual([made.length, (await backups.list()).length], [0, 2]);
    assert.equal(under.failures.length, 1);
  }));

Deno.test("backups: of a libSQL server there are none, and nothing is wrong", () =>
  withBackups(async ({ backups }) => {
    await assert.rejects(backups.run("asked", "Ada"), { code: "conflict", message: ON_SERVER });
    const unavailable = backups.unavailable;
    const state = { unavailable, schedule: DAILY, newest: null, job: null, failure: null };
    assert.equal(troubleOf({ ...state, ageMs: 1e12, settled: true }), null);
    assert.equal(describeBackups({ ...state, ageMs: 1e12, settled: true }).health, "off");
  }, { database: null }));

// Control: SABOTAGE=backup_age does not look at how old the newest is.
Deno.test("troubleOf: at twice the interval, not while a missed one is being made up for", () => {
  const state = { unavailable: null, schedule: DAILY, newest: null, job: null, failure: null };
  const text = (ageMs: number, settled = true) =>
    troubleOf({ ...state, ageMs: sabotaged("backup_age") ? 0 : ageMs, settled })?.text;
  assert.equal(text(2 * DAY_MS), undefined);
  assert.equal(text(2 * DAY_MS + 1, false), undefined);
  assert.equal(text(3 * DAY_MS), "no backup was made in 3 days");
});

Deno.test("an age alarm waits for the backup that is made up for: after a start, and after a jump of the clock", () => {
  const { clock, jump, pass } = handClock();
  const settled = createSettled(clock);
  assert.equal(settled(), false);
  pass(16 * MINUTE_MS);
  assert.equal(settled(), true);
  for (const days of [40, -40]) {
    jump(days * DAY_MS);
    assert.equal(settled(), false, `${days} days`);
    pass(MINUTE_MS);
    assert.equal(settled(), false);
    pass(16 * MINUTE_MS);
    assert.equal(settled(), true);
  }
});

/** A clock that only hands move. */
function handClock() {
  let [nowMs, processMs] = [START_MS, 0];
  return {
    clock: { now: () => nowMs, monotonic: () => processMs },
    jump: (ms: number) => void (nowMs += ms),
    pass(ms: number) {
      nowMs += ms;
      processMs += ms;
    },
  };
}

Deno.test("the task: nothing in the first minutes, then by schedule, and what was missed once", () =>
  withBackups(async ({ backups, clock, made }) => {
    const ending = new AbortController();
    const task = backupTask({
      clock,
      log: silentLog(),
      backups,
      schedule: () => DAILY,
      sinceMs: START_MS - 10 * DAY_MS,
    });
    const running = task.run(ending.signal).catch(() => {});
    await pass(clock, FIRST_MS - 2 * MINUTE_MS);
    assert.equal(made.length, 0);
    await pass(clock, 4 * MINUTE_MS);
    assert.deepEqual(made.map((m) => m.reason), ["scheduled"], "missed");
    await pass(clock, 10 * HOUR_MS, 30 * MINUTE_MS);
    assert.equal(made.length, 1);
    await pass(clock, 2 * DAY_MS, 15 * MINUTE_MS);
    assert.deepEqual(
      made.slice(1).map(({ nowMs }) => new Date(nowMs).toISOString().slice(0, 13)),
      ["2026-01-02T03", "2026-01-03T03"],
    );
    ending.abort();
    await running;
  }));

Deno.test("the task: after a failure it waits an hour, without room a few minutes", () =>
  withBackups(async (under) => {
    const { backups, clock, made } = under;
    const ending = new AbortController();
    const sinceMs = START_MS - 10 * DAY_MS;
    const task = backupTask({ clock, log: silentLog(), backups, schedule: () => DAILY, sinceMs });
    const running = task.run(ending.signal).catch(() => {});
    under.room = { ...under.room, freeBytes: 0 };
    await pass(clock, FIRST_MS + 2 * MINUTE_MS);
    assert.equal(backups.failure()?.code, "storage_full");
    under.room = { ...under.room, freeBytes: 1e9 };
    under.fault = new PerchError("storage_failed", "broken");
    await pass(clock, 8 * MINUTE_MS);
    assert.equal(backups.failure()?.code, "storage_failed");
    under.fault = null;
    await pass(clock, 40 * MINUTE_MS);
    assert.equal(made.length, 0);
    await pass(clock, 30 * MINUTE_MS);
    assert.equal(made.length, 1);
    assert.equal(backups.failure(), null);
    ending.abort();
    await running;
  }));

Deno.test("the task: when it was started again, what fails is still said", () =>
  withBackups(async (under) => {
    const { clock, backups, failures } = under;
    const task = backupTask({
      clock,
      log: silentLog(),
      backups,
      schedule: () => DAILY,
      sinceMs: START_MS,
    });
    const first = new AbortController();
    const ended = task.run(first.signal, () => {}).catch(() => {});
    await clock.advance(MINUTE_MS);
    first.abort();
    await ended;
    under.fault = new PerchError("storage_failed", "the disk does not answer");
    await assert.rejects(backups.run("asked", "Ada"), /does not answer/);
    assert.equal(failures.length, 1);
  }));
