import assert from "node:assert/strict";
import { openTestDatabase } from "../../../tests/support/database.ts";
import { failingWrites } from "../../../tests/support/failing_writes.ts";
import { type FakeClock, fakeClock } from "../../../tests/support/fake_clock.ts";
import { sabotaged } from "../../../tests/support/sabotage.ts";
import { PerchError } from "../../base/errors.ts";
import { silentLog } from "../../base/log.ts";
import type { Database } from "../../db/client.ts";
import { createEventLog, type EventLog } from "../../events/events_store.ts";
import type { Job } from "../../jobs/job.ts";
import { createJobStore } from "../../jobs/jobs_store.ts";
import { createOutboxStore } from "../../notify/outbox_store.ts";
import { DAY_MS, HOUR_MS } from "../../words/times.ts";
import type { Reports } from "../reports.ts";
import { createSchedules, type Schedules } from "./schedules.ts";

const audited = () => ({ sql: "select 1" });
/** Sunday noon. */
const START_MS = Date.UTC(2026, 10, 1, 12);
const CONTENT = { format: "csv", machines: [], sections: ["sensors"], title: "" } as const;
const NEW = {
  name: "Daily",
  cron: "0 6 * * *",
  report: {
    ...CONTENT,
    sections: ["sensors" as const],
    machines: [],
    range: "yesterday" as const,
    decimal_comma: false,
  },
  channels: ["mail"],
  enabled: true,
};

interface Under {
  schedules: Schedules;
  clock: FakeClock;
  events: EventLog;
  failAfter(writes: number): void;
  /** For which time each was ordered. */
  ordered: (number | undefined)[];
  /** Why the next orders are refused. */
  refusal: PerchError | null;
  /** What becomes of the jobs. */
  becomes: "done" | "failed";
  deliveries(): Promise<{ uid: string; subject: string }[]>;
  /** The site's, and since when. */
  zone: { name: string; sinceMs: number };
  /** The task runs until it rests. */
  look(): Promise<void>;
  /** It ends, and another Perch begins. */
  restart(): Promise<void>;
}

