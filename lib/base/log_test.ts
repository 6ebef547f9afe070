import assert from "node:assert/strict";
import { alsoTo, consoleLine, createLog, jsonLine, type LogEntry } from "./log.ts";
import { Secret } from "./secret.ts";

function setup(level: "debug" | "warn" = "debug") {
  const entries: LogEntry[] = [];
  return { entries, log: createLog({ level, now: () => 0, sink: (entry) => entries.push(entry) }) };
}

Deno.test("createLog passes entries at or above its level, with the part that speaks", () => {
  const { entries, log } = setup("warn");
  log.child("sources").child("mqtt").info("quiet");
  log.child("sources").child("mqtt").warn("loud", { n: 1 });
  assert.deepEqual(entries.map((e) => [e.part, e.message, e.fields]), [
    ["sources.mqtt", "loud", { n: 1 }],
  ]);
});

Deno.test("log lines stay one line and never show a secret or a stack", () => {
  const { entries, log } = setup();
  log.error("topic a\nb\u001b[31m", {
    secret: new Secret("hunter2"),
    error: new Error("line 1\nline 2"),
  });
  for (const line of [consoleLine(entries[0], false), jsonLine(entries[0])]) {
    assert.ok(!line.includes("\n") && !line.includes("\u001b"), line);
    assert.ok(!line.includes("hunter2") && line.includes("***"), line);
    assert.ok(!line.includes("log_test.ts"), line);
  }
});

Deno.test("createLog cuts what would fill the log", () => {
  const { entries, log } = setup();
  const long = "x".repeat(100_000);
  log.error(long, { user: long, error: new Error(long), n: 1 });
  assert.ok(jsonLine(entries[0]).length < 15_000);
  assert.match(String(entries[0].fields.user), /^x+… \(100000\)$/);
});

Deno.test("alsoTo hands warnings and errors to another place too, with the part that speaks", () => {
  const { entries, log } = setup();
  const also: LogEntry[] = [];
  const both = alsoTo(log.child("app"), () => 5, (entry) => also.push(entry)).child("storage");
  both.info("quiet");
  both.warn("loud", { n: 1 });
  both.error("broken");
  assert.deepEqual(entries.map((e) => [e.part, e.message]), [
    ["app.storage", "quiet"],
    ["app.storage", "loud"],
    ["app.storage", "broken"],
  ]);
  assert.deepEqual(also.map((e) => [e.tsMs, e.part, e.level, e.fields]), [
    [5, "storage", "warn", { n: 1 }],
    [5, "storage", "error", {}],
  ]);
});
