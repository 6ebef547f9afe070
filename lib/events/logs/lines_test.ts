import assert from "node:assert/strict";
import { alarmEvent } from "../../../tests/support/events.ts";
import { Secret } from "../../base/secret.ts";
import type { EventType } from "../event.ts";
import { lineOfEntry, lineOfEvent, withoutSecrets } from "./lines.ts";

const TIMESTAMP = "2026-01-05T12:00:00.000Z";

Deno.test("lineOfEvent tells what is measured from data, and both from what programs report as wrong", () => {
  const of = (type: string, body: unknown = null) => {
    const { file, text } = lineOfEvent(alarmEvent({ type: type as EventType, body, text: "x" }));
    return { file, ...JSON.parse(text) };
  };
  assert.deepEqual(of("alarm.raised"), {
    file: "sensor",
    timestamp: TIMESTAMP,
    type: "sensor",
    event_type: "alarm.raised",
    description: "x",
    severity: "critical",
  });
  assert.deepEqual(of("readings.damaged"), {
    file: "data",
    timestamp: TIMESTAMP,
    type: "data",
    component: "readings",
    event_type: "readings.damaged",
    description: "x",
    severity: "critical",
  });
  assert.equal(of("external.scan", { component: "gate camera" }).component, "gate camera");
  assert.deepEqual(of("external.error", { component: "gate camera" }), {
    file: "error",
    timestamp: TIMESTAMP,
    type: "error",
    component: "gate camera",
    error_message: "x",
    event_type: "external.error",
    severity: "critical",
  });
  // A type of their own that ends alike is no error.
  assert.equal(of("external.read_error").file, "data");
});

Deno.test("lineOfEvent: what is over, or what somebody did about it, is no trouble", () => {
  const severity = (type: string) =>
    JSON.parse(lineOfEvent(alarmEvent({ type: type as EventType })).text).severity;
  for (const type of ["alarm.raised", "alarm.changed", "alarm.reopened", "ticket.created"]) {
    assert.equal(severity(type), "critical", type);
  }
  for (const type of ["alarm.cleared", "alarm.resolved", "alarm.acknowledged", "ticket.closed"]) {
    assert.equal(severity(type), "info", type);
  }
  assert.equal(severity("external.resolved"), "critical");
});

Deno.test("lines stay one line of bounded length, whatever a device sent", () => {
  const odd = "a\nb\r\u001b[31m\u009b31m\u2028\u2029\u0000\ud800 \"'\\";
  for (const text of [odd, odd.repeat(10_000), "x".repeat(1_000_000)]) {
    const event = lineOfEvent(alarmEvent({ text })).text;
    const entry = lineOfEntry({
      tsMs: 0,
      level: "warn",
      part: text,
      message: text,
      fields: { text, error: new Error(text), number: 1 },
    }).text;
    for (const line of [event, entry]) {
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      assert.ok(line.length < 8_000, `${line.length}`);
    }
    assert.ok(JSON.parse(event).description.startsWith(text.slice(0, 4)));
    assert.equal(JSON.parse(entry).type, "warning");
  }
});

Deno.test("lineOfEntry says what went wrong and with what", () => {
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  const { text } = lineOfEntry({
    tsMs: 0,
    level: "error",
    part: "storage",
    message: "it failed",
    fields: {
      error: { message: "no such file", code: "ENOENT" },
      tries: 3,
      key: new Secret("x1y2"),
    },
  });
  assert.deepEqual(JSON.parse(text), {
    timestamp: "1970-01-01T00:00:00.000Z",
    type: "error",
    component: "storage",
    error_message: 'it failed: no such file tries=3 key="***"',
  });
  const endless = lineOfEntry({
    tsMs: 0,
    level: "error",
    part: "",
    message: "x",
    fields: { loop },
  });
  assert.match(JSON.parse(endless.text).error_message, /^x loop=.*circular/i);
  assert.equal(JSON.parse(endless.text).component, "perch");
});

Deno.test("lineOfEntry tells what is an event too, with its severity, and in which file that stands", () => {
  const of = (fields: Record<string, unknown>) => {
    const entry = { tsMs: 0, level: "warn", part: "emergency", message: "hot", fields } as const;
    const { timestamp: _, ...line } = JSON.parse(lineOfEntry(entry).text);
    return line;
  };
  const said = { type: "warning", component: "emergency", error_message: "hot" };
  assert.deepEqual(of({ event: "emergency.entered", severity: "critical" }), {
    ...said,
    event_type: "emergency.entered",
    severity: "critical",
    also_in: "data_events.log",
  });
  // A number, or a word of others, is a field as any.
  assert.deepEqual(of({ event: 7 }), { ...said, error_message: "hot event=7" });
  assert.equal(of({ event: "toString" }).also_in, undefined);
});

Deno.test("withoutSecrets leaves out what looks like one, and nothing else", () => {
  const cases: [string, string][] = [
    ["mqtt://u:p@broker:1883 refused", "mqtt://***@broker:1883 refused"],
    ["Authorization: Bearer abcdefghij.k", "Authorization: *** ***"],
    ["sent bearer abcdefghij", "sent bearer ***"],
    ["key perch_Ab3dEf5hIj", "key perch_***"],
    ["eyJhbGciOiJIUzI1.eyJzdWIi.c2ln", "***"],
    ["?api_key=abc&x=1", "?api_key=***&x=1"],
    ['{"password":"a b","n":1}', '{"password":***,"n":1}'],
    ["token = 'a b' for it", "token = *** for it"],
  ];
  for (const [text, stays] of cases) assert.equal(withoutSecrets(text), stays);
  const plain = "the password of ada@example.com is wrong; http://host/path?q=1; a basic idea";
  assert.equal(withoutSecrets(plain), plain);
});
