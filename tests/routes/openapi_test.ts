/** The API document, and every example in it against the running server. */
import assert from "node:assert/strict";
import type { z } from "zod";
import { systemActor } from "../../lib/access/audit.ts";
import type { Change } from "../../lib/machines/service.ts";
import type { TicketAction } from "../../lib/tickets/ticket.ts";
import type { Route } from "../../routes/route.ts";
import { createOutboxStore } from "../../lib/notify/outbox_store.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { alarmEvent } from "../support/events.ts";
import { freePort } from "../support/port.ts";
import { picture } from "../support/pictures.ts";

const tester = systemActor("test");
const EMAIL = "admin@example.org";
const PASSWORD = "long enough";

// deno-lint-ignore no-explicit-any
type Document = any;

async function withDocument(
  run: (document: Document, under: AppUnderTest) => Promise<void>,
): Promise<void> {
  const under = await startApp({ OUTGOING_NETWORKS: "127.0.0.0/8" });
  try {
    const answer = await fetch(`${under.url}/openapi.json`);
    assert.equal(answer.status, 200);
    await run(await answer.json(), under);
  } finally {
    await under.close();
  }
}

/** Every `$ref` points somewhere, every operation has an id of its own. */
Deno.test("openapi: describes every route of the table, with its errors and who may", () =>
  withDocument((document, under) => {
    assert.match(document.openapi, /^3\.1\./);
    const ids = new Set<string>();
    for (const route of shown(under)) {
      const operation = document.paths[documentPath(route)]?.[route.method];
      const what = `${route.method} ${route.path}`;
      assert.ok(operation, what);
      assert.ok(operation.summary && operation.description, what);
      assert.ok(!ids.has(operation.operationId), `${operation.operationId} twice`);
      ids.add(operation.operationId);
      if (route.policy !== "public") {
        assert.ok(operation.responses[401] && operation.responses[403], what);
      }
      for (const [, name] of route.path.matchAll(/:(\w+)/g)) {
        assert.ok(operation.parameters.some((p: { name: string }) => p.name === name), what);
      }
      if (route.body) assert.ok(route.example?.body !== undefined, `${what} has no example`);
    }
    for (const [, ref] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const target = ref.split("/").reduce((at: Document, key: string) => at?.[key], document);
      assert.ok(target, ref);
    }
    return Promise.resolve();
  }));

Deno.test("openapi: every example, called as documented, is answered as documented", () =>
  withDocument(async (_, under) => {
    const ids = await fixture(under);
    const routes = shown(under).sort((a, b) =>
      order(a) - order(b) || b.path.length - a.path.length
    );
    let called = 0;
    for (const route of routes) {
      for (const [type, body] of bodiesOf(route)) {
        const token = await tokenOf(under);
        const { users, sessions } = under.app.parts().access;
        ids["/api/users/me/sessions/:id"] = sessions.ofUser(users.byEmail(EMAIL)!.id)[0].id;
        const answer = await fetch(under.url + pathOf(route, ids), {
          method: route.method.toUpperCase(),
          headers: {
            ...(route.path === "/api/users/refresh" ? {} : { authorization: `Bearer ${token}` }),
            ...(type === null ? {} : { "content-type": `${type}${boundaryOf(type)}` }),
          },
          body,
        });
        const streams = answer.headers.get("content-type")?.startsWith("text/event-stream");
        const text = streams ? (await answer.body?.cancel(), "") : await answer.text();
        const what = `${route.method} ${route.path} ${type ?? ""}: ${answer.status} ${text}`;
        const documented = route.responses?.[answer.status];
        assert.ok(documented ?? [400, 401].includes(answer.status), what);
        assert.ok(answer.status < 400 || EXPECTED_FAILURES.has(route.path), what);
        if (documented?.schema && answer.status < 400) checkShape(documented.schema, text, what);
        called++;
      }
    }
    assert.ok(called > 30, `${called} calls`);
  }));

/** Their examples cannot be right: a code of the second factor, a token that was given out
 * before, a WebSocket. */
const EXPECTED_FAILURES = new Set([
  "/api/users/refresh",
  "/api/users/me/second-factor/confirm",
  "/mqtt",
]);

function checkShape(schema: z.ZodType, text: string, what: string): void {
  const result = schema.safeParse(JSON.parse(text));
  assert.ok(result.success, `${what} ${JSON.stringify(result.error?.issues)}`);
}

