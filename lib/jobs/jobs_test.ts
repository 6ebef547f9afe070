import assert from "node:assert/strict";
import { join } from "node:path";
import { openTestDatabase } from "../../tests/support/database.ts";
import { type FakeClock, fakeClock } from "../../tests/support/fake_clock.ts";
import { until } from "../../tests/support/until.ts";
import { PerchError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import { DAY_MS } from "../words/times.ts";
import { afterEnd, endsPerch, toDrop, toStart } from "./decide.ts";
import type { Job, JobKind, JobRun } from "./job.ts";
import { createJobs, type Jobs, type JobsDeps } from "./jobs.ts";
import { NOT_INTERRUPTED } from "./jobs_store.ts";
import { safeName } from "./run.ts";

const audited = () => ({ sql: "select 1" });

interface Under {
  jobs: Jobs;
  clock: FakeClock;
  folder: string;
  limits: ReturnType<JobsDeps["limits"]>;
  room: { freeBytes: number; spareBytes: number };
  /** What runs now, by title, with what ends it. */
  running: Map<string, { run: JobRun; end: (how?: Error) => void }>;
  published: Job[];
  order(kind: JobKind, title: string): Promise<Job>;
  state(job: Job): Promise<string>;
  /** Perch ends as by a kill, and starts anew. */
  kill(): void;
  /** It ends in order, and starts anew. */
  restart(): Promise<void>;
}

async function withJobs(work: (t: Under) => Promise<void>): Promise<void> {
  const data = await Deno.makeTempDir({ prefix: "perch-jobs-" });
  const db = await openTestDatabase(data);
  const clock = fakeClock();
  const folder = join(data, "jobs");
  let stop: () => Promise<void> = () => Promise.resolve();
  const under = {
    ...{ clock, folder, running: new Map(), published: [] as Job[] },
    limits: { keepMs: 30 * DAY_MS, mostFiles: 50, mostBytes: 1e6 },
    room: { freeBytes: 1e9, spareBytes: 1e6 },
    order: (kind: JobKind, title: string) =>
      under.jobs.order({ kind, title, options: {}, by: "test", audited }),
    state: async (job: Job) => (await under.jobs.need(job.kind, job.id)).state,
    kill: () => start(true),
    restart: () => (start(false), Promise.resolve()),
  } as unknown as Under;

  function start(isDead: boolean): void {
    // What a killed Perch would still do goes nowhere.
    let alive = true;
    const mine = {
      query: db.query,
      close: db.close,
      write: (...given: Parameters<typeof db.write>) =>
        alive ? db.write(...given) : new Promise<never>(() => {}),
    };
    const jobs = createJobs({
      ...{ db: mine, folder, log: silentLog() },
      clock: { ...clock, deletionMs: clock.now },
      refusal: () => null,
      room: () => Promise.resolve(under.room),
      limits: () => under.limits,
      publish: (job) => void (alive && under.published.push(job)),
    });
    for (const kind of ["report", "export", "import"] as const) {
      jobs.register(kind, () =>
        Promise.resolve({
          kind,
          run: (run) =>
            new Promise((resolve, reject) => {
              const { title } = run.job;
              const end = (how?: Error) => {
                under.running.delete(title);
                if (how === undefined) {
                  resolve({ rows: 3, ...(run.job.kind === "import" ? { series: [1] } : {}) });
                } else reject(how);
              };
              under.running.set(title, { run, end });
              run.signal.addEventListener("abort", () => end(run.signal.reason));
            }),
        }));
    }
    const before = stop;
    const abort = new AbortController();
    const task = (isDead ? Promise.resolve() : before()).then(() => jobs.task.run(abort.signal));
    task.catch(() => {});
    if (isDead) kills.splice(0).forEach((kill) => kill());
    kills.push(() => {
      alive = false;
      under.running.clear();
    });
    stop = async () => {
      abort.abort(new DOMException("stopping", "AbortError"));
      await task.catch(() => {});
    };
    under.jobs = jobs;
  }
  const kills: (() => void)[] = [];
  start(false);
  try {
    await work(under);
  } finally {
    await stop();
    await db.close();
    await Deno.remove(data, { recursive: true });
  }
}

const started = (t: Under, title: string) =>
  until(`${title} to begin`, async () => {
    await t.clock.advance(0);
    return t.running.get(title) ?? null;
  });

const becomes = (t: Under, job: Job, state: string) =>
  until(`${job.title} to be ${state}`, async () => {
    await t.clock.advance(100);
    return await t.state(job) === state ? true : null;
  });

Deno.test("jobs: one of each kind and two altogether, in their order; a file gets its name at the end", () =>
  withJobs(async (t) => {
    const [first, second] = [await t.order("report", "r1"), await t.order("report", "r2")];
    const third = await t.order("export", "e1");
    const fourth = await t.order("import", "i1");
    const { run, end } = await started(t, "r1");
    await started(t, "e1");
    assert.equal(await t.state(second), "waiting");
    assert.equal(await t.state(fourth), "waiting");
    assert.deepEqual({ ...t.jobs.counts() }, { waiting: 2, running: 2, trouble: null });

    const path = await run.file("../Täglich: Halle 3.pdf", "application/pdf");
    await Deno.writeTextFile(path, "%PDF");
    run.progress({ share: 0.5, words: "Drawing", counts: { pages: 2 } });
    await t.clock.advance(1_000);
    assert.equal((await t.jobs.need("report", first.id)).progress?.share, 0.5);
    await assert.rejects(t.jobs.open("report", first.id), /no file/);
    end();
    await becomes(t, first, "done");
    const file = await t.jobs.open("report", first.id);
    assert.equal(file.name, "Taglich-Halle-3.pdf");
    assert.equal(await Deno.readTextFile(file.path), "%PDF");
    assert.ok(file.path.startsWith(`${t.folder}/${first.id}`));
    assert.deepEqual((await t.jobs.need("report", first.id)).result, { rows: 3 });
    // The second report, not the import, which came later.
    (await started(t, "r2")).end(new PerchError("validation", "there is nothing to report"));
    await becomes(t, second, "failed");
    assert.equal((await t.jobs.need("report", second.id)).error, "there is nothing to report");
    await started(t, "i1");
    assert.equal(await t.state(third), "running");
    assert.deepEqual((await t.jobs.list("report", {})).items.map(({ id }) => id), [
      second.id,
      first.id,
    ]);
    assert.ok(t.published.some(({ progress }) => progress?.share === 0.5));
    await t.jobs.remove("report", first.id, audited);
    await assert.rejects(Deno.stat(file.path), Deno.errors.NotFound);
  }));

Deno.test("jobs: what is cancelled ends at once and leaves nothing, waiting or under way", () =>
  withJobs(async (t) => {
    const job = await t.order("export", "e1");
    const waits = await t.order("export", "e2");
    const { run } = await started(t, "e1");
    const path = await run.file("x.csv", "text/csv");
    await Deno.writeTextFile(path, "half");
    await assert.rejects(t.jobs.remove("export", job.id, audited), /cancel it first/);
    assert.equal((await t.jobs.cancel("export", waits.id, audited)).state, "cancelled");
    assert.equal((await t.jobs.cancel("export", job.id, audited)).state, "cancelled");
    assert.ok(run.signal.aborted);
    await assert.rejects(t.jobs.cancel("export", job.id, audited), /ended already: cancelled/);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(t.folder)), []);
    assert.equal(t.jobs.counts().waiting, 0);
  }));

