/** Channels, webhooks, rules and deliveries over the API, with a receiver on this host. */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import type { Role } from "../../lib/access/identity.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { alarmStep } from "../support/outbox.ts";
import { type Receiver, startReceiver } from "../support/receivers/http.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

interface Asked extends RunningApp {
  receiver: Receiver;
  call(method: string, path: string, body?: unknown, role?: Role): Promise<[number, Json]>;
}

const PROTOCOL = {
  answer: () => ({ status: 200, body: "taken" }),
  rateLimited: { status: 429 },
  broken: { status: 500, body: "out of order" },
  lie: null,
};

function withApp(run: (app: Asked) => Promise<void>): () => Promise<void> {
  return async () => {
    const receiver = startReceiver(PROTOCOL);
    const app = await runApp({ OUTGOING_NETWORKS: "127.0.0.0/8,::1" });
    const call: Asked["call"] = async (method, path, body, role = "admin") => {
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
      await run({ ...app, call, receiver });
    } finally {
      await app.stop();
      await receiver.close();
    }
  };
}

async function eventually<T>(look: () => Promise<T | null | false>, what: string): Promise<T> {
  for (let i = 0; i < 400; i++) {
    const found = await look();
    if (found !== null && found !== false) return found;
    await new Promise((r) => setTimeout(r, 25));
  }
  throw new Error(`waited in vain for ${what}`);
}

const faults = (problem: Json) =>
  Object.fromEntries(problem.errors.map((e: Json) => [e.path, e.message]));

Deno.test(
  "webhooks: signed, the secret shown once, both signatures after rotation, sent again with the same id",
  withApp(async ({ call, parts, receiver }) => {
    const hook = { name: "System", url: `${receiver.url}/hook`, events: ["alarm"] };
    const [status, made] = await call("POST", "/api/webhooks", hook);
    assert.equal(status, 201);
    assert.match(made.secret, /^whsec_/);
    assert.equal(JSON.stringify((await call("GET", "/api/webhooks"))[1]).includes("whsec_"), false);
    assert.equal(JSON.stringify((await call("GET", "/api/channels"))[1]).includes("whsec_"), false);
    const [, tested] = await call("POST", `/api/webhooks/${made.id}/test`);
    assert.deepEqual(tested, { delivered: true, answer: "200 taken" });

    await parts.events.append(alarmStep("w1", "alarm.raised", Date.now()));
    await eventually(() => Promise.resolve(receiver.accepted.length === 2), "the message");
    const verify = (at: number, secret: string) => {
      const { body, headers } = receiver.accepted[at];
      return new Webhook(secret).verify(body, Object.fromEntries(headers)) as Json;
    };
    const sent = verify(1, made.secret);
    assert.equal(sent.type, "alarm.raised");

    const [, rotated] = await call("POST", `/api/webhooks/${made.id}/rotate`);
    assert.notEqual(rotated.secret, made.secret);
    receiver.mood = "gone";
    await parts.events.append(alarmStep("w1", "alarm.resolved", Date.now()));
    const dead = await eventually(async () => {
      const [, list] = await call("GET", "/api/deliveries?state=failed");
      return list.items[0] ?? null;
    }, "the dead letter");
    const [, off] = await call("GET", `/api/webhooks/${made.id}`);
    assert.deepEqual([off.enabled, off.health], [false, "off"]);
    receiver.mood = "good";
    await call("PATCH", `/api/webhooks/${made.id}`, { enabled: true });
    assert.equal(
      (await call("POST", `/api/deliveries/${dead.id}/retry`, undefined, "engineer"))[0],
      403,
    );
    const [again] = await call("POST", `/api/deliveries/${dead.id}/retry`);
    assert.equal(again, 200);
    await eventually(() => Promise.resolve(receiver.accepted.length === 3), "the second try");
    for (const secret of [made.secret, rotated.secret]) {
      assert.equal(verify(2, secret).type, "alarm.resolved");
    }
    assert.equal(receiver.accepted[2].headers.get("webhook-id"), dead.uid);
    const [, one] = await call("GET", `/api/deliveries/${dead.id}`);
    assert.deepEqual(one.attempts.map((t: Json) => t.outcome), ["gone", "delivered"]);
    assert.equal((await call("POST", `/api/deliveries/${dead.id}/retry`))[0], 409);
    const { items } = await parts.access.audit.list({ action: "channel" });
    assert.ok(items.some((row) => row.action === "channel.create"));
    assert.equal(JSON.stringify(items).includes("whsec_"), false);
  }),
);

