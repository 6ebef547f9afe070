import assert from "node:assert/strict";
import type { Alarm } from "../alarms/alarm.ts";
import type { LoggedEvent } from "../events/event.ts";
import { alarmEvent } from "../../tests/support/events.ts";
import { digestOf, messageOf, testMessage } from "./message_of.ts";

const OPTIONS = { zone: "Europe/Berlin", publicUrl: "https://perch.example.com" };

Deno.test("messageOf: an alarm with its facts, its page and its thread", () => {
  const event = alarmEvent();
  const message = messageOf(event, OPTIONS);
  assert.equal(message.uid, event.uid);
  assert.equal(message.kind, "firing");
  assert.equal(message.title, event.text);
  assert.equal(message.link, "https://perch.example.com/alarms/a1");
  assert.equal(message.thread, "alarm:a1");
  assert.deepEqual(message.facts, [
    { label: "Severity", value: "critical" },
    { label: "State", value: "active" },
    { label: "Machine", value: "Press 3" },
    { label: "Sensor", value: "hall-1/press-3/bearing" },
    { label: "Value", value: "83.4 °C" },
    { label: "Limit", value: "80 °C" },
    { label: "Occurred", value: "3 times" },
    { label: "Since", value: "2026-01-05 12:59:00" },
    { label: "Time", value: "2026-01-05 13:00:00" },
  ]);
  assert.deepEqual(message, messageOf(event, OPTIONS), "the same on each repeat");
});

Deno.test("messageOf: value and limit differ in the mail, and nothing is rounded before its point", () => {
  const facts = (value: number, limit: number | null) => {
    const event = alarmEvent();
    const { alarm } = event.body as { alarm: Alarm };
    const body = { alarm: { ...alarm, value, limit, unit: "Pa" }, note: null };
    const { facts } = messageOf({ ...event, body }, OPTIONS);
    return ["Value", "Limit"].map((label) => facts.find((one) => one.label === label)?.value);
  };
  assert.deepEqual(facts(101326.2, 101325.5), ["101326.2 Pa", "101325.5 Pa"]);
  assert.deepEqual(facts(101326.2, null), ["101326 Pa", undefined]);
});

Deno.test("messageOf: the kind follows the type; without a public address there is no link", () => {
  const kinds: [LoggedEvent["type"], string][] = [
    ["alarm.raised", "firing"],
    ["alarm.escalated", "firing"],
    ["alarm.acknowledged", "info"],
    ["alarm.cleared", "info"],
    ["alarm.resolved", "resolved"],
    ["ticket.created", "info"],
    ["access.invited", "invitation"],
  ];
  for (const [type, kind] of kinds) {
    const message = messageOf(alarmEvent({ type }), { ...OPTIONS, publicUrl: null });
    assert.equal(message.kind, kind, type);
    assert.equal(message.link, null);
  }
});

Deno.test("messageOf: a note is a line of its own, unless the sentence says it already", () => {
  const body = { ...alarmEvent().body as object, note: "oil was low" };
  assert.deepEqual(messageOf(alarmEvent({ body }), OPTIONS).lines, ["oil was low"]);
  const text = "bearing resolved by Ada: oil was low";
  assert.deepEqual(messageOf(alarmEvent({ body, text }), OPTIONS).lines, []);
});

Deno.test("messageOf: bodies that are not what was expected are no reason to fail", () => {
  for (const body of [null, 1, "x", [], { ticket: { id: "T-1", due_ms: "soon" } }]) {
    assert.equal(messageOf(alarmEvent({ body }), OPTIONS).kind, "firing");
  }
});

Deno.test("messageOf: an invitation has its own link and address", () => {
  const message = messageOf(alarmEvent({ type: "access.invited", subject: "user:u1" }), {
    ...OPTIONS,
    link: "https://perch.example.com/join#abc",
    to: ["ada@example.com"],
  });
  assert.equal(message.link, "https://perch.example.com/join#abc");
  assert.deepEqual(message.to, ["ada@example.com"]);
});

Deno.test("digestOf: as severe as its worst, and says what is left out", () => {
  const messages = [alarmEvent({ severity: "info" }), alarmEvent({ severity: "warning" })]
    .map((event) => messageOf(event, OPTIONS));
  const digest = digestOf("d1", messages, { ...OPTIONS, left: 40, tMs: 1 });
  assert.equal(digest.title, "42 messages");
  assert.equal(digest.severity, "warning");
  assert.equal(digest.lines.length, 3);
  assert.match(digest.lines[0], /^2026-01-05 13:00:00 {2}Press 3: bearing/);
  assert.equal(digest.lines[2], "and 40 more");
});

Deno.test("testMessage says who tries", () => {
  const message = testMessage("t1", { site: "hall", actor: "Ada", nowMs: 5, publicUrl: null });
  assert.deepEqual([message.kind, message.title, message.tMs], [
    "test",
    "Test message from hall",
    5,
  ]);
});