Deno.test("jobs: what a kill interrupts begins again, and is given up where it ends Perch twice", () =>
  withJobs(async (t) => {
    const job = await t.order("report", "r1");
    const { run } = await started(t, "r1");
    await Deno.writeTextFile(await run.file("x.pdf", "application/pdf"), "half");
    t.kill();
    await started(t, "r1");
    assert.deepEqual(await Array.fromAsync(Deno.readDir(t.folder)), []);
    t.kill();
    await becomes(t, job, "failed");
    assert.match((await t.jobs.need("report", job.id)).error!, /not tried any more/);
    assert.equal(t.running.size, 0);
  }));

Deno.test("jobs: an end in order and an emergency put back what is under way, as often as they come", () =>
  withJobs(async (t) => {
    const job = await t.order("import", "i1");
    for (let times = 0; times < 3; times++) {
      await started(t, "i1");
      await t.restart();
    }
    await started(t, "i1");
    await t.jobs.rest(true);
    assert.equal(await t.state(job), "waiting");
    await t.clock.advance(60_000);
    assert.equal(t.running.size, 0);
    await t.jobs.rest(false);
    (await started(t, "i1")).end();
    await becomes(t, job, "done");
  }));

Deno.test("jobs: the waiting list is bounded, and without room nothing begins or goes on", () =>
  withJobs(async (t) => {
    const job = await t.order("report", "r1");
    await started(t, "r1");
    for (let n = 0; n < 20; n++) await t.order("report", `w${n}`);
    await assert.rejects(t.order("report", "one more"), /20 jobs wait already/);
    t.room.freeBytes = 10e6;
    await assert.rejects(t.order("report", "one more"), { code: "storage_full" });
    t.room.freeBytes = 0.5e6;
    await becomes(t, job, "failed");
    assert.match((await t.jobs.need("report", job.id)).error!, /disk filled up/);
  }));

