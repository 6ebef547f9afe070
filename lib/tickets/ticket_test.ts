import assert from "node:assert/strict";
import { mayMove, numberOf, TICKET_ACTIONS, TICKET_STATES } from "./ticket.ts";
import { stepOf } from "./from_alarms.ts";
import { alarm } from "../../tests/support/alarms.ts";

Deno.test("mayMove: exactly these moves of the workflow are possible", () => {
  const possible = TICKET_STATES.flatMap((state) =>
    TICKET_ACTIONS.filter((action) => mayMove(state, action)).map((action) => `${state} ${action}`)
  );
  assert.deepEqual(possible, [
    "open start",
    "open resolve",
    "in_progress resolve",
    "resolved close",
    "resolved reopen",
    "closed reopen",
  ]);
});

Deno.test("numberOf reads T-12 and 12 and nothing else", () => {
  assert.deepEqual(["T-12", "t-12", "12"].map(numberOf), [12, 12, 12]);
  for (const bad of ["", "T-", "T12", "-12", "1.5", "T-1e3", "12 ", "9".repeat(13), "T-12'"]) {
    assert.equal(numberOf(bad), null, bad);
  }
});

const ON = { on: true, leastSeverity: "warning" } as const;
const ticket = { state: "open", priority: "normal" } as const;

Deno.test("stepOf opens a ticket for alarms that are grave enough, and for no others", () => {
  const kind = (
    change: Parameters<typeof alarm>[0],
    options = ON,
    type = "alarm.raised" as const,
  ) => stepOf({ type, alarm: alarm(change), actor: null }, null, options)?.kind ?? null;
  assert.equal(kind({ severity: "warning" }), "open");
  assert.equal(kind({ severity: "critical" }), "open");
  assert.equal(kind({ severity: "info" }), null);
  assert.equal(kind({ severity: "warning", maintenance: true }), null);
  assert.equal(kind({ severity: "critical", state: "resolved" }), null);
  assert.equal(
    stepOf({ type: "alarm.raised", alarm: alarm(), actor: null }, null, {
      ...ON,
      on: false,
    }),
    null,
  );
  // It became worse: now it is grave enough.
  const worse = {
    type: "alarm.changed",
    alarm: alarm({ severity: "critical" }),
    actor: null,
  } as const;
  assert.deepEqual(stepOf(worse, null, ON), { kind: "open", priority: "high" });
  const seen = { type: "alarm.acknowledged", alarm: alarm(), actor: "Ada" } as const;
  assert.equal(stepOf(seen, null, ON), null);
});

Deno.test("stepOf: a ticket follows its alarm, whether automatic tickets are on or off", () => {
  for (const options of [ON, { ...ON, on: false }]) {
    const step = (
      type: "alarm.resolved" | "alarm.reopened" | "alarm.changed" | "alarm.raised",
      state: "open" | "in_progress" | "resolved" | "closed",
      actor: string | null = null,
    ) => {
      const given = alarm({
        severity: "critical",
        state: type === "alarm.resolved" ? "resolved" : "active",
      });
      return stepOf({ type, alarm: given, actor }, { ...ticket, state }, options)?.kind ?? null;
    };
    assert.equal(step("alarm.resolved", "open"), "resolve");
    assert.equal(step("alarm.resolved", "open", "Ada"), "resolve");
    assert.equal(step("alarm.resolved", "in_progress", "Ada"), "resolve");
    // Somebody works on it: they decide.
    assert.equal(step("alarm.resolved", "in_progress"), "record");
    assert.equal(step("alarm.resolved", "closed", "Ada"), null);
    assert.equal(step("alarm.reopened", "open"), "record");
    assert.equal(step("alarm.reopened", "resolved"), "reopen");
    assert.equal(step("alarm.reopened", "closed"), "reopen");
    assert.equal(step("alarm.changed", "open"), "raise_priority");
    assert.equal(step("alarm.changed", "resolved"), null);
    assert.equal(step("alarm.raised", "open"), null);
  }
});