Deno.test(
  "channels: options are checked, secrets are written and never read, an address that may not be reached is refused",
  withApp(async ({ call, parts }) => {
    const token = "tk_canary_of_this_test";
    const ntfy = { kind: "ntfy", name: "Night", options: { topic: "night", token } };
    const [status, made] = await call("POST", "/api/channels", ntfy);
    assert.equal(status, 201, JSON.stringify(made));
    assert.equal(made.options.token, "***");
    assert.equal(made.health, "new");
    const kept = await call("PATCH", `/api/channels/${made.id}`, {
      options: { topic: "day", token: "***" },
    });
    assert.deepEqual([kept[1].options.topic, kept[1].options.token], ["day", "***"]);
    assert.equal(parts.notify.channels.optionsOf(made.id).token, token);
    const { rows } = await parts.storage.db.query({ sql: "select options, secrets from channels" });
    assert.equal(JSON.stringify(rows).includes(token), false, "in the database it is encrypted");

    const wrong = await call("POST", "/api/channels", {
      ...ntfy,
      name: "B",
      options: { tpoic: 1 },
    });
    assert.equal(wrong[0], 400);
    assert.ok("options.tpoic" in faults(wrong[1]), JSON.stringify(wrong[1]));
    assert.equal((await call("POST", "/api/channels", { ...ntfy, kind: "pigeon" }))[0], 400);
    const taken = await call("POST", "/api/channels", ntfy);
    assert.deepEqual([taken[0], Object.keys(faults(taken[1]))], [409, ["name"]]);
    const inside = { kind: "webhook", name: "C", options: { url: "http://169.254.169.254/" } };
    const refused = await call("POST", "/api/channels", inside);
    assert.equal(refused[0], 400);
    assert.match(faults(refused[1])["options.url"], /may not be connected to/);
    assert.equal((await call("GET", "/api/channels", undefined, "engineer"))[0], 403);
    assert.equal((await call("DELETE", `/api/channels/${made.id}`))[0], 204);
    assert.equal((await call("GET", `/api/channels/${made.id}`))[0], 404);
  }),
);

Deno.test(
  "rules: one that reaches nobody is said, a dry run tells what it would have sent, and every alarm why",
  withApp(async ({ call, parts, receiver, ingest }) => {
    await ingest([{ machine: "hall-9/oven", sensor: "t", value: 1 }]);
    const [, list] = await call("GET", "/api/rules", undefined, "engineer");
    assert.equal(list.items[0].name, "Warnings and above, to everybody");
    const [, nobody] = await call("POST", "/api/rules", {
      name: "Hall 9",
      machines: ["hall-9"],
      recipients: [{ channel: "*" }],
    });
    assert.deepEqual(nobody.warnings, [
      "There is no channel for people yet.",
      "It reaches nobody as things are.",
    ]);
    const elsewhere = await call("POST", "/api/rules", {
      name: "Hall 10",
      machines: ["hall-10"],
      recipients: [{ channel: "*" }],
    });
    assert.deepEqual([elsewhere[0], Object.keys(faults(elsewhere[1]))], [400, ["machines"]]);
    const empty = await call("POST", "/api/rules", { name: "Empty", recipients: [] });
    assert.deepEqual([empty[0], Object.keys(faults(empty[1]))], [400, ["recipients"]]);
    const slack = { kind: "slack", name: "Team", options: { url: receiver.url } };
    assert.equal((await call("POST", "/api/channels", slack))[0], 201);

    await parts.events.append(alarmStep("r1", "alarm.raised", Date.now()));
    await parts.events.append(alarmStep("r1", "alarm.resolved", Date.now()));
    const routed = await eventually(async () => {
      const [, page] = await call("GET", "/api/alarms/r1/routing", undefined, "viewer");
      return page.items.length === 2 && page.items;
    }, "the routing");
    const [, first] = routed;
    const said = first.decisions.map((d: Json) => [d.rule_name, d.decision, d.why]);
    assert.deepEqual(said, [
      ["Warnings and above, to everybody", "send", "alarm raised, warning"],
      ["Hall 9", "skip", "hall-1/press-3 is not under hall-9"],
    ]);
    const rule = { name: "Try", severity: "warning", recipients: [{ channel: "*" }] };
    const [, run] = await call("POST", "/api/rules/dry-run", { rule, days: 1 }, "engineer");
    assert.deepEqual([run.events, run.sent, run.items.length], [2, 2, 2]);
    const critical = { ...rule, severity: "critical" };
    const [, none] = await call("POST", "/api/rules/dry-run", { rule: critical }, "engineer");
    assert.equal(none.sent, 0);

    const id = list.items[0].id;
    const muted = Date.now() + 60_000;
    const [, changed] = await call("PATCH", `/api/rules/${id}`, { muted_until: muted }, "engineer");
    assert.deepEqual([changed.muted_until, changed.severity], [muted, "warning"]);
    const { items } = await parts.access.audit.list({ action: "rule" });
    assert.deepEqual(items.map((row) => row.action), ["rule.update", "rule.create"]);
    // As people write times; what is none is refused with what is allowed.
    const path = `/api/rules/${id}`;
    for (
      const [given, ms] of [
        ["+2h", Date.now() + 7_200_000],
        ["2099-11-20T10:00Z", Date.UTC(2099, 10, 20, 10)],
        ["now", Date.now()],
        [null, 0],
      ] as const
    ) {
      const [, rule] = await call("PATCH", path, { muted_until: given }, "engineer");
      assert.ok(Math.abs((rule.muted_until ?? 0) - ms) < 60_000, `${given}: ${rule.muted_until}`);
    }
    const [status, wrong] = await call("PATCH", path, { muted_until: "later" }, "engineer");
    assert.equal(status, 400);
    assert.match(JSON.stringify(wrong.errors), /muted_until.*epoch milliseconds, ISO 8601, `now`/);
  }),
);