async function withSchedules(work: (t: Under) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-schedules-" });
  const real = await openTestDatabase(folder);
  const { db, failAfter } = failingWrites(real);
  const clock = fakeClock(START_MS);
  const store = createJobStore(db);
  const outbox = createOutboxStore(db);
  const events = createEventLog(db);
  const zone = { name: "Europe/Berlin", sinceMs: 0 };
  const under = { clock, events, failAfter, zone, ordered: [], refusal: null, becomes: "done" } as
    & Partial<Under>
    & Pick<Under, "ordered" | "refusal" | "becomes" | "zone">;
  let listener: (job: Job) => void = () => {};
  let num = 0;

  /** As jobs that are done at once. */
  const order: Reports["order"] = async (asked, by, _, of) => {
    if (under.refusal !== null) throw under.refusal;
    const id = `job${++num}`;
    const options = { ...CONTENT, from_ms: 0, to_ms: 1, schedule: of!.schedule };
    const end = {
      ...{ state: under.becomes, result: { title: "Report", subtitle: "", figures: [] } },
      ...{ error: under.becomes === "failed" ? "There was no room." : null, finishedMs: 2 },
      file: { name: "x.csv", type: "text/csv", bytes: 1, stored: `${id}.csv` },
    };
    await db.write([
      store.add({ id, kind: "report", title: "Report", options, by, createdMs: clock.now() }),
      ...of?.also ?? [],
      store.start(id, 1),
      store.end(id, "running", end),
    ]);
    under.ordered.push(of?.asOfMs);
    assert.equal(asked.range, "yesterday");
    const job = (await store.find("report", id))!;
    listener(job);
    return job;
  };

  async function create(database: Database): Promise<void> {
    under.schedules = createSchedules({
      ...{ db: database, clock, log: silentLog(), zone: () => under.zone.name, events, audited },
      zoneSinceMs: () => under.zone.sinceMs,
      jobs: { list: store.list, noted: store.noted, onEnd: (hear) => void (listener = hear) },
      reports: { order, machines: () => [{ path: "hall-1/press-3", name: null }] },
      channels: () => [{ id: "mail", name: "Mail" }],
      async mail(event, channels, also) {
        const plan = { target: "", state: "waiting", untilMs: null, why: "its schedule" } as const;
        // Its control marks the job before the outbox has the mail.
        if (sabotaged("report-mail")) await db.write(also);
        await db.write([
          ...channels.map((channel) => outbox.add(event, { ...plan, channel }, clock.now())),
          ...also,
        ]);
      },
    });
    await under.schedules.load();
  }
  under.deliveries = async () => (await outbox.list({})).items;
  under.look = async () => {
    const abort = new AbortController();
    const run = under.schedules!.task.run(abort.signal);
    const rests = (async () => {
      while (clock.sleepers() === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    })();
    try {
      await Promise.race([run, rests]);
    } finally {
      abort.abort(new DOMException("stopping", "AbortError"));
      await run.catch(() => {});
    }
  };
  under.restart = () => create(db);
  await create(db);
  try {
    await work(under as Under);
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a schedule is due at its time, once; of what was missed the latest; a pause forgets what it missed", () =>
  withSchedules(async (t) => {
    const { id } = await t.schedules.add(NEW, audited);
    await t.look();
    assert.deepEqual(t.ordered, []);
    await t.clock.advance(17 * HOUR_MS);
    await t.look();
    await t.look();
    const monday = Date.UTC(2026, 10, 2, 5);
    assert.deepEqual(t.ordered, [monday]);
    await t.restart();
    await t.clock.advance(3 * DAY_MS);
    await t.look();
    assert.deepEqual(t.ordered, [monday, monday + 3 * DAY_MS]);
    await t.schedules.change(id, { enabled: false }, audited);
    await t.clock.advance(2 * DAY_MS);
    await t.look();
    await t.schedules.change(id, { enabled: true }, audited);
    await t.look();
    assert.equal(t.ordered.length, 2);
    // The clock was a year ahead for a moment: it goes on by the right one.
    t.clock.jump(365 * DAY_MS);
    await t.look();
    t.clock.jump(-365 * DAY_MS);
    await t.clock.advance(DAY_MS);
    await t.look();
    assert.equal(t.ordered.at(-1), monday + 6 * DAY_MS);
    const [shown] = await t.schedules.all();
    assert.equal(shown.next_ms, monday + 7 * DAY_MS);
    assert.equal(shown.last?.state, "done");
  }));

Deno.test("another time zone moves the next time of a schedule, and makes none up that is past in it", () =>
  withSchedules(async (t) => {
    await t.schedules.add(NEW, audited);
    await t.clock.advance(20 * HOUR_MS);
    await t.look();
    assert.deepEqual(t.ordered, [Date.UTC(2026, 10, 2, 5)]);
    // In New York it was 06:00 at 11:00 UTC; Berlin's report of the same day has been made.
    await t.clock.advance(9 * HOUR_MS);
    t.zone = { name: "America/New_York", sinceMs: t.clock.now() };
    await t.look();
    assert.equal(t.ordered.length, 1);
    const tuesday = Date.UTC(2026, 10, 3, 11);
    assert.equal((await t.schedules.all())[0].next_ms, tuesday);
    await t.clock.advance(DAY_MS);
    await t.look();
    assert.equal(t.ordered.at(-1), tuesday);
  }));

Deno.test("what cannot be ordered now is tried again and said once; what never can is given up", () =>
  withSchedules(async (t) => {
    await t.schedules.add(NEW, audited);
    await t.clock.advance(DAY_MS);
    t.refusal = new PerchError("storage_full", "The disk has no room.");
    await t.look();
    await t.look();
    const failed = async () =>
      (await t.events.list({ types: ["report.failed"] })).items.map(({ text }) => text);
    assert.deepEqual(await failed(), [
      "Scheduled report not made yet: Daily: The disk has no room",
    ]);
    assert.equal((await t.schedules.all())[0].trouble, "The disk has no room.");
    t.refusal = null;
    t.becomes = "failed";
    await t.look();
    await t.look();
    assert.equal(t.ordered.length, 1);
    assert.equal((await failed())[0], "Scheduled report not made: Report: There was no room");
    assert.equal((await failed()).length, 2);
    t.refusal = new PerchError("validation", "there is no machine");
    await t.clock.advance(DAY_MS);
    await t.look();
    await t.look();
    assert.equal((await failed()).length, 3);
    assert.deepEqual(await t.deliveries(), []);
  }));

Deno.test("Perch ends at any write between a report and its mail: one delivery, with one id", () =>
  withSchedules(async (t) => {
    await t.schedules.add(NEW, audited);
    for (let writes = 0; writes < 4; writes++) {
      await t.clock.advance(DAY_MS);
      t.failAfter(writes);
      await t.look().catch(() => {});
      t.failAfter(Infinity);
      for (let starts = 0; starts < 2; starts++) {
        await t.restart();
        await t.look();
      }
      const sent = await t.deliveries();
      assert.equal(sent.length, writes + 1, `after ${writes} writes`);
      assert.equal(new Set(sent.map(({ subject }) => subject)).size, sent.length);
    }
    assert.equal(t.ordered.length, 4);
  }));

Deno.test("schedules are checked: names, times, channels, places; one whose channel is gone can be paused", () =>
  withSchedules(async (t) => {
    const { id } = await t.schedules.add(NEW, audited);
    const refused = async (given: Partial<typeof NEW>, words: RegExp) =>
      await assert.rejects(t.schedules.add({ ...NEW, name: "Other", ...given }, audited), words);
    await refused({ name: "Daily" }, /there is a schedule "Daily" already/);
    await refused({ cron: "* * * * *" }, /once an hour/);
    await refused({ channels: ["gone"] }, /channels.0: there is no mail channel "gone"/);
    await refused({ report: { ...NEW.report, machines: ["hall-9"] as never[] } }, /hall-9/);
    assert.equal((await t.schedules.change(id, { enabled: false }, audited)).next_ms, null);
    await t.schedules.remove(id, audited);
    await assert.rejects(t.schedules.sendNow(id, "x", audited), { code: "not_found" });
  }));
