/** What holds for faults whatever is seen, in whatever order. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { FAULT_ACTIONS, FAULT_SEVERITIES } from "../words/fault.ts";
import { sabotaged } from "../../tests/support/sabotage.ts";
import {
  AGAIN_MS,
  decide,
  type Decision,
  type FaultsState,
  isWorse,
  QUIET_MS,
  severityRank,
} from "./decide.ts";
import type { Sighting } from "./fault.ts";

const NOTHING: FaultsState = { watched: new Map(), nextId: 1 };
const STEP_MS = 5_000;

const sighting = (cause: string, changes: Partial<Sighting> = {}): Sighting => ({
  cause,
  component: `codec:${cause}`,
  type: "runtime_error",
  severity: "medium",
  message: `${cause} failed`,
  ...changes,
});

/** Looks one after the other, five seconds apart, at parts that are paused when they are asked to. */
function watching() {
  let state = NOTHING;
  let atMs = 0;
  const paused = new Set<string>();
  const look = (
    sightings: readonly Sighting[],
    { isComplete = true, afterMs = STEP_MS }: { isComplete?: boolean; afterMs?: number } = {},
  ): Decision => {
    atMs += afterMs;
    const decision = decide(state, {
      sightings,
      isComplete,
      nowMs: 1_000_000 + atMs,
      monotonicMs: atMs,
      pausable: (component) =>
        !component.startsWith("codec:") ? "no" : paused.has(component) ? "paused" : "free",
      isPaused: (component) => paused.has(component),
    });
    state = decision.state;
    for (const { component } of decision.pauses) paused.add(component);
    return decision;
  };
  return { look, paused, fault: (cause: string) => state.watched.get(cause)?.fault };
}

Deno.test("decide opens one fault for a cause, counts, and ends it when it was quiet", () => {
  const { look, fault } = watching();
  assert.deepEqual(look([sighting("a")]).news.map(({ kind }) => kind), ["opened"]);
  assert.deepEqual(look([sighting("a", { times: 7 })]).news, []);
  assert.equal(fault("a")!.n, 7);
  for (let quiet = 0; quiet < QUIET_MS; quiet += STEP_MS) assert.deepEqual(look([]).news, []);
  assert.deepEqual(look([]).news.map(({ kind }) => kind), ["over"]);
  const back = look([sighting("a", { times: 8 })]);
  assert.deepEqual(back.news.map(({ kind, fault }) => [kind, fault.id, fault.n]), [[
    "again",
    1,
    8,
  ]]);
});

Deno.test("decide forgets what was over for long: the next one is another", () => {
  const { look, fault } = watching();
  look([sighting("a")]);
  for (let i = 0; i < 5; i++) look([]);
  look([], { afterMs: AGAIN_MS });
  look([], { afterMs: AGAIN_MS });
  look([sighting("a")]);
  assert.equal(fault("a")!.id, 2);
});

Deno.test("decide pauses what is high, and holds its fault open as long as it is paused", () => {
  const { look, paused, fault } = watching();
  const { pauses } = look([sighting("a", { severity: "high" }), sighting("b")]);
  assert.deepEqual(pauses.map(({ component }) => component), ["codec:a"]);
  for (let i = 0; i < 50; i++) look([]);
  assert.equal(fault("a")!.state, "open");
  assert.equal(fault("b")!.state, "over");
  paused.clear();
  for (let i = 0; i < 5; i++) look([]);
  assert.equal(fault("a")!.state, "over");
});

Deno.test("decide lets a fault hold a part that had stopped by itself", () => {
  const { look, paused, fault } = watching();
  paused.add("codec:a");
  assert.equal(look([sighting("a", { severity: "high" })]).pauses.length, 1);
  assert.deepEqual(look([sighting("a", { severity: "high" })]).pauses, []);
  for (let i = 0; i < 20; i++) look([]);
  assert.deepEqual([fault("a")!.state, fault("a")!.paused], ["open", true]);
});

Deno.test("decide ends nothing as long as a source does not answer", () => {
  const { look, fault } = watching();
  look([sighting("a")]);
  for (let i = 0; i < 20; i++) look([], { isComplete: false });
  assert.equal(fault("a")!.state, "open");
});

const CAUSES = ["a", "b", "c"];
const seen = fc.record({
  cause: fc.constantFrom(...CAUSES),
  severity: fc.constantFrom(...FAULT_SEVERITIES),
  times: fc.nat(20),
}).map(({ cause, severity, times }) => sighting(cause, { severity, times }));
const steps = fc.array(
  fc.record({
    sightings: fc.uniqueArray(seen, { selector: ({ cause }) => cause }),
    isComplete: fc.boolean(),
    afterMs: fc.constantFrom(STEP_MS, STEP_MS, STEP_MS, 60_000, 20 * 60_000),
    resumes: fc.constantFrom(null, ...CAUSES),
    dismisses: fc.constantFrom(null, ...CAUSES),
  }),
  { maxLength: 40 },
);

Deno.test("decide: whatever is seen, one fault per cause, and none ends or eases unseen", () => {
  fc.assert(
    fc.property(steps, (steps) => {
      let state = NOTHING;
      let atMs = 0;
      const paused = new Set<string>();
      const ids = new Set<number>();
      for (const { sightings, isComplete, afterMs, resumes, dismisses } of steps) {
        atMs += afterMs;
        if (resumes !== null) paused.delete(`codec:${resumes}`);
        const dismissed = state.watched.get(dismisses ?? "");
        if (dismissed?.fault.state === "open") {
          const fault = { ...dismissed.fault, state: "dismissed" as const };
          state = {
            ...state,
            watched: new Map([...state.watched, [fault.cause, { ...dismissed, fault }]]),
          };
        }
        const before = state;
        const { state: next, news, pauses } = decide(state, {
          sightings,
          isComplete: isComplete || sabotaged("unseen-is-over"),
          nowMs: atMs,
          monotonicMs: atMs,
          pausable: (component) => paused.has(component) ? "paused" : "free",
          isPaused: (component) => paused.has(component),
        });
        state = next;
        const now = new Map(sightings.map((one) => [one.cause, one]));
        for (const { fault, kind } of news) {
          if (kind === "opened") assert.ok(!ids.has(fault.id));
          ids.add(fault.id);
          if (kind !== "over" || fault.state === "dismissed") continue;
          assert.ok(!now.has(fault.cause), "what is seen is not over");
          assert.ok(isComplete, "nothing is over while a source is silent");
          assert.ok(!paused.has(fault.component) || !before.watched.get(fault.cause)!.fault.paused);
        }
        for (const fault of pauses) {
          assert.equal(FAULT_ACTIONS[fault.severity], "pause");
          assert.equal(fault.state, "open");
          paused.add(fault.component);
        }
        for (const [cause, one] of now) {
          const { fault } = state.watched.get(cause)!;
          assert.notEqual(fault.state, "over");
          assert.ok(!isWorse(one.severity, fault.severity));
          if (fault.state === "open" && FAULT_ACTIONS[fault.severity] === "pause") {
            assert.ok(paused.has(fault.component));
          }
        }
        for (const [cause, { fault }] of before.watched) {
          const after = state.watched.get(cause)?.fault;
          if (after?.id !== fault.id) continue;
          assert.ok(severityRank(after.severity) <= severityRank(fault.severity));
          assert.ok(after.n >= fault.n);
        }
      }
    }),
    { numRuns: 300 },
  );
});
