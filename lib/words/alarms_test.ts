import assert from "node:assert/strict";
import { alarmWords, openAlarms, openWords, type StatedAlarm, statusWords } from "./alarms.ts";
import { HOUR_MS, MINUTE_MS } from "./times.ts";

const NOW = Date.UTC(2026, 0, 5, 12);
const ALARM: StatedAlarm = {
  severity: "critical",
  state: "active",
  present: true,
  flapping: false,
  maintenance: false,
  count: 1,
  raised_ms: NOW - 6 * HOUR_MS,
  severity_ms: NOW - 4_000,
  last_ms: NOW - 4_000,
  cleared_ms: null,
  acknowledged_by: null,
  shelved_until_ms: null,
  resolved_ms: null,
  resolved_by: null,
};
const said = (alarm: Partial<StatedAlarm>) => {
  const { word, since, people } = alarmWords({ ...ALARM, ...alarm }, NOW, "UTC");
  return `${word} ${since}: ${people}`;
};

Deno.test("alarmWords: since when it is so, not since when the alarm is open", () => {
  assert.equal(said({}), "critical for 4 s, open for 6 h: not acknowledged");
  assert.equal(said({ severity_ms: NOW - 6 * HOUR_MS }), "critical for 6 h: not acknowledged");
  assert.equal(
    said({ present: false, cleared_ms: NOW - 3 * MINUTE_MS, count: 2 }),
    "critical over for 3 min, 2 times: not acknowledged",
  );
  assert.equal(said({ flapping: true }), "critical comes and goes, open for 6 h: not acknowledged");
  assert.equal(
    said({ state: "resolved", resolved_ms: NOW - HOUR_MS, resolved_by: "Ada" }),
    "resolved after 5 h: by Ada",
  );
});

Deno.test("alarmWords: never says of one alarm that it is acknowledged and that it is not", () => {
  for (const state of ["active", "acknowledged", "resolved"] as const) {
    for (const severity of ["info", "warning", "critical"] as const) {
      for (const shelved_until_ms of [null, NOW + HOUR_MS, NOW - 1]) {
        for (const [present, cleared_ms] of [[true, null], [false, NOW], [false, null]] as const) {
          for (const flapping of [true, false]) {
            const text = said({
              ...{ state, severity, shelved_until_ms, present, cleared_ms, flapping },
              acknowledged_by: state === "active" ? null : "Ada",
              resolved_ms: state === "resolved" ? NOW : null,
            });
            const isNot = text.includes("not acknowledged");
            assert.ok(!(isNot && text.includes("acknowledged by")), text);
            const counted = openAlarms([{ severity, state, shelved_until_ms }], NOW).waiting === 1;
            assert.equal(isNot, counted, `the badge counts what the row says: ${text}`);
          }
        }
      }
    }
  }
});

Deno.test("openWords and statusWords: nothing is called normal over an open warning", () => {
  const open = { info: 1, warning: 2, critical: 1, waiting: 2, waiting_critical: 0 };
  assert.deepEqual(openWords(open), { tone: "warning", text: "2 of 3 alarms not acknowledged" });
  assert.equal(
    openWords({ ...open, waiting: 0 }).text,
    "3 alarms open, all acknowledged or shelved",
  );
  assert.deepEqual(statusWords("normal", { warning: 1, critical: 0 }), {
    tone: "warning",
    text: "1 warning open",
  });
  assert.deepEqual(statusWords("normal", { warning: 0, critical: 0 }).text, "normal");
  assert.equal(statusWords("offline", open).text, "offline");
});
