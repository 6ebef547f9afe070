import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { Role } from "../../lib/access/identity.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

interface Asked extends RunningApp {
  call(method: string, path: string, body?: unknown, role?: Role): Promise<[number, Json]>;
}

function withApp(run: (app: Asked) => Promise<void>): () => Promise<void> {
  return async () => {
    const app = await runApp();
    const call: Asked["call"] = async (method, path, body, role = "engineer") => {
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

const reading = { machine: "hall-1/press-3", sensor: "temperature", value: 61 };

Deno.test(
  "tickets: the whole workflow over the API, with history and audit",
  withApp(async ({ call, ingest, parts }) => {
    await ingest([reading]);
    const [status, made] = await call("POST", "/api/tickets", {
      title: "  Oil leaks ",
      description: "since *Monday*",
      priority: "high",
      machine: "hall-1/press-3",
      due_ms: 5,
    });
    assert.deepEqual([status, made.id, made.title, made.state, made.overdue, made.machine], [
      201,
      "T-1",
      "Oil leaks",
      "open",
      true,
      "hall-1/press-3",
    ]);
    const person = await parts.access.users.add({
      email: "eng@example.org",
      role: "engineer",
      password: "long enough",
    }, systemActor("test"));
    const [, given] = await call("PATCH", "/api/tickets/1", {
      assignee: "eng@example.org",
      version: 1,
    });
    assert.deepEqual([given.assignee_id, given.assignee, given.version], [
      person.id,
      "eng@example.org",
      2,
    ]);
    for (const [action, state] of [["start", "in_progress"], ["resolve", "resolved"]]) {
      const [code, moved] = await call("POST", `/api/tickets/T-1/${action}`, { note: "seal" });
      assert.deepEqual([code, moved.state], [200, state]);
    }
    const [, closed] = await call("POST", "/api/tickets/T-1/close", {});
    assert.deepEqual([closed.state, closed.note, closed.resolved_by], [
      "closed",
      "seal",
      "test engineer",
    ]);
    const [refused, problem] = await call("POST", "/api/tickets/T-1/start", {});
    assert.equal(refused, 409);
    assert.match(problem.detail, /closed since test engineer changed it .*possible: reopen/);
    const { items } = await parts.events.list({ subject: "ticket:T-1" });
    assert.deepEqual(items.map((e) => e.type).reverse(), [
      "ticket.created",
      "ticket.changed",
      "ticket.started",
      "ticket.resolved",
      "ticket.closed",
    ]);
    const audit = await parts.access.audit.list({ action: "ticket" });
    assert.deepEqual(audit.items.map((row) => row.action).reverse(), [
      "ticket.create",
      "ticket.update",
      "ticket.start",
      "ticket.resolve",
      "ticket.close",
    ]);
  }),
);

Deno.test(
  "tickets: two people resolve at once: one answer is 200, the other 409 and says who was faster",
  withApp(async ({ call }) => {
    await call("POST", "/api/tickets", { title: "x" });
    const both = await Promise.all([
      call("POST", "/api/tickets/T-1/resolve", { note: "a" }, "engineer"),
      call("POST", "/api/tickets/T-1/resolve", { note: "b" }, "admin"),
    ]);
    assert.deepEqual(both.map(([status]) => status).sort(), [200, 409]);
    const won = both[0][0] === 200 ? "test engineer" : "test admin";
    assert.match(both.find(([status]) => status === 409)![1].detail, new RegExp(won));
    const [, ticket] = await call("GET", "/api/tickets/T-1");
    assert.deepEqual([ticket.resolved_by, ticket.version], [won, 2]);
    // An old version.
    const [status, problem] = await call("PATCH", "/api/tickets/T-1", { title: "y", version: 1 });
    assert.equal(status, 409);
    assert.match(
      problem.detail,
      new RegExp(`${won} was faster: T-1 .*resolved now; load it again`),
    );
  }),
);

Deno.test(
  "tickets: lists filter, sort and page; wrong filters are named",
  withApp(async ({ call, ingest }) => {
    await ingest([reading]);
    await call("POST", "/api/tickets", { title: "one", due_ms: 9e12 });
    await call("POST", "/api/tickets", {
      title: "two",
      machine: "hall-1/press-3",
      priority: "low",
    });
    await call("POST", "/api/tickets", { title: "three", due_ms: 1, priority: "urgent" });
    await call("POST", "/api/tickets/2/start", {});
    const ids = async (query: string) => {
      const [status, list] = await call("GET", `/api/tickets?${query}`, undefined, "viewer");
      assert.equal(status, 200, JSON.stringify(list));
      return list.items.map((t: Json) => t.id).join(" ");
    };
    assert.equal(await ids(""), "T-3 T-2 T-1");
    assert.equal(await ids("state=unresolved&overdue=true"), "T-3");
    assert.equal(await ids("state=in_progress,closed"), "T-2");
    assert.equal(await ids("priority=urgent,low"), "T-3 T-2");
    assert.equal(await ids("machine=hall-1/press-3"), "T-2");
    assert.equal(await ids("assignee=none&search=on"), "T-1");
    assert.equal(await ids("sort=due"), "T-3 T-1 T-2");
    const [, first] = await call("GET", "/api/tickets?sort=priority&limit=2");
    assert.deepEqual([first.items.length, first.notice], [2, null]);
    assert.equal(await ids(`sort=priority&limit=2&cursor=${first.next}`), "T-2");
    for (const bad of ["state=broken", "sort=title", "overdue=1", "x=1", "cursor=a", "limit=0"]) {
      const [status, problem] = await call("GET", `/api/tickets?${bad}`);
      assert.equal(status, 400, bad);
      assert.ok(problem.errors[0].path.startsWith(`query.${bad.split("=")[0]}`), bad);
    }
    assert.equal((await call("GET", "/api/tickets?machine=no"))[0], 404);
    assert.equal((await call("GET", "/api/tickets?assignee=no@example.org"))[0], 404);
  }),
);

Deno.test(
  "tickets: bad input is named by field and changes nothing",
  withApp(async ({ call }) => {
    const refused = async (body: Json, path: string) => {
      const [status, problem] = await call("POST", "/api/tickets", body);
      assert.deepEqual([status, problem.errors[0].path], [400, path], JSON.stringify(problem));
    };
    await refused({}, "title");
    await refused({ title: "  " }, "title");
    await refused({ title: "x".repeat(201) }, "title");
    await refused({ title: "x", priority: "asap" }, "priority");
    await refused({ title: "x", due_ms: "tomorrow" }, "due_ms");
    await refused({ title: "x", due_ms: -1 }, "due_ms");
    await refused({ title: "x", machine: "none/such" }, "machine");
    await refused({ title: "x", assignee: "nobody@example.org" }, "assignee");
    await refused({ title: "x", alarm: "99" }, "alarm");
    await refused({ title: "x", state: "closed" }, "state");
    assert.equal((await call("GET", "/api/tickets"))[1].items.length, 0);
    await call("POST", "/api/tickets", { title: "x" });
    assert.equal((await call("POST", "/api/tickets/T-1/resolve", { verdict: "real" }))[0], 400);
    assert.equal((await call("POST", "/api/tickets/T-1/resolve", { verdict: "failed" }))[0], 400);
    assert.equal((await call("POST", "/api/tickets/T-1/start", { verdict: "real" }))[0], 400);
    assert.equal((await call("POST", "/api/tickets/T-7/start", {}))[0], 404);
    assert.equal((await call("POST", "/api/tickets/T-1/start", {}, "viewer"))[0], 403);
    assert.equal((await call("PATCH", "/api/tickets/T-1", { title: "y" }, "viewer"))[0], 403);
  }),
);

Deno.test(
  "tickets: viewers and engineers comment; each changes only their own words",
  withApp(async ({ call, parts }) => {
    await call("POST", "/api/tickets", { title: "x" });
    const path = "/api/tickets/T-1/comments";
    const [status, said] = await call("POST", path, { text: "**hot**" }, "viewer");
    assert.deepEqual([status, said.author, said.text], [201, "test viewer", "**hot**"]);
    assert.equal((await call("PATCH", `${path}/${said.id}`, { text: "y" }, "engineer"))[0], 403);
    assert.equal((await call("PATCH", `${path}/${said.id}`, { text: "warm" }, "viewer"))[0], 200);
    assert.equal((await call("DELETE", `${path}/${said.id}`, undefined, "engineer"))[0], 403);
    assert.equal((await call("POST", path, { text: "" }, "viewer"))[0], 400);
    assert.equal((await call("POST", path, { text: "x".repeat(4001) }, "viewer"))[0], 400);
    assert.equal((await call("POST", path, { text: "x", author: "Ada" }, "viewer"))[0], 400);
    assert.equal((await call("GET", "/api/tickets/T-2/comments"))[0], 404);
    assert.equal((await call("POST", "/api/alarms/77/comments", { text: "x" }))[0], 404);
    assert.equal((await call("DELETE", `${path}/${said.id}`, undefined, "admin"))[0], 204);
    const [, list] = await call("GET", path);
    assert.deepEqual(list.items.map((c: Json) => [c.text, c.deleted_ms !== null]), [["", true]]);
    const { items } = await parts.access.audit.list({ action: "comment" });
    assert.deepEqual(items.map((row) => [row.action, row.actor.name]).reverse(), [
      ["comment.add", "test viewer"],
      ["comment.update", "test viewer"],
      ["comment.delete", "test admin"],
    ]);
  }),
);

Deno.test(
  "tickets: changes and comments come over the live stream",
  withApp(async ({ call, ask }) => {
    const stop = new AbortController();
    const answer = await ask("/api/stream?types=ticket", { signal: stop.signal });
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let seen = "";
    const until = async (text: string) => {
      while (!seen.includes(text)) {
        const { value, done } = await reader.read();
        assert.ok(!done, "the stream ended");
        seen += value;
      }
    };
    await until("hello");
    await call("POST", "/api/tickets", { title: "streamed" });
    await until('"title":"streamed"');
    await call("POST", "/api/tickets/T-1/start", {});
    await until('"state":"in_progress"');
    seen = "";
    await call("POST", "/api/tickets/T-1/comments", { text: "x" }, "viewer");
    await until("event: ticket");
    stop.abort();
    await reader.cancel().catch(() => {});
  }),
);

/** Asks again until there is an answer. */
async function until<T>(
  ask: () => Promise<T | null | undefined> | T | null | undefined,
): Promise<T> {
  for (let tries = 0; tries < 1000; tries++) {
    const found = await ask();
    if (found !== null && found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("it did not come");
}

const temperature = (value: number, machine = "hall-1/press-3") => ({ ...reading, machine, value });

Deno.test(
  "tickets: a reading over its limit opens one, which is resolved with its alarm; the verdict is kept",
  withApp(async ({ call, ingest, parts }) => {
    const sensor = "/api/sensors/hall-1/press-3/temperature";
    await ingest([temperature(61)]);
    await call("PATCH", sensor, { warning_high: 80, critical_high: 90 });
    await ingest([temperature(85)]);
    const ticket = await until(() => parts.tickets.tickets.find("T-1"));
    assert.deepEqual([ticket.state, ticket.priority, ticket.machine, ticket.created_by], [
      "open",
      "normal",
      "hall-1/press-3",
      null,
    ]);
    assert.match(ticket.title, /Press 3: .*85 .*80/);
    // Worse: the same ticket, more urgent.
    await ingest([temperature(95)]);
    await until(async () => (await call("GET", "/api/tickets/T-1"))[1].priority === "high" || null);
    const [, list] = await call("GET", `/api/tickets?alarm=${ticket.alarm_id}`);
    assert.equal(list.items.length, 1);
    const [status, resolved] = await call("POST", "/api/tickets/T-1/resolve", {
      note: "bearing greased",
      verdict: "real",
    });
    assert.deepEqual([status, resolved.state, resolved.verdict, resolved.resolved_by], [
      200,
      "resolved",
      "real",
      "test engineer",
    ]);
    const [, alarm] = await call("GET", `/api/alarms/${ticket.alarm_id}`);
    assert.deepEqual([alarm.state, alarm.note, alarm.verdict, alarm.resolved_by], [
      "resolved",
      "bearing greased",
      "real",
      "test engineer",
    ]);
    const { rows } = await parts.storage.db.query({ sql: "select verdict from finding_feedback" });
    assert.deepEqual(rows, [["real"]], "the detector was told");
    // The other way round, and the losing one of two.
    await ingest([temperature(85, "hall-1/press-4")]);
    await call("PATCH", "/api/sensors/hall-1/press-4/temperature", { warning_high: 80 });
    await ingest([temperature(86, "hall-1/press-4")]);
    const second = await until(() => parts.tickets.tickets.find("T-2"));
    const both = await Promise.all([
      call("POST", `/api/alarms/${second.alarm_id}/resolve`, { note: "draught" }, "admin"),
      call("POST", "/api/tickets/T-2/resolve", { note: "fan" }, "engineer"),
    ]);
    assert.deepEqual(both.map(([code]) => code).sort(), [200, 409]);
    const [, done] = await call("GET", "/api/tickets/T-2");
    const [, over] = await call("GET", `/api/alarms/${second.alarm_id}`);
    const won = both[0][0] === 200 ? ["test admin", "draught"] : ["test engineer", "fan"];
    assert.deepEqual([done.resolved_by, done.note], won);
    assert.deepEqual([over.resolved_by, over.note], won);
    const told = await parts.events.list({ subject: "ticket:T-2", types: ["ticket.resolved"] });
    assert.equal(told.items.length, 1);
  }),
);

Deno.test(
  "tickets: none is opened in maintenance, below the least severity, or while they are off",
  withApp(async ({ call, ingest, parts }) => {
    const timing = { kind: "once", from: Date.now() - 1000, to: Date.now() + 60_000 };
    await ingest([temperature(61, "hall-2/press-1")]);
    const window = { path: "hall-2", title: "Cleaning", timing };
    assert.equal((await call("POST", "/api/maintenance", window))[0], 201);
    const warm = async (machine: string) => {
      await ingest([temperature(61, machine)]);
      await call("PATCH", `/api/sensors/${machine}/temperature`, { warning_high: 80 });
      await ingest([temperature(85, machine)]);
      await until(() => parts.alarms.open().find((alarm) => alarm.machine === machine));
    };
    await warm("hall-2/press-1");
    await parts.settings.set("tickets.least_severity", "critical", "test", () => []);
    await warm("hall-1/press-2");
    await parts.settings.set("tickets.least_severity", null, "test", () => []);
    await parts.settings.set("tickets.automatic", false, "test", () => []);
    await warm("hall-1/press-3");
    await parts.settings.set("tickets.automatic", null, "test", () => []);
    await warm("hall-1/press-4");
    const { items } = await until(async () => {
      const page = await parts.tickets.tickets.list({});
      return page.items.length > 0 ? page : null;
    });
    assert.deepEqual(items.map((ticket) => ticket.machine), ["hall-1/press-4"]);
    // By hand for one that has none.
    const alarm = parts.alarms.open().find(({ machine }) => machine === "hall-1/press-2")!;
    const [status, made] = await call("POST", "/api/tickets", { title: "x", alarm: alarm.id });
    assert.deepEqual([status, made.machine, made.alarm_id], [201, "hall-1/press-2", alarm.id]);
    assert.equal((await call("POST", "/api/tickets", { title: "y", alarm: alarm.id }))[0], 409);
  }),
);

Deno.test(
  "tickets: alarms are talked about too; what was said of a deleted alarm goes with it",
  withApp(async ({ call, ingest, parts }) => {
    await ingest([temperature(61)]);
    await call("PATCH", "/api/sensors/hall-1/press-3/temperature", { warning_high: 80 });
    await ingest([temperature(85)]);
    const { id } = await until(() => parts.alarms.open()[0]);
    const [status] = await call("POST", `/api/alarms/${id}/comments`, { text: "hot" }, "viewer");
    assert.equal(status, 201);
    const [, file] = await call("POST", `/api/alarms/${id}/attachments?name=a.txt`, { a: 1 });
    assert.deepEqual([file.name, file.type], ["a.txt", "text/plain"]);
    const { items } = await parts.events.list({ types: ["alarm.commented"] });
    assert.deepEqual(items.map((e) => (e.body as Json).note).reverse(), ["hot", "attached a.txt"]);
    assert.equal((items[0].body as Json).alarm.id, id);
    await parts.storage.db.write([{ sql: "delete from alarms" }]);
    const stop = new AbortController();
    const task = parts.tickets.attachments.task.run(stop.signal).catch(() => {});
    await until(async () => {
      const { rows } = await parts.storage.db.query({
        sql: "select (select count(*) from comments) + (select count(*) from attachments)",
      });
      return Number(rows[0][0]) === 0 ? true : null;
    });
    stop.abort();
    await task;
  }),
);