const shown = (under: AppUnderTest) => [...under.app.routes()].filter((r) => r.summary !== null);
const documentPath = (route: Route) => route.path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}");
const order = (route: Route) => ["get", "post", "put", "patch", "delete"].indexOf(route.method);

/** The examples of forms use the same. */
const boundaryOf = (type: string) => type.startsWith("multipart/") ? "; boundary=example" : "";

function bodiesOf(route: Route): [string | null, BodyInit | undefined][] {
  if (route.body) return [["application/json", JSON.stringify(route.example!.body)]];
  if (!route.accepts) return [[null, undefined]];
  return Object.entries(route.accepts).map(([type, { example }]) => [
    type,
    type.startsWith("image/")
      ? picture(type.slice("image/".length).replace("jpeg", "jpg") as "png")
      : typeof example === "string"
      ? example
      : JSON.stringify(example),
  ]);
}

async function fixture(under: AppUnderTest): Promise<Record<string, string>> {
  const { access } = under.app.parts();
  const user = await access.users.add(
    { email: "other@example.org", role: "viewer", password: PASSWORD },
    tester,
  );
  await access.users.add({ email: EMAIL, role: "admin", password: PASSWORD }, tester);
  const { entry, key } = await access.keys.add({ name: "fixture", role: "engineer" }, tester);
  const stored = await fetch(`${under.url}/api/ingest`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ machine: "hall-1/press-3", sensor: "temperature", value: 61 }),
  });
  assert.equal(stored.status, 200, await stored.text());
  const window = await under.app.parts().machines.addWindow(
    { path: "", title: "Fixture", timing: { kind: "once", from: 1, to: 2 } },
    (change) => access.audit.statement({ actor: tester, ...change }),
  );
  const { registry, detection } = under.app.parts();
  const [anomaly] = await detection.findings.add([{
    sensor: registry.find("hall-1/press-3/temperature")!.num,
    groupId: 1,
    item: 0,
    finding: {
      detector: "streaming",
      tMs: Date.now(),
      phase: "point",
      severity: "warning",
      score: 0.7,
      reason: { text: "61 where 40 is usual", value: 61, numbers: { point: 3 } },
    },
  }]);
  const { predictions } = under.app.parts();
  await predictions.look({ all: true });
  const [said] = (await predictions.store.outlooks({})).items;
  const prediction = await predictions.store.addOutlook({ ...said, class: "critical" });
  const nowMs = Date.now();
  const backtest = await under.app.parts().backtests.start({
    sensor: registry.find("hall-1/press-3/temperature")!,
    detector: "zscore",
    options: {},
    fromMs: nowMs - 3_600_000,
    toMs: nowMs + 1,
    by: "fixture",
  });
  return {
    ...await outboxFixture(under),
    "/api/backtests/:id": backtest.id,
    ...await alarmsFor(under, key, ["ack", "resolve", "verdict", "shelve", "unshelve"]),
    ...await ticketsFor(under),
    "/api/maintenance/:id": window.id,
    "/api/anomalies/:id": String(anomaly.id),
    "/api/users/:id": user.id,
    "/api/keys/:id": entry.id,
    "/api/predictions/:id": String(prediction.id),
    sensor: "hall-1/press-3/temperature",
  };
}

