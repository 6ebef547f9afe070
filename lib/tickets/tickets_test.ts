/** Control: `SABOTAGE=lost-update` takes the trigger away that stops the slower one of two. */
import assert from "node:assert/strict";
import type { Alarm } from "../alarms/alarm.ts";
import { PerchError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import type { Database } from "../db/client.ts";
import { createEventLog } from "../events/events_store.ts";
import { newMachine } from "../machines/machine.ts";
import { alarm } from "../../tests/support/alarms.ts";
import { openTestDatabase } from "../../tests/support/database.ts";
import { sabotaged } from "../../tests/support/sabotage.ts";
import { type FakeClock, fakeClock } from "../../tests/support/fake_clock.ts";
import { type AlarmTickets, createAlarmTickets } from "./alarm_tickets.ts";
import { createTicketBook } from "./book.ts";
import type { AlarmTransition } from "../alarms/keeper.ts";
import { createTickets, type Tickets } from "./tickets.ts";

const PEOPLE = [
  { id: "u1", name: "Ada", able: true },
  { id: "u2", name: "Ben", able: true },
  { id: "u3", name: "Vera", able: false },
];
const PRESS = newMachine("hall-1/press-3", 0);

interface World {
  tickets: Tickets;
  fromAlarms: AlarmTickets;
  clock: FakeClock;
  db: Database;
  /** As the alarms room has them. */
  alarms: Map<string, Alarm>;
  /** What the alarms room does: a change and what goes with it, in one transaction. */
  tell(...transitions: AlarmTransition[]): Promise<void>;
  events(id: string): Promise<string[]>;
  audits(): Promise<string[]>;
  published: string[];
}

const audited = ({ action, resource }: { action: string; resource: string }) => ({
  sql: "insert into audit (ts_ms, actor_kind, actor_name, action, resource) " +
    "values (0, 'user', 'x', ?, ?)",
  args: [action, resource],
});
const by = (name: string) => ({ name, audited });
const ADA = by("Ada"), BEN = by("Ben");

async function withTickets(run: (world: World) => Promise<void>, most = 500): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-tickets-" });
  const db = await openTestDatabase(folder);
  if (sabotaged("lost-update")) await db.write([{ sql: "drop trigger tickets_version" }]);
  const clock = fakeClock();
  const events = createEventLog(db);
  const alarms = new Map<string, Alarm>();
  const published: string[] = [];
  const deps = {
    db,
    clock,
    events,
    machines: {
      find: (name: string) => [PRESS.id, PRESS.path].includes(name) ? PRESS : undefined,
      all: () => [PRESS],
    },
    people: { find: (name: string) => PEOPLE.find((p) => p.id === name || p.name === name) },
    publish: ({ id, state }: { id: string; state: string }) =>
      void published.push(`${id} ${state}`),
  };
  const book = createTicketBook(deps);
  const fromAlarms = createAlarmTickets({
    ...deps,
    book,
    log: silentLog(),
    automatic: () => ({ on: true, leastSeverity: "warning" }),
    audited,
    most,
  });
  const tell: World["tell"] = async (...transitions) => {
    for (const { alarm } of transitions) alarms.set(alarm.id, alarm);
    await db.write(await fromAlarms.alongside(transitions));
  };
  const tickets = createTickets({
    ...deps,
    book,
    alarms: {
      find: (id) => Promise.resolve(alarms.get(id) ?? null),
      async resolve(id, said, { name }, extra) {
        const before = alarms.get(id)!;
        if (before.state === "resolved") throw new PerchError("conflict", "resolved already");
        const after: Alarm = { ...before, state: "resolved", resolved_by: name, ...said };
        alarms.set(id, after);
        const transition = {
          type: "alarm.resolved",
          alarm: after,
          tMs: 0,
          note: said.note,
          actor: name,
        } as const;
        await db.write([...await fromAlarms.alongside([transition]), ...extra]);
      },
      async judge(id, verdict, _by, extra) {
        alarms.set(id, { ...alarms.get(id)!, verdict });
        await db.write(extra);
      },
    },
  });
  try {
    await run({
      tickets,
      fromAlarms,
      clock,
      db,
      alarms,
      tell,
      published,
      events: async (id) =>
        (await events.list({ subject: `ticket:${id}` })).items.map((e) => e.text).reverse(),
      audits: async () =>
        (await db.query({ sql: "select action, resource from audit order by id" })).rows
          .map((row) => row.join(" ")),
    });
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const raised = (id: string, change: Partial<Alarm> = {}): AlarmTransition => ({
  type: "alarm.raised",
  alarm: alarm({ id, machine_id: PRESS.id, ...change }),
  tMs: 0,
  note: null,
  actor: null,
});

Deno.test("tickets: one by hand goes through its whole life, each step told and audited", () =>
  withTickets(async ({ tickets, events, audits, published }) => {
    const made = await tickets.create({ title: "Oil leaks", machine: PRESS.path }, ADA);
    assert.deepEqual([made.id, made.state, made.priority, made.machine, made.created_by], [
      "T-1",
      "open",
      "normal",
      PRESS.path,
      "Ada",
    ]);
    await tickets.change("T-1", { priority: "urgent", assignee: "Ben", due_ms: 5 }, ADA);
    await tickets.move("T-1", "start", {}, BEN);
    await tickets.move("T-1", "resolve", { note: "new seal" }, BEN);
    await tickets.move("T-1", "close", {}, ADA);
    const back = await tickets.move("T-1", "reopen", { note: "leaks again" }, ADA);
    assert.deepEqual([back.state, back.note, back.resolved_by, back.version], [
      "open",
      null,
      null,
      6,
    ]);
    assert.deepEqual(await events("T-1"), [
      "T-1 was opened: Oil leaks",
      "T-1: priority normal → urgent, given to Ben, due date changed",
      "T-1 was started",
      "T-1 was resolved",
      "T-1 was closed",
      "T-1 was opened again",
    ]);
    const actions = ["create", "update", "start", "resolve", "close", "reopen"];
    assert.deepEqual(await audits(), actions.map((action) => `ticket.${action} ticket:T-1`));
    assert.deepEqual(published.length, 6);
    // Nothing changes: nothing is told.
    assert.equal((await tickets.change("T-1", { title: "Oil leaks" }, ADA)).version, 6);
  }));

Deno.test("tickets: two people at once: one wins, the other is told who was faster", () =>
  withTickets(async ({ tickets, events, clock }) => {
    await tickets.create({ title: "Oil leaks" }, ADA);
    const both = await Promise.allSettled([
      tickets.move("T-1", "resolve", { note: "a" }, ADA),
      tickets.move("T-1", "resolve", { note: "b" }, BEN),
    ]);
    assert.deepEqual(both.map((r) => r.status).sort(), ["fulfilled", "rejected"]);
    const lost = both.find((r) => r.status === "rejected")!.reason;
    assert.equal(lost.code, "conflict");
    const winner = both[0].status === "fulfilled" ? "Ada" : "Ben";
    assert.match(lost.message, new RegExp(`${winner} .*T-1 .*resolved`));
    assert.equal((await events("T-1")).filter((text) => /resolved/.test(text)).length, 1);
    await clock.advance(120_000);
    await assert.rejects(
      tickets.move("T-1", "resolve", {}, BEN),
      (error: PerchError) =>
        error.code === "conflict" &&
        error.message.includes(`it is resolved since ${winner} changed it 2 min ago`) &&
        error.message.includes("possible: close, reopen"),
    );
    await assert.rejects(tickets.change("T-1", { title: "x", version: 1 }, BEN), /was faster: T-1/);
    const { title, version } = await tickets.get("T-1");
    assert.deepEqual([title, version], ["Oil leaks", 2]);
  }));

Deno.test("tickets: what is refused changes nothing and says what is allowed", () =>
  withTickets(async ({ tickets, audits }) => {
    const refused = (draft: Parameters<Tickets["create"]>[0], path: string) =>
      assert.rejects(
        tickets.create(draft, ADA),
        (error: PerchError) => error.code === "validation" && error.errors[0].path === path,
      );
    await refused({ title: "x", assignee: "Vera" }, "assignee");
    await refused({ title: "x", assignee: "nobody" }, "assignee");
    await refused({ title: "x", machine: "no/machine" }, "machine");
    await refused({ title: "x", alarm: "7" }, "alarm");
    await tickets.create({ title: "x" }, ADA);
    await assert.rejects(tickets.move("T-1", "resolve", { verdict: "real" }, ADA), /no alarm/);
    for (const id of ["T-9", "x", "1 or 1=1"]) {
      await assert.rejects(tickets.get(id), { code: "not_found" });
    }
    assert.deepEqual(await audits(), ["ticket.create ticket:T-1"]);
  }));

Deno.test("tickets: an alarm opens one ticket, repeats and a crash open no second", () =>
  withTickets(async ({ tickets, tell, alarms, events }) => {
    await tell(
      raised("a1"),
      raised("a2", { severity: "critical" }),
      raised("a3", { severity: "info" }),
    );
    await tell(raised("a1"));
    const { items } = await tickets.list({});
    assert.deepEqual(items.map((t) => [t.id, t.alarm_id, t.priority, t.created_by, t.machine]), [
      ["T-2", "a2", "high", null, PRESS.path],
      ["T-1", "a1", "normal", null, PRESS.path],
    ]);
    await tell({ ...raised("a1", { severity: "critical" }), type: "alarm.changed" });
    assert.equal((await tickets.get("T-1")).priority, "high");
    // By hand for an alarm that has one.
    await assert.rejects(tickets.create({ title: "x", alarm: "a1" }, ADA), /has the ticket T-1/);
    const mine = await tickets.create({ title: "x", alarm: "a3" }, ADA);
    assert.deepEqual([mine.id, mine.alarm_id, mine.machine], ["T-3", "a3", PRESS.path]);
    // Raised and over within one page of findings.
    const over = { ...alarms.get("a1")!, id: "a4", state: "resolved" } as const;
    await tell(raised("a4"), {
      type: "alarm.resolved",
      alarm: over,
      tMs: 0,
      note: null,
      actor: null,
    });
    assert.equal((await tickets.ofAlarm("a4"))!.state, "resolved");
    assert.deepEqual(await events("T-4"), [
      `T-4 was opened: Press 3: ${alarm().title}`,
      "T-4 was resolved with its alarm",
    ]);
  }));

Deno.test("tickets: ticket and alarm are resolved together, whoever begins, with note and verdict", () =>
  withTickets(async ({ tickets, tell, alarms, events, audits }) => {
    await tell(raised("a1"), raised("a2"));
    await tickets.move("T-1", "start", {}, BEN);
    const done = await tickets.move("T-1", "resolve", { note: "greased", verdict: "real" }, BEN);
    assert.deepEqual([done.state, done.note, done.verdict, done.resolved_by], [
      "resolved",
      "greased",
      "real",
      "Ben",
    ]);
    const over = alarms.get("a1")!;
    assert.deepEqual([over.state, over.note, over.verdict], ["resolved", "greased", "real"]);
    assert.equal((await events("T-1")).filter((text) => /was resolved/.test(text)).length, 1);
    assert.ok((await audits()).includes("ticket.resolve ticket:T-1"));
    // The alarm first.
    const resolved = { ...alarms.get("a2")!, state: "resolved", verdict: "false_alarm" } as const;
    await tell({ type: "alarm.resolved", alarm: resolved, tMs: 0, note: "draught", actor: "Ada" });
    const second = await tickets.get("T-2");
    assert.deepEqual([second.state, second.note, second.verdict, second.resolved_by], [
      "resolved",
      "draught",
      "false_alarm",
      "Ada",
    ]);
    await assert.rejects(tickets.move("T-2", "resolve", {}, BEN), /resolved since Ada changed it/);
    await tell({
      type: "alarm.reopened",
      alarm: alarm({ id: "a2" }),
      tMs: 0,
      note: null,
      actor: null,
    });
    const again = await tickets.get("T-2");
    assert.deepEqual([again.state, again.note, again.resolved_ms], ["open", null, null]);
    // A machine that failed: to its alarm that is a real fault.
    assert.deepEqual(await tickets.failures(), []);
    const failed = await tickets.move("T-2", "resolve", { verdict: "failed" }, BEN);
    assert.deepEqual([failed.verdict, alarms.get("a2")!.verdict], ["failed", "real"]);
    const { created_ms: atMs, resolved_ms: backMs, machine_id: machineId } = failed;
    assert.deepEqual(await tickets.failures(), [{ machineId, atMs, backMs }]);
  }));

Deno.test("tickets: an alarm that is over by itself leaves alone what somebody works on", () =>
  withTickets(async ({ tickets, tell, alarms, events }) => {
    await tell(raised("a1"), raised("a2"));
    await tickets.move("T-1", "start", {}, BEN);
    for (const id of ["a1", "a2"]) {
      const over = { ...alarms.get(id)!, state: "resolved" } as const;
      await tell({ type: "alarm.resolved", alarm: over, tMs: 0, note: null, actor: null });
    }
    assert.equal((await tickets.get("T-1")).state, "in_progress");
    assert.equal((await events("T-1")).at(-1), "T-1: its alarm is over");
    assert.equal((await tickets.get("T-2")).state, "resolved");
    // What is said later reaches the alarm, with the ticket in one transaction.
    const judged = await tickets.move("T-1", "resolve", { verdict: "false_alarm" }, BEN);
    assert.deepEqual([judged.state, judged.verdict], ["resolved", "false_alarm"]);
    assert.equal(alarms.get("a1")!.verdict, "false_alarm");
  }));

Deno.test("tickets: a person who works on a ticket does not make its alarm's transaction fail", () =>
  withTickets(async ({ tickets, fromAlarms, tell, alarms, db }) => {
    await tell(raised("a1"));
    const resolved = { ...alarms.get("a1")!, state: "resolved" } as const;
    const statements = await fromAlarms.alongside([
      { type: "alarm.resolved", alarm: resolved, tMs: 0, note: "n", actor: "Ada" },
    ]);
    await tickets.change("T-1", { title: "Bearing" }, BEN);
    await db.write(statements);
    const { title, state, version } = await tickets.get("T-1");
    assert.deepEqual([title, state, version], ["Bearing", "resolved", 3]);
  }));

Deno.test("tickets: when the alarm's transaction fails there is no ticket, and the next try opens it", () =>
  withTickets(async ({ tickets, fromAlarms, tell, db, events }) => {
    const statements = await fromAlarms.alongside([raised("a1")]);
    await assert.rejects(db.write([...statements, { sql: "insert into nowhere values (1)" }]));
    assert.deepEqual((await tickets.list({})).items, []);
    await tell(raised("a1"));
    const [ticket] = (await tickets.list({})).items;
    assert.equal(ticket.alarm_id, "a1");
    assert.equal((await events(ticket.id)).length, 1);
  }));

Deno.test("tickets: a storm of alarms opens so many tickets and no more, and says so", () =>
  withTickets(async ({ tickets, fromAlarms, tell }) => {
    await tell(...Array.from({ length: 40 }, (_, i) => raised(`a${i}`)));
    assert.equal((await tickets.counts()).unresolved, 25);
    assert.match((await fromAlarms.full())!, /alarms have opened 25 tickets .* no more until/);
    await tickets.move("T-1", "resolve", {}, ADA);
    assert.equal(await fromAlarms.full(), null);
    await tell(...Array.from({ length: 40 }, (_, i) => raised(`b${i}`)));
    assert.equal((await tickets.counts()).unresolved, 25);
    // A person is not held up by them.
    assert.equal((await tickets.create({ title: "by hand" }, ADA)).state, "open");
  }, 25));

Deno.test("tickets: one that is overdue is told of once, and again when it gets another date", () =>
  withTickets(async ({ tickets, clock, events }) => {
    const dueMs = clock.now() + 60_000;
    await tickets.create({ title: "late", due_ms: dueMs }, ADA);
    await tickets.create({ title: "done", due_ms: dueMs }, ADA);
    await tickets.move("T-2", "resolve", {}, ADA);
    assert.equal(await tickets.reportOverdue(), 0);
    await clock.advance(60_000);
    assert.equal((await tickets.get("T-1")).overdue, true);
    assert.deepEqual([await tickets.reportOverdue(), await tickets.reportOverdue()], [1, 0]);
    assert.equal((await events("T-1")).at(-1), "T-1 is overdue: late");
    assert.deepEqual((await tickets.list({ overdue: true })).items.map((t) => t.id), ["T-1"]);
    assert.equal((await tickets.counts()).overdue, 1);
    await tickets.change("T-1", { due_ms: clock.now() + 1000 }, ADA);
    await clock.advance(1000);
    assert.equal(await tickets.reportOverdue(), 1);
  }));

Deno.test("tickets: a due date that is moved while the old one is reported is reported as well", () =>
  withTickets(async ({ tickets, clock, db }) => {
    const dueMs = clock.now() + 60_000;
    await tickets.create({ title: "late", due_ms: dueMs }, ADA);
    await clock.advance(60_000);
    const { query } = db;
    db.query = async (statement) => {
      const result = await query(statement);
      db.query = query;
      await tickets.change("T-1", { due_ms: clock.now() + 60_000 }, ADA);
      return result;
    };
    await tickets.reportOverdue();
    await clock.advance(60_000);
    assert.equal(await tickets.reportOverdue(), 1);
  }));

Deno.test("tickets: lists are filtered, sorted and paged", () =>
  withTickets(async ({ tickets, db }) => {
    await tickets.create({ title: "b_% first", priority: "high", due_ms: 900 }, ADA);
    await tickets.create({ title: "second", assignee: "u2", due_ms: 100 }, ADA);
    await tickets.create({ title: "third", priority: "urgent", machine: PRESS.id }, ADA);
    await tickets.create({ title: "fourth", description: "see b_%" }, ADA);
    await tickets.move("T-2", "start", {}, BEN);
    const ids = async (query: Parameters<Tickets["list"]>[0]) =>
      (await tickets.list(query)).items.map((t) => t.id).join(" ");
    assert.equal(await ids({}), "T-4 T-3 T-2 T-1");
    assert.equal(await ids({ states: ["in_progress"] }), "T-2");
    assert.equal(await ids({ priorities: ["high", "urgent"] }), "T-3 T-1");
    assert.equal(await ids({ assigneeId: "u2" }), "T-2");
    assert.equal(await ids({ assigneeId: null }), "T-4 T-3 T-1");
    assert.equal(await ids({ machineId: PRESS.id }), "T-3");
    assert.equal(await ids({ search: "b_%" }), "T-4 T-1");
    assert.equal(await ids({ search: "T-3" }), "T-3");
    // Words in any order, and where nothing has them, but for a letter.
    assert.equal(await ids({ search: "b_% see" }), "T-4");
    for (const search of ["secnd", "seccond", "sceond", "sekond"]) {
      assert.equal(await ids({ search }), "T-2", search);
    }
    assert.equal(await ids({ search: "sekund" }), "");
    assert.equal(await ids({ search: "secand", states: ["open"] }), "");
    // By what its machine is called, however that is joined; a number is not within another.
    await db.write([{
      sql: "insert into machines (path, id, name, tags, notes, review, created_ms) " +
        "values (?, ?, ?, '[]', '', 'new', 0)",
      args: [PRESS.path, PRESS.id, "Große Presse"],
    }]);
    for (const search of ["press3", "PRESS-3", "3 press", "große presse", "GROSSE", "pross 3"]) {
      assert.equal(await ids({ search }), search === "GROSSE" ? "" : "T-3", search);
    }
    for (const search of ["press 30", "ess3 4"]) assert.equal(await ids({ search }), "", search);
    // The longest words of a question are no more work for SQLite than short ones.
    const { query } = db;
    let longest = 0;
    db.query = (statement) => {
      longest = Math.max(longest, statement.sql.split(" like ").length - 1);
      return query(statement);
    };
    await ids({
      search: Array.from({ length: 8 }, (_, i) => `${"abcde".repeat(8)}${i}`).join(" "),
    });
    db.query = query;
    assert.ok(longest > 0 && longest <= 8 * 2 * 4, `${longest} comparisons of one row`);
    for (
      const [sort, expected] of [
        ["due", "T-2 T-1 T-4 T-3"],
        ["priority", "T-3 T-1 T-4 T-2"],
        ["newest", "T-4 T-3 T-2 T-1"],
      ] as const
    ) {
      assert.equal(await ids({ sort }), expected);
      const seen: string[] = [];
      for (let cursor: string | undefined, n = 0; n < 5; n++) {
        const page = await tickets.list({ sort, limit: 1, cursor });
        seen.push(...page.items.map((t) => t.id));
        if (page.next === null) break;
        cursor = page.next;
      }
      assert.equal(seen.join(" "), expected, `${sort}, page by page`);
    }
    await assert.rejects(tickets.list({ sort: "due", cursor: "3" }), /not a cursor/);
  }));

Deno.test("tickets: numbers go on after a restart", () =>
  withTickets(async ({ tickets, db, clock }) => {
    await tickets.create({ title: "one" }, ADA);
    const deps = {
      db,
      clock,
      events: createEventLog(db),
      machines: { find: () => undefined, all: () => [] },
    };
    const book = createTicketBook({ ...deps, people: { find: () => undefined } });
    assert.deepEqual([(await book.blank(null)).id, (await book.blank(null)).id], [2, 3]);
  }));
