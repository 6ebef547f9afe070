import assert from "node:assert/strict";
import fc from "fast-check";
import { templateOf } from "./patterns.ts";
import { createLogCount, parseLine } from "./report.ts";

Deno.test("templateOf masks what changes from message to message", () => {
  const cases: [string, string][] = [
    ["Press 3 is silent for 12.5 s", "Press # is silent for # s"],
    ["press-3 and press-12, temp2 −4.5e-7", "press-# and press-#, temp# #"],
    ["took 1\u202f234 ms of 10,5", "took # ms of #"],
    [
      "192.168.0.7:1883 and [fe80::1ff:fe23:4567:890a] refused",
      "<address> and [<address>] refused",
    ],
    ["aa:bb:cc:dd:ee:ff left at 12:30:01", "<address> left at <time>"],
    ["from 2026-11-29T02:15:00.123Z to 2026-11-29", "from <time> to <time>"],
    ["mail to ada.l+x@mail.example.com bounced", "mail to <address> bounced"],
    ["alarm 4fk2m9x0q2 of 0b7e1c8a-1111-4222-8333-1234567890ab", "alarm <id> of <id>"],
    ['the topic "factory/a/b" is none', 'the topic "…" is none'],
    ["os error 28 (0x1F)", "os error # (#)"],
    ["", ""],
  ];
  for (const [text, template] of cases) assert.equal(templateOf(text), template);
});

Deno.test("templateOf: any text gives a short line without numbers, and soon", () => {
  const piece = fc.constantFrom(
    ..."0123456789abcdefxyz:.-@\"'/ \n\u001b\u2028\ud800é".split(""),
    "2026-11-29",
    "<id>",
    "::",
  );
  // `fc.string({ unit: "binary" })` takes two seconds to be made.
  const character = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code));
  const texts = fc.array(fc.oneof(piece, character), { maxLength: 80 }).map((all) => all.join(""));
  for (const text of fc.sample(texts, 300)) {
    const template = templateOf(text);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(template, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    assert.ok(template.length <= 301, text);
    assert.doesNotMatch(template, /\d/, text);
  }
  const startMs = performance.now();
  for (const one of ["a", "1", ":", ".", "@", '"', "a1", "a.", "1.", "-", "a-", "0:"]) {
    templateOf(one.repeat(1_000_000));
  }
  assert.ok(performance.now() - startMs < 10_000);
});

const line = (fields: Record<string, unknown>) =>
  JSON.stringify({ timestamp: "2026-01-01T00:00:00.000Z", ...fields });

Deno.test("createLogCount counts by severity, component and pattern, and what it cannot read", () => {
  const count = createLogCount({
    fromMs: Date.UTC(2026, 0, 1),
    toMs: Date.UTC(2026, 0, 2),
    least: "warning",
  });
  for (let i = 0; i < 5; i++) {
    count.take(line({
      timestamp: new Date(Date.UTC(2026, 0, 1, i)).toISOString(),
      type: "error",
      component: "storage",
      error_message: `write ${i} failed`,
    }));
  }
  count.take(line({ type: "warning", component: "mqtt", error_message: "slow" }));
  count.take(
    line({ type: "sensor", event_type: "alarm.raised", description: "x", severity: "critical" }),
  );
  count.take(
    line({ type: "sensor", event_type: "alarm.cleared", description: "x", severity: "info" }),
  );
  count.take(line({ timestamp: "2025-12-31T23:59:59.999Z", type: "error", error_message: "old" }));
  count.take(
    line({ timestamp: "2026-01-03T00:00:00.000Z", type: "error", error_message: "later" }),
  );
  const torn = [
    '{"timestamp":"2026-01-01T00:00',
    "null",
    "[]",
    "1",
    line({}),
    "\u0000\u0000",
    "{}",
  ];
  for (const one of torn) count.take(one);
  const report = count.report();
  assert.equal(report.lines, 7);
  assert.equal(report.unreadable, torn.length);
  assert.deepEqual(report.by_severity, { info: 0, warning: 1, error: 5, critical: 1 });
  assert.deepEqual(report.by_component, [
    { component: "storage", count: 5 },
    { component: "mqtt", count: 1 },
    { component: "alarm", count: 1 },
  ]);
  assert.deepEqual(report.patterns.map((one) => [one.severity, one.template, one.count]), [
    ["critical", "x", 1],
    ["error", "write # failed", 5],
    ["warning", "slow", 1],
  ]);
  const { first_ms, last_ms, example } = report.patterns[1];
  assert.deepEqual([first_ms, last_ms, example], [
    Date.UTC(2026, 0, 1),
    Date.UTC(2026, 0, 1, 4),
    "write 4 failed",
  ]);
});

Deno.test("createLogCount holds a bounded number of patterns, and says how much else there is", () => {
  const count = createLogCount({ fromMs: 0, toMs: Date.UTC(2027, 0), least: "info" });
  const letters = (i: number) => i.toString(2).replaceAll("0", "a").replaceAll("1", "b");
  for (let i = 0; i < 5_000; i++) {
    count.take(line({ type: "error", component: letters(i), error_message: letters(i) }));
  }
  const { lines, patterns, by_component, other } = count.report();
  assert.deepEqual([lines, patterns.length, by_component.length, other], [5_000, 100, 100, 4_900]);
});

Deno.test("parseLine: a line is as bad as its severity, and at least as its type", () => {
  const severity = (fields: Record<string, unknown>) =>
    parseLine(line({ error_message: "x", ...fields }))?.severity;
  assert.equal(severity({ type: "error", severity: "critical" }), "critical");
  assert.equal(severity({ type: "warning", severity: "critical" }), "critical");
  assert.equal(severity({ type: "error", severity: "warning" }), "error");
  assert.equal(severity({ type: "error" }), "error");
  assert.equal(severity({ type: "warning", severity: "info" }), "warning");
});

Deno.test("parseLine takes the lines of every file, and of no other", () => {
  assert.deepEqual(
    parseLine(line({ type: "data", event_type: "backup.failed", description: "x" })),
    {
      atMs: Date.UTC(2026, 0, 1),
      severity: "info",
      component: "backup",
      message: "x",
      isCopy: false,
    },
  );
  for (const none of ["", "x", "true", '"a"', line({ type: "error", error_message: 5 })]) {
    assert.equal(parseLine(none), null);
  }
});