/** An open alarm for each thing that is done with one, and the id of another for the rest. */
async function alarmsFor(
  under: AppUnderTest,
  key: string,
  actions: readonly string[],
): Promise<Record<string, string>> {
  const { access, registry, detection, alarms } = under.app.parts();
  const machines = [...actions, "read"].map((action) => `hall-2/${action}`);
  const names = machines.map((machine) => `${machine}/load`);
  const stored = await fetch(`${under.url}/api/ingest/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(machines.map((machine) => ({ machine, sensor: "load", value: 9 }))),
  });
  assert.equal(stored.status, 200, await stored.text());
  await detection.findings.add(names.map((name, item) => ({
    sensor: registry.find(name)!.num,
    groupId: 2,
    item,
    finding: {
      detector: "threshold",
      tMs: Date.now(),
      phase: "raised" as const,
      severity: "warning" as const,
      score: 0.6,
      reason: { text: "9 is at or above the warning limit 8", value: 9, numbers: { limit: 8 } },
    },
  })));
  alarms.wake();
  while (alarms.open().length < names.length) await new Promise((r) => setTimeout(r, 20));
  const idOf = (action: string) =>
    alarms.open().find((alarm) => alarm.machine === `hall-2/${action}`)!.id;
  const note = (change: Change) => access.audit.statement({ actor: tester, ...change });
  const untilMs = Date.now() + 60_000;
  const shelve = { kind: "shelve", untilMs, note: null } as const;
  await alarms.act(idOf("unshelve"), shelve, { name: "test", note });
  return {
    ...Object.fromEntries(actions.map((action) => [`/api/alarms/:id/${action}`, idOf(action)])),
    "/api/alarms/:id": idOf("read"),
  };
}

/** A channel, a webhook, a rule, a dead letter and a delivery that waits. */
async function outboxFixture(under: AppUnderTest): Promise<Record<string, string>> {
  const { access, notify, events, storage } = under.app.parts();
  const note = (change: { action: string; resource: string }) =>
    access.audit.statement({ actor: tester, ...change });
  // Nobody listens there.
  const options = { url: `http://127.0.0.1:${freePort()}/` };
  const subscription = { events: ["ticket"], severity: "info" as const };
  const channel = await notify.channels.add({ kind: "webhook", name: "Hook", options }, note);
  const webhook = await notify.channels.add(
    { kind: "webhook", name: "Subscribed", options, subscription },
    note,
  );
  await notify.channels.change(channel.id, { enabled: false }, note);
  await events.append({ ...alarmEvent(), route: false });
  const [event] = (await events.list({})).items;
  const store = createOutboxStore(storage.db);
  const plan = { channel: channel.id, state: "waiting" as const, untilMs: null, why: "fixture" };
  await storage.db.write(
    ["one@example.org", "two@example.org"].map((target) =>
      store.add(event, { ...plan, target }, Date.now())
    ),
  );
  const [waiting, dead] = (await notify.outbox.list({})).items;
  await notify.cancel(dead.id, note);
  return {
    "/api/deliveries/:id/cancel": String(waiting.id),
    "/api/deliveries/:id": String(dead.id),
    "/api/webhooks/:id": webhook.id,
    "/api/channels/:id": channel.id,
    "/api/rules/:id": notify.rules.all()[0].id,
  };
}

/** A ticket in the right state for each move, and one to talk about; the first alarm is talked about too. */
async function ticketsFor(under: AppUnderTest): Promise<Record<string, string>> {
  const { access, alarms, tickets: { tickets, comments, attachments } } = under.app.parts();
  const note = (change: Change) => access.audit.statement({ actor: tester, ...change });
  const admin = access.users.byEmail(EMAIL)!;
  const by = { id: admin.id, name: "test", moderator: true, note };
  const make = async (...moves: TicketAction[]) => {
    const { id } = await tickets.create({ title: "Fixture" }, by);
    for (const move of moves) await tickets.move(id, move, {}, by);
    return id;
  };
  const talked = await make();
  const upload = { name: "x.png", bytes: picture("png") };
  const alarm = alarms.open().find(({ machine }) => machine === "hall-2/read")!;
  for (const [kind, id] of [["alarm", alarm.id], ["ticket", talked]] as const) {
    await comments.add(kind, id, "said", by);
    await attachments.add(kind, id, upload, by);
  }
  return {
    "/api/tickets/:id/start": await make(),
    "/api/tickets/:id/resolve": await make("start"),
    "/api/tickets/:id/close": await make("resolve"),
    "/api/tickets/:id/reopen": await make("resolve", "close"),
    "/api/tickets/:id": talked,
  };
}

async function tokenOf(under: AppUnderTest): Promise<string> {
  const { signIn } = under.app.parts().access;
  const from = { ...tester, address: "127.0.0.1" };
  return (await signIn.api({ email: EMAIL, password: PASSWORD, from })).access_token;
}

function pathOf(route: Route, ids: Record<string, string>): string {
  const known = Object.entries(ids).find(([prefix]) => `${route.path}/`.startsWith(`${prefix}/`));
  const params: Record<string, string> = { ...route.example?.params };
  if (known) params.id = known[1];
  const path = route.path.replace(
    /:(\w+)(\{[^}]*\})?/g,
    (_, name) => encodeURIComponent(params[name] ?? "x"),
  );
  const query = new URLSearchParams(route.example?.query).toString();
  return query === "" ? path : `${path}?${query}`;
}
