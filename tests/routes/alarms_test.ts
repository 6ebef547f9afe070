/** Alarms from a reading to the API, the live stream, the event log and back, against the running application. */
import assert from "node:assert/strict";
import type { Alarm } from "../../lib/alarms/alarm.ts";
import type { Role } from "../../lib/access/identity.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { EventReader } from "../support/sse.ts";

const SENSOR = "hall/press/bearing";

async function post(
  app: RunningApp,
  path: string,
  body: unknown,
  role: Role = "engineer",
  method = "POST",
) {
  const response = await app.ask(path, {
    method,
    role,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** Sends one value now; limits are set with the first. */
async function withLimits(app: RunningApp): Promise<(value: number) => Promise<void>> {
  const send = (value: number) =>
    app.ingest([{ machine: "hall/press", sensor: "bearing", value, unit: "°C" }]);
  await send(60);
  const { status } = await post(
    app,
    `/api/sensors/${SENSOR}`,
    { warning_high: 80, critical_high: 90 },
    "engineer",
    "PATCH",
  );
  assert.equal(status, 200);
  return send;
}

async function alarmsOf(app: RunningApp, query = ""): Promise<Alarm[]> {
  return (await (await app.ask(`/api/alarms${query}`)).json()).items;
}

async function until<T>(look: () => Promise<T | undefined | false | null>): Promise<T> {
  for (let i = 0; i < 400; i++) {
    const seen = await look();
    if (seen) return seen;
    await new Promise((r) => setTimeout(r, 25));
  }
  throw new Error("it did not happen within 10 s");
}

const one = (app: RunningApp, test: (alarm: Alarm) => boolean) =>
  until(async () => (await alarmsOf(app)).find(test));

Deno.test("a reading beyond its limit becomes an alarm: API, stream, event log, metrics", async () => {
  const app = await runApp();
  try {
    const stream = new EventReader((await app.ask("/api/stream?types=alarm")).body!);
    const send = await withLimits(app);
    await send(83.4);
    const alarm = await one(app, (a) => a.state === "active");
    assert.equal(alarm.title, "Bearing 83.4 °C is above warning 80 °C");
    assert.deepEqual(
      [alarm.machine, alarm.machine_name, alarm.sensor, alarm.unit, alarm.value, alarm.limit],
      ["hall/press", "Press", SENSOR, "°C", 83.4, 80],
    );
    let event = await stream.next();
    while (event?.type === "hello") event = await stream.next();
    const told = JSON.parse(event!.data);
    assert.deepEqual([event!.type, told.transition, told.alarm], ["alarm", "alarm.raised", alarm]);
    await stream.cancel();

    await send(95);
    const worse = await one(app, (a) => a.severity === "critical");
    assert.equal(worse.title, "Bearing 95 °C is above critical 90 °C");
    assert.equal(worse.version, alarm.version + 1);
    const status = await (await app.ask("/api/status")).json();
    assert.deepEqual(status.alarms, {
      ...{ info: 0, warning: 0, critical: 1 },
      waiting: 1,
      waiting_critical: 1,
    });
    const metrics = await (await app.ask("/metrics")).text();
    assert.match(metrics, /perch_alarms_open\{severity="critical"\} 1/);

    await send(60);
    await one(app, (a) => a.state === "resolved");
    const detail = await (await app.ask(`/api/alerts/${alarm.id}`)).json();
    assert.deepEqual(
      // deno-lint-ignore no-explicit-any
      detail.history.map((e: any) => [e.type, e.text]),
      [
        ["alarm.resolved", "Press: Bearing 95 °C is above critical 90 °C: over"],
        ["alarm.changed", "Press: Bearing 95 °C is above critical 90 °C (now critical)"],
        ["alarm.raised", "Press: Bearing 83.4 °C is above warning 80 °C"],
      ],
    );
    assert.equal(detail.evidence.length, 2, "raised and changed");
    assert.equal(detail.conditions[0].sensor, SENSOR);
    const { items: steps } = await app.parts.events.list({ types: ["alarm"] });
    assert.deepEqual(steps.map((e) => e.type), [
      "alarm.resolved",
      "alarm.changed",
      "alarm.raised",
    ]);
    assert.deepEqual(steps[2].body, { alarm: told.alarm, note: null });
    while ((await app.parts.events.toRoute(10)).length > 0) {
      await new Promise((r) => setTimeout(r, 20));
    }
    const routed = await app.parts.notify.outbox.routings(steps[0].subject, 10);
    assert.equal(routed.length, 3, "who is told was decided about each step");
  } finally {
    await app.stop();
  }
});

Deno.test("people act on alarms: roles, refusals, bulk, verdict and the audit log", async () => {
  const app = await runApp();
  try {
    const send = await withLimits(app);
    await send(85);
    const { id, version } = await one(app, (a) => a.state === "active");
    const at = `/api/alarms/${id}`;
    assert.equal((await post(app, `${at}/ack`, {}, "viewer")).status, 403);
    assert.equal((await post(app, `${at}/ack`, { version: version + 5 })).status, 409);
    assert.equal((await post(app, `${at}/ack`, { who: "me" })).status, 400);
    assert.equal((await post(app, "/api/alarms/999/ack", {})).status, 404);
    assert.equal((await post(app, "/api/alarms/abc/ack", {})).status, 404);
    const acked = await post(app, `${at}/ack`, {});
    assert.deepEqual([acked.body.state, acked.body.acknowledged_by], [
      "acknowledged",
      "test engineer",
    ]);
    const again = await post(app, `${at}/ack`, {}, "admin");
    assert.equal(again.status, 409);
    assert.match(again.body.detail, /^test engineer acknowledged it .* ago$/);
    for (const wrong of [{}, { minutes: 5, until_ms: 5 }, { minutes: 0 }, { until_ms: 5 }]) {
      assert.equal((await post(app, `${at}/shelve`, wrong)).status, 400, JSON.stringify(wrong));
    }
    const shelved = await post(app, `${at}/shelve`, { minutes: 60, reason: "part is ordered" });
    assert.ok(shelved.body.shelved_until_ms > Date.now() + 3_500_000);
    assert.equal((await post(app, `${at}/unshelve`, {})).body.shelved_until_ms, null);

    // Two at once: one wins.
    const both = await Promise.all([
      post(app, `${at}/resolve`, { note: "greased", verdict: "real" }),
      post(app, `${at}/resolve`, { note: "me too" }, "admin"),
    ]);
    assert.deepEqual(both.map((r) => r.status).sort(), [200, 409]);
    const [lost] = both.filter((r) => r.status === 409);
    const [won] = both.filter((r) => r.status === 200);
    assert.equal(lost.body.detail, `${won.body.resolved_by} resolved it 0 s ago`);
    assert.equal((await alarmsOf(app, "?open=true")).length, 0);

    const audit = await app.parts.access.audit.list({ action: "alarm" });
    assert.deepEqual(audit.items.map((row) => row.action), [
      "alarm.resolve",
      "alarm.unshelve",
      "alarm.shelve",
      "alarm.acknowledge",
    ]);
    await post(app, `${at}/verdict`, { verdict: "false_alarm" });
    const detail = await (await app.ask(at)).json();
    assert.equal(detail.verdict, "false_alarm");
    assert.equal(detail.evidence[0].feedback, "false_alarm", "it reached the detector");

    const bulk = await post(app, "/api/alarms/bulk", { ids: [id, "999"], action: "ack" });
    assert.deepEqual(
      // deno-lint-ignore no-explicit-any
      bulk.body.results.map((r: any) => [r.id, r.ok, r.code]),
      [[id, false, "conflict"], ["999", false, "not_found"]],
    );
  } finally {
    await app.stop();
  }
});

Deno.test("GET /api/alarms filters by state, severity, place, source, time and text", async () => {
  const app = await runApp();
  try {
    const send = await withLimits(app);
    await send(85);
    const alarm = await one(app, (a) => a.state === "active");
    const ids = async (query: string) => (await alarmsOf(app, query)).map((a) => a.id);
    for (
      const query of [
        "?open=true",
        "?state=active,acknowledged",
        "?severity=warning",
        "?source=threshold",
        "?machine=hall/press",
        "?machine=hall",
        `?machine=${alarm.machine_id}`,
        `?sensor=${SENSOR}`,
        "?search=above%20warning",
        "?search=press",
        `?from=${alarm.raised_ms}&to=${alarm.raised_ms + 1}`,
      ]
    ) assert.deepEqual(await ids(query), [alarm.id], query);
    for (
      const query of [
        "?open=false",
        "?severity=critical",
        "?source=system",
        "?machine=hal",
        "?search=100%25",
        `?to=${alarm.raised_ms}`,
      ]
    ) assert.deepEqual(await ids(query), [], query);
    for (const query of ["?state=odd", "?cursor=x", "?sensor=none", "?colour=red"]) {
      assert.ok([400, 404].includes((await app.ask(`/api/alarms${query}`)).status), query);
    }
  } finally {
    await app.stop();
  }
});

Deno.test("alarms go along when their machine is moved", async () => {
  const app = await runApp();
  try {
    const send = await withLimits(app);
    await send(85);
    const { id } = await one(app, (a) => a.state === "active");
    const moved = await post(
      app,
      "/api/machines/hall/press",
      { path: "yard/press" },
      "engineer",
      "PATCH",
    );
    assert.equal(moved.status, 200, JSON.stringify(moved.body));
    const [alarm] = await alarmsOf(app, "?machine=yard");
    assert.deepEqual([alarm.id, alarm.machine, alarm.sensor], [
      id,
      "yard/press",
      "yard/press/bearing",
    ]);
    assert.equal(app.parts.alarms.open()[0].machine, "yard/press");
  } finally {
    await app.stop();
  }
});

Deno.test("alarms end with the limit or the sensor that they were raised for", async () => {
  const app = await runApp();
  try {
    const send = await withLimits(app);
    await send(85);
    await one(app, (a) => a.state === "active");
    await post(
      app,
      `/api/sensors/${SENSOR}`,
      { warning_high: null, critical_high: null },
      "engineer",
      "PATCH",
    );
    const ended = await one(app, (a) => a.state === "resolved");
    assert.equal(ended.note, "the limit was removed");
    await withLimits(app);
    await send(85);
    const back = await one(app, (a) => a.state === "active");
    assert.equal(back.id, ended.id, "within the time of repeats");
    await app.ask(`/api/sensors/${SENSOR}`, { method: "DELETE", role: "engineer" });
    assert.equal((await one(app, (a) => a.state === "resolved")).note, "the sensor was deleted");
  } finally {
    await app.stop();
  }
});

Deno.test("an alarm by hand: named by what people call the machine, notified, and over when a person says so", async () => {
  const app = await runApp();
  try {
    await withLimits(app);
    const said = { machine: "Press", severity: "critical", text: "oil below the press" };
    const { status, body } = await post(app, "/api/alarms", said);
    assert.equal(status, 201, JSON.stringify(body));
    const { id, machine, source, title, state, present } = body;
    assert.deepEqual({ machine, source, title, state, present }, {
      ...{ machine: "hall/press", source: "person", title: "oil below the press" },
      ...{ state: "active", present: true },
    });
    const second = await post(app, "/api/alarms", { ...said, text: "a bolt is loose" });
    assert.notEqual(second.body.id, id, "what one person saw is not what another did");
    const machines = await (await app.ask("/machines")).text();
    assert.match(machines, /1 machine needs attention/);
    assert.match(machines, /2 critical alarms open/, "no machine is called normal over an alarm");
    const json = async (path: string) => await (await app.ask(path)).json();
    const found = async (status: string) => {
      const { items } = await json(`/api/machines?status=${status}`);
      return items.map((one: { path: string; condition: string }) =>
        `${one.path} ${one.condition}`
      );
    };
    assert.deepEqual(await found("critical"), ["hall/press critical"], "found as its row says");
    assert.deepEqual(await found("attention"), ["hall/press critical"]);
    assert.deepEqual(await found("normal"), []);
    const { critical, normal } = (await json("/api/status")).machines;
    assert.deepEqual([critical, normal], [1, 0], "counted as its row says");
    const [card] = (await json("/api/attention")).cards;
    assert.deepEqual([card.machine, card.status, card.text, card.alarm.waits], [
      ...["hall/press", "critical", "2 critical alarms open", true],
    ]);
    const history = (await (await app.ask(`/api/alarms/${id}`)).json()).history;
    assert.equal(history[0].type, "alarm.raised");
    assert.ok(history[0].actor, "who raised it is known");
    assert.ok(
      await until(async () => (await app.parts.tickets.tickets.ofAlarm(id)) !== null),
      "a ticket",
    );
    await post(app, `/api/alarms/${id}/ack`, {});
    const resolved = await post(app, `/api/alarms/${id}/resolve`, { note: "wiped", verdict: null });
    assert.equal(resolved.body.present, false, "what a person said is over when a person says so");
    for (
      const [wrong, fault] of [
        [{ machine: "lathe 9" }, /there is no machine or area “lathe 9”/],
        [{ machine: "hall" }, /“hall” is an area; give one of its machines: hall\/press/],
      ] as const
    ) {
      const refused = await post(app, "/api/alarms", { ...said, ...wrong });
      assert.equal(refused.status, 400);
      assert.equal(refused.body.errors[0].path, "machine");
      assert.match(refused.body.errors[0].message, fault);
    }
    assert.equal((await post(app, "/api/alarms", said, "viewer")).status, 403);
  } finally {
    await app.stop();
  }
});
