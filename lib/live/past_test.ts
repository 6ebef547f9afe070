import assert from "node:assert/strict";
import type { Sensor } from "../machines/sensor.ts";
import { createPast, type PastStatus, PERCH } from "./past.ts";
import type { MachineStatus, SensorStatus } from "./status_words.ts";

/** A machine of two sensors, looked at once a second; both may be silent for 5 s. */
function setup(options: Partial<Parameters<typeof createPast>[0]> = {}) {
  const names = ["a", "b"] as const;
  const sensors = names.map((id, num) => ({ id, num, machine: "m" }) as Sensor);
  const seen = [0, 0];
  let isDeaf = false;
  const past = createPast({
    recent: { seenMs: ({ num }) => seen[num], silenceMs: () => 5_000 },
    deaf: () => isDeaf,
    ...options,
  });
  let nowMs = 0;
  return {
    past,
    deaf: (is: boolean) => isDeaf = is,
    /** Looks at them after so many seconds, of which the sensors that are named have spoken. */
    look(
      seconds: number,
      statuses: [SensorStatus, SensorStatus],
      machine: MachineStatus,
      spoke = "",
    ) {
      nowMs += seconds * 1000;
      names.forEach((id, i) => spoke.includes(id) && (seen[i] = nowMs));
      past.begin(nowMs);
      sensors.forEach((sensor, i) => past.sensor(sensor, statuses[i]));
      past.machine("M", "m", machine);
      return past.take().map(({ subject, tMs, status }) =>
        [subject, tMs / 1000, status] as [string, number, PastStatus]
      );
    },
  };
}

Deno.test("past: what changes is kept with its time, what stays is not written again", () => {
  const { look } = setup();
  assert.deepEqual(look(1, ["normal", "normal"], "normal", "ab"), [
    [PERCH, 1, "normal"],
    ["a", 1, "normal"],
    ["b", 1, "normal"],
    ["M", 1, "normal"],
  ]);
  assert.deepEqual(look(1, ["normal", "normal"], "normal", "ab"), []);
  assert.deepEqual(look(1, ["critical", "normal"], "critical", "ab"), [
    ["a", 3, "critical"],
    ["M", 3, "critical"],
  ]);
  assert.deepEqual(look(1, ["critical", "normal"], "maintenance"), [["M", 4, "maintenance"]]);
});

Deno.test("past: silence while the sources cannot be heard is unknown until the sensor speaks again", () => {
  const { look, deaf } = setup();
  look(1, ["normal", "critical"], "critical", "ab");
  deaf(true);
  assert.deepEqual(look(4, ["normal", "critical"], "critical"), []);
  // One source is still there: what comes from it is known, and critical is worse than not known.
  assert.deepEqual(look(2, ["normal", "critical"], "critical", "b"), [["a", 7, "unknown"]]);
  assert.deepEqual(look(7, ["normal", "critical"], "critical"), [["b", 14, "unknown"], [
    "M",
    14,
    "unknown",
  ]]);
  deaf(false);
  assert.deepEqual(look(1, ["normal", "critical"], "critical"), []);
  assert.deepEqual(look(1, ["offline", "critical"], "critical", "b"), [
    ["a", 16, "offline"],
    ["b", 16, "critical"],
    ["M", 16, "critical"],
  ]);
});

Deno.test("past: while the process stood still, and after the end that it did not write, nothing is known", () => {
  const written = [{ subject: "a", status: "normal" }, {
    subject: "b",
    status: "unknown",
  }] as const;
  const { look, past } = setup({ written, endedMs: -50_000 });
  const first = look(1, ["normal", "normal"], "normal", "ab");
  assert.deepEqual(first, [
    [PERCH, -50, "unknown"],
    [PERCH, 1, "normal"],
    ["b", 1, "normal"],
    ["M", 1, "normal"],
  ]);
  assert.deepEqual(look(300, ["normal", "normal"], "normal"), [
    [PERCH, 1, "unknown"],
    [PERCH, 301, "normal"],
    ["a", 301, "unknown"],
    ["b", 301, "unknown"],
    ["M", 301, "unknown"],
  ]);
  past.end(302_000);
  const end = past.take();
  assert.deepEqual(end, [{ subject: PERCH, tMs: 302_000, status: "unknown" }]);
  past.putBack(end);
  assert.deepEqual(past.take(), end);
});

Deno.test("past: what was written while the clock was ahead ends where that time has come", () => {
  const { look } = setup();
  look(1_000, ["critical", "normal"], "critical", "ab");
  assert.deepEqual(look(-800, ["normal", "normal"], "normal", "ab"), [
    [PERCH, 200, "normal"],
    ["a", 200, "normal"],
    ["M", 200, "normal"],
  ]);
  assert.deepEqual(look(10, ["normal", "normal"], "normal", "ab"), []);
  assert.deepEqual(look(800, ["normal", "normal"], "normal", "ab").slice(-4), [
    [PERCH, 1_010, "normal"],
    ["a", 1_010, "normal"],
    ["b", 1_010, "normal"],
    ["M", 1_010, "normal"],
  ]);
});