Deno.test("jobs: what writes more than all files may take is ended, and so is what hangs", () =>
  withJobs(async (t) => {
    const large = await t.order("export", "e1");
    const { run } = await started(t, "e1");
    await Deno.writeFile(await run.file("x.csv", "text/csv"), new Uint8Array(1e6 + 1));
    await becomes(t, large, "failed");
    const hangs = await t.order("export", "e2");
    await started(t, "e2");
    await t.clock.advance(31 * 60_000);
    await becomes(t, hangs, "failed");
    assert.match((await t.jobs.need("export", hangs.id)).error!, /half an hour/);
  }));

Deno.test("jobs: files leave by age, number and bytes; what nobody knows is swept away", () =>
  withJobs(async (t) => {
    const jobs: Job[] = [];
    for (const title of ["a", "b", "c"]) {
      const job = await t.order("report", title);
      const { run, end } = await started(t, title);
      await Deno.writeFile(await run.file("x.pdf", "application/pdf"), new Uint8Array(400));
      end();
      await becomes(t, job, "done");
      jobs.push(job);
    }
    await Deno.writeTextFile(join(t.folder, "stray.csv"), "");
    await Deno.writeTextFile(join(t.folder, "stray2.partial"), "");
    t.limits = { ...t.limits, mostBytes: 900 };
    const named = async () =>
      (await Array.fromAsync(Deno.readDir(t.folder))).map(({ name }) => name.split(".")[0]).sort();
    const two = jobs.slice(1).map(({ id }) => id).sort();
    await until(
      "the oldest to leave",
      async () => {
        await t.clock.advance(600_000);
        return (await named()).join() === two.join() ? true : null;
      },
    );
    assert.equal((await t.jobs.need("report", jobs[0].id)).file, null);
    await assert.rejects(t.jobs.open("report", jobs[0].id), /too old or there were too many/);
    await t.clock.advance(31 * DAY_MS);
    await until("all to leave", async () => {
      await t.clock.advance(600_000);
      return (await named()).length === 0 ? true : null;
    });
  }));

