import assert from "node:assert/strict";
import type { EventType, LoggedEvent } from "../events/event.ts";
import { MINUTE_MS } from "../words/times.ts";
import { decideRoutes } from "./routing.ts";
import { escalationMinutes } from "./recipients.ts";
import { calmStorm } from "./storm.ts";
import { placeOf, type RoutedChannel, type RoutingContext } from "./routed.ts";
import { type Rule, ruleShape, type RuleSpec } from "./rule.ts";

/** A Monday, 12:00 in UTC. */
const NOON_MS = Date.UTC(2026, 0, 5, 12);

const channel = (change: Partial<RoutedChannel> = {}): RoutedChannel => ({
  id: "mail",
  name: "Mail",
  enabled: true,
  forPeople: true,
  toPersons: true,
  subscription: null,
  ...change,
});

const rule = (change: Partial<RuleSpec> = {}, id = "r1"): Rule => ({
  ...ruleShape.parse({ name: "Rule", recipients: [{ channel: "mail" }], ...change }),
  id,
  createdMs: 0,
});

const alarm = (change: Record<string, unknown> = {}) => ({
  id: "a1",
  severity: "warning",
  machine: "hall-1/press-3",
  maintenance: false,
  flapping: false,
  shelved_until_ms: null,
  escalated: 0,
  ...change,
});

const event = (
  change: Partial<LoggedEvent> & { alarm?: Record<string, unknown> } = {},
): LoggedEvent => {
  const { alarm: about, ...rest } = change;
  return {
    id: 1,
    uid: "u1",
    type: "alarm.raised",
    subject: "alarm:a1",
    severity: "warning",
    tMs: NOON_MS,
    text: "Press 3: bearing 83 °C is above warning 80 °C",
    actor: null,
    body: { alarm: alarm({ severity: change.severity ?? "warning", ...about }), note: null },
    ...rest,
  };
};

const context = (change: Partial<RoutingContext> = {}): RoutingContext => ({
  nowMs: NOON_MS,
  zone: "Europe/Berlin",
  channels: [channel()],
  person: (id) => id === "ada" ? { name: "Ada", email: "ada@example.org", active: true } : null,
  tagsOf: () => ["hydraulic"],
  windowOf: () => null,
  notified: () => new Set(),
  ...change,
});

/** Where to, how, and the reasons of those who got nothing. */
function outcome(given: LoggedEvent, rules: Rule[], about: RoutingContext = context()) {
  const { planned, decisions } = decideRoutes(given, rules, about);
  return {
    to: planned.map((p) => [p.channel, p.target, p.state]),
    not: decisions.filter((d) => d.decision === "skip").map((d) => d.why),
  };
}

Deno.test("decideRoutes sends what a rule asks for, and says of every other rule why not", () => {
  const rules = [
    rule(),
    rule({ severity: "critical" }, "r2"),
    rule({ machines: ["hall-2"] }, "r3"),
    rule({ tags: ["wet"] }, "r4"),
    rule({ events: ["ticket"] }, "r5"),
    rule({ enabled: false }, "r6"),
    rule({ muted_until: NOON_MS + 1 }, "r7"),
    rule({ hours: { days: ["sun"], start: "00:00", end: "00:00" } }, "r8"),
  ];
  assert.deepEqual(outcome(event(), rules), {
    to: [["mail", "", "waiting"]],
    not: [
      "warning is below critical",
      "hall-1/press-3 is not under hall-2",
      "the machine has none of the tags wet",
      "does not cover alarm.raised",
      "the rule is switched off",
      "the rule is muted",
      "applies only at other times",
    ],
  });
});

Deno.test("decideRoutes sends nothing for shelved, flapping or maintained alarms, and says so", () => {
  const shelved = event({ alarm: { shelved_until_ms: NOON_MS + 1 } });
  assert.deepEqual(outcome(shelved, [rule()]), { to: [], not: ["the alarm is shelved"] });
  const flapping = event({ type: "alarm.changed", alarm: { flapping: true } });
  assert.match(outcome(flapping, [rule()]).not[0], /comes and goes/);
  const maintained = event({ alarm: { maintenance: true } });
  assert.match(outcome(maintained, [rule()]).not[0], /raised in a maintenance window/);
  const open = outcome(event(), [rule()], context({ windowOf: () => "Cleaning" }));
  assert.match(open.not[0], /maintenance window "Cleaning"/);
});

Deno.test("decideRoutes sends the end to everybody who was notified of the beginning, whatever the rules are by then", () => {
  const notified = () => new Set([placeOf("mail", "")]);
  const end = event({ type: "alarm.resolved", severity: "info" });
  assert.deepEqual(outcome(end, [rule()], context({ notified })).to, [["mail", "", "waiting"]]);
  assert.deepEqual(outcome(end, [rule()]).to, []);
  const window = context({ notified, windowOf: () => "Cleaning" });
  assert.deepEqual(outcome(end, [rule()], window).to, [["mail", "", "waiting"]]);
  const noEnd = rule({ events: ["alarm.raised"] });
  assert.deepEqual(
    outcome(end, [noEnd], context({ notified })).to,
    [],
    "who does not ask for ends",
  );
});

