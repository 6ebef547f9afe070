/** What holds for alarms whatever comes, in whatever order. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ended, found, odd, predicted, silent } from "../../tests/support/alarm_observations.ts";
import { site } from "../../tests/support/alarm_site.ts";
import { MINUTE_MS } from "../words/times.ts";
import { isOpen } from "./record.ts";
import type { Observation } from "./observation.ts";

const SENSORS = [1, 2, 3];
const DETECTORS = ["threshold", "rate", "stuck"] as const;
const sensor = fc.constantFrom(...SENSORS);
const severity = fc.constantFrom("warning" as const, "critical" as const);

const standing = fc.tuple(fc.boolean(), sensor, fc.constantFrom(...DETECTORS), severity).map(
  ([present, num, detector, severity]): Observation => {
    const about = { key: `sensor:s${num}:${detector}`, sensor: num, detector };
    return present ? found({ ...about, severity }) : ended(about);
  },
);
const prediction = fc.tuple(fc.boolean(), severity, sensor).map(([present, severity, num]) =>
  predicted({ present, severity: present ? severity : "info", drivers: [num] })
);
const silence = fc.tuple(fc.boolean(), sensor).map(([present, num]) => silent(num, { present }));
const point = sensor.map((num) => odd({ key: `sensor:s${num}:streaming`, sensor: num }));
const observations = fc.oneof(standing, standing, prediction, silence, point);

type Step =
  | { kind: "observation"; observation: Observation }
  | { kind: "wait"; ms: number }
  | { kind: "person"; does: "acknowledge" | "resolve" | "shelve"; which: number };
const withObservations = observations.map((observation): Step => ({
  kind: "observation",
  observation,
}));
const waits = fc.constantFrom(1000, MINUTE_MS, 6 * MINUTE_MS, 70 * MINUTE_MS)
  .map((ms): Step => ({ kind: "wait", ms }));
const people = fc.tuple(fc.constantFrom("acknowledge", "resolve", "shelve"), fc.nat(5))
  .map(([does, which]) => ({ kind: "person", does, which }) as Step);

const RUNS = { numRuns: 400 };
const modes = fc.constantFrom("always" as const, "acknowledged" as const);

function run(steps: readonly Step[], resolveWhenClear: "always" | "acknowledged") {
  const one = site({ resolveWhenClear });
  return {
    one,
    play(check: (step: Step) => void) {
      for (const step of steps) {
        if (step.kind === "observation") one.observe(step.observation);
        else if (step.kind === "wait") one.after(step.ms);
        else {
          const open = one.open();
          const alarm = open[step.which % Math.max(1, open.length)];
          if (alarm === undefined) continue;
          if (step.does === "acknowledge" && alarm.state === "acknowledged") continue;
          one.do(
            step.does === "acknowledge"
              ? { kind: "acknowledge" }
              : step.does === "resolve"
              ? { kind: "resolve", note: null, verdict: null }
              : { kind: "shelve", untilMs: one.nowMs() + 30 * MINUTE_MS, note: null },
            "Ada",
            alarm.id,
          );
        }
        check(step);
      }
    },
  };
}

Deno.test("alarms: never two open ones of one cause, nothing stands in two, none is open for nothing", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(withObservations, withObservations, withObservations, waits, people), {
        maxLength: 80,
        size: "max",
      }),
      modes,
      (steps, mode) => {
        const { one, play } = run(steps, mode);
        play(() => {
          const open = one.open();
          const causes = open.map((alarm) => alarm.cause);
          assert.equal(new Set(causes).size, causes.length, `two of one cause: ${causes}`);
          const keys = one.alarms().flatMap((alarm) =>
            alarm.conditions.filter((c) => c.present).map((c) => c.key)
          );
          assert.equal(new Set(keys).size, keys.length, `stands in two: ${keys}`);
          for (const alarm of one.alarms()) {
            assert.equal(alarm.present, alarm.conditions.some((c) => c.present));
            if (!isOpen(alarm) || alarm.present || alarm.flapping) continue;
            const waitsForSomebody = mode === "acknowledged" && alarm.state === "active";
            assert.ok(alarm.conditions[0].point || waitsForSomebody, "open for nothing");
            assert.ok(waitsForSomebody || alarm.dueMs !== null, "open without an end");
          }
        });
      },
    ),
    RUNS,
  );
});

Deno.test("alarms: each occurrence is counted once, and telling it again changes nothing", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(withObservations, withObservations, waits), { maxLength: 80, size: "max" }),
      modes,
      (steps, mode) => {
        const { one, play } = run(steps, mode);
        const stands = new Set<string>();
        const occurred = new Map<string, number>();
        play((step) => {
          if (step.kind !== "observation") return;
          const { key, present, point } = step.observation;
          if (present && (point || !stands.has(key))) {
            occurred.set(key, (occurred.get(key) ?? 0) + 1);
          }
          if (!point && present) stands.add(key);
          if (!present) stands.delete(key);
          const counted = one.alarms().flatMap((alarm) => alarm.conditions)
            .filter((c) => c.key === key).reduce((sum, c) => sum + c.count, 0);
          assert.equal(counted, occurred.get(key) ?? 0, key);
          for (const { source, count, conditions } of one.alarms()) {
            if (source !== "silence") assert.equal(count, conditions[0].count);
          }
          if (point) return;
          const before = [one.steps.length, one.alarms().map((a) => [a.id, a.count, a.state])];
          one.observe(step.observation);
          assert.deepEqual(
            [one.steps.length, one.alarms().map((a) => [a.id, a.count, a.state])],
            before,
          );
        });
      },
    ),
    RUNS,
  );
});