Deno.test("jobs: a file that gets its name while others are tidied away stays", () =>
  withJobs(async (t) => {
    for (let round = 0; round < 25; round++) {
      const ended: Job[] = [];
      for (const kind of ["report", "export"] as const) {
        ended.push(await t.order(kind, `${kind} ${round}`));
      }
      for (const { title } of ended) {
        const { run } = await started(t, title);
        await Deno.writeTextFile(await run.file("x.csv", "text/csv"), title);
      }
      t.running.get(ended[0].title)!.end();
      // The end of the first makes it tidy up: at some moment of that the second ends.
      await new Promise((resolve) => setTimeout(resolve, round % 5));
      t.running.get(ended[1].title)!.end();
      for (const job of ended) {
        await becomes(t, job, "done");
        await t.clock.advance(1_000);
        const { path } = await t.jobs.open(job.kind, job.id);
        assert.equal(await Deno.readTextFile(path), job.title);
      }
    }
  }));

Deno.test("jobs: decisions", () => {
  const jobs = (kinds: JobKind[]) => kinds.map((kind, id) => ({ kind, id }));
  assert.deepEqual(
    toStart(jobs(["report", "report", "export", "import"]), []).map(({ id }) => id),
    [
      0,
      2,
    ],
  );
  assert.deepEqual(toStart(jobs(["report", "import"]), [{ kind: "report" }]).map(({ id }) => id), [
    1,
  ]);
  // One that gets further each time is done in the end, but not for ever.
  let remembered = afterEnd(NOT_INTERRUPTED, 0.1);
  for (const share of [0.2, 0.3, 0.4]) {
    remembered = afterEnd(remembered, share);
    assert.ok(!endsPerch(remembered), `${share}`);
  }
  assert.ok(endsPerch(afterEnd(remembered, 0.5)));
  assert.ok(endsPerch(afterEnd(afterEnd(NOT_INTERRUPTED, 0.1), 0.1)));
  const limits = { keepMs: 100, mostFiles: 2, mostBytes: 10 };
  const file = (id: string, bytes: number, finishedMs: number, kind: JobKind = "report") => ({
    ...{ id, kind, finishedMs },
    file: { name: "x", type: "y", bytes },
  });
  assert.deepEqual(toDrop([file("a", 50, 90), file("b", 1, 90)], limits, 100), ["b"]);
  assert.deepEqual(
    toDrop([file("a", 1, 90), file("b", 1, 90), file("c", 1, 90)], limits, 100),
    ["c"],
  );
  assert.deepEqual(toDrop([file("a", 1, 90), file("b", 1, -1, "export")], limits, 100), ["b"]);
  assert.equal(safeName('"; x=../../etc/passwd\r\n'), "x.-etc-passwd");
  assert.equal(safeName("💥"), "file");
});

Deno.test("jobs: one of a kind is open while it waits or runs, and not while nothing is done", async () => {
  await withJobs(async (t) => {
    assert.equal(await t.jobs.isOpen("import"), false);
    const job = await t.order("import", "first");
    assert.deepEqual([await t.jobs.isOpen("import"), await t.jobs.isOpen("export")], [true, false]);
    await until("it runs", () => t.running.get("first") ?? null);
    await t.jobs.rest(true);
    assert.equal(await t.jobs.isOpen("import"), false);
    await t.jobs.cancel("import", job.id, audited);
    await t.jobs.rest(false);
    assert.equal(await t.jobs.isOpen("import"), false);
  });
});

Deno.test("jobs: a list leaves out what may be long of each", async () => {
  await withJobs(async (t) => {
    const options = { name: "states.csv", mapping: [{ key: "a" }] };
    const { id } = await t.jobs.order({ kind: "import", title: "A", options, by: "test", audited });
    (await until("it runs", () => t.running.get("A") ?? null)).end();
    await until(
      "it is done",
      async () => await t.state({ kind: "import", id } as Job) === "done" || null,
    );
    const { items: [listed] } = await t.jobs.list("import", { limit: 5 });
    assert.deepEqual([listed.options, listed.result], [{ name: "states.csv" }, { rows: 3 }]);
    const whole = await t.jobs.need("import", id);
    assert.deepEqual([whole.options, whole.result], [options, { rows: 3, series: [1] }]);
  });
});