Deno.test("decideRoutes holds in quiet hours until they end, also over a change of the clock", () => {
  const quiet = { days: ["sat" as const], start: "22:00", end: "07:00", critical: true };
  // The night to 29 March 2026 in Berlin has no hour from 2 to 3.
  const nowMs = Date.UTC(2026, 2, 28, 22, 30);
  const { planned } = decideRoutes(event(), [rule({ quiet })], context({ nowMs }));
  assert.deepEqual([planned[0].state, planned[0].untilMs], ["held", Date.UTC(2026, 2, 29, 5)]);
  const critical = event({ severity: "critical" });
  assert.deepEqual(outcome(critical, [rule({ quiet })], context({ nowMs })).to[0][2], "waiting");
  const all = rule({ quiet: { ...quiet, critical: false } });
  assert.deepEqual(outcome(critical, [all], context({ nowMs })).to[0][2], "held");
});

Deno.test("decideRoutes: the sooner of two rules counts, once per place", () => {
  const rules = [rule({ digest_minutes: 30 }), rule({}, "r2"), rule({}, "r3")];
  assert.deepEqual(outcome(event(), rules), {
    to: [["mail", "", "waiting"]],
    not: ["sent there already by another rule"],
  });
});

Deno.test("decideRoutes: a step of escalation goes to its own recipients, its level by all rules", () => {
  const step = (minutes: number, person?: string) => ({
    after_minutes: minutes,
    recipients: [{ channel: "mail", person }],
  });
  const rules = [
    rule({ escalation: [step(10), step(30, "ada")] }),
    rule({ escalation: [step(20, "ada")] }, "r2"),
  ];
  assert.deepEqual(escalationMinutes({ severity: "warning", machine: null }, rules), [10, 20, 30]);
  const at = (escalated: number) =>
    outcome(event({ type: "alarm.escalated", alarm: { escalated } }), rules).to;
  assert.deepEqual(at(1), [["mail", "", "waiting"]]);
  assert.deepEqual(at(2), [["mail", "ada@example.org", "waiting"]]);
  assert.deepEqual(at(3), [["mail", "ada@example.org", "waiting"]]);
  const again = event({ type: "alarm.escalated", alarm: { escalated: 1 } });
  assert.deepEqual(outcome(again, [rule()]).to, [["mail", "", "waiting"]], "no steps: told again");
});

Deno.test("decideRoutes: recipients that cannot be reached are named", () => {
  const to = (recipients: RuleSpec["recipients"]) => outcome(event(), [rule({ recipients })]).not;
  assert.deepEqual(to([{ channel: "gone" }]), ["its channel was deleted"]);
  assert.deepEqual(to([{ channel: "mail", person: "eve" }]), ["the person was deleted"]);
  const none = outcome(
    event(),
    [rule({ recipients: [{ channel: "*" }] })],
    context({ channels: [] }),
  );
  assert.deepEqual(none.not, ["there is no channel for people yet"]);
});

Deno.test("decideRoutes: a webhook gets what it subscribed to; invitations go to the person alone", () => {
  const subscription = { events: ["alarm"], severity: "warning" as const };
  const hook = channel({ id: "hook", forPeople: false, toPersons: false, subscription });
  const about = context({ channels: [hook, channel()] });
  assert.deepEqual(outcome(event(), [], about).to, [["hook", "", "waiting"]]);
  assert.deepEqual(outcome(event({ severity: "info" }), [], about).not, ["info is below warning"]);
  const invited = event({
    type: "access.invited" as EventType,
    subject: "user:ada",
    severity: "critical",
    body: null,
  });
  const everything = rule({ severity: "info" });
  assert.deepEqual(outcome(invited, [everything], about).to, [
    ["mail", "ada@example.org", "waiting"],
  ]);
});

Deno.test("calmStorm: what goes beyond the limit is collected, for people alone", () => {
  const hook = channel({
    id: "hook",
    forPeople: false,
    subscription: { events: ["alarm"], severity: "info" },
  });
  const about = context({ channels: [channel(), hook] });
  const sent = new Map<string, number>();
  const limits = { messages: 20, minutes: 5 };
  const states = new Map<string, number>();
  for (let i = 0; i < 500; i++) {
    const routed = decideRoutes(event({ id: i, subject: `alarm:a${i}` }), [rule()], about);
    const calm = calmStorm(routed, sent, about.channels, limits, NOON_MS);
    for (const { channel, state, untilMs } of calm.planned) {
      states.set(`${channel} ${state}`, (states.get(`${channel} ${state}`) ?? 0) + 1);
      if (state === "digest") assert.equal(untilMs, NOON_MS + 5 * MINUTE_MS);
    }
    if (i === 499) assert.match(calm.decisions[0].why, /more than 20 messages in 5 minutes/);
  }
  assert.deepEqual(Object.fromEntries(states), {
    "mail waiting": 20,
    "mail digest": 480,
    "hook waiting": 500,
  });
});
