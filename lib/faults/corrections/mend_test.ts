import assert from "node:assert/strict";
import { FAULT_CASES, type FaultCase } from "../../../tests/support/script_faults/cases.ts";
import { HALL, HALL_MESSAGES, slipsOf } from "../../../tests/support/script_faults/hall.ts";
import { JUDGES } from "../../../tests/support/script_faults/judge.ts";
import { silentLog } from "../../base/log.ts";
import { createSandbox } from "../../scripts/sandbox.ts";
import type { ScriptFault } from "../../scripts/script.ts";
import { mend } from "./mend.ts";
import { type Sample, tryOn, whileWarm } from "./trial.ts";

/** Each costs a tenth of a second: all of them in the soak, else every third and those that are not mended. */
const ALL = Deno.env.get("MEND_CASES") === "all";
const SLIPS_EVERY = 20;
const UNKNOWN: ScriptFault = { type: "runtime", message: "?", line: null, column: null };
const sandbox = createSandbox({ log: silentLog() });
globalThis.addEventListener("unload", () => sandbox.stop());

const samplesOf = ({ topic = "filter/7/pressure", messages }: FaultCase): Sample[] =>
  messages.map((text, tMs) => ({ tMs, topic, payload: new TextEncoder().encode(text) }));

function mended(one: FaultCase, reported = UNKNOWN, declined: readonly string[] = []) {
  const ref = { kind: one.kind ?? "codec", name: "pump" } as const;
  const samples = samplesOf(one);
  const attempt = (text: string) => tryOn({ sandbox, ...JUDGES }, ref, text, samples);
  return whileWarm(
    sandbox,
    () => mend({ tryOn: attempt, declined }, ref, one.source, reported, samples),
  );
}

Deno.test("rules: every kind of fault is mended so that its messages are answered, or nothing is proposed", async (t) => {
  const chosen = FAULT_CASES.filter((_, i) => ALL || i % 3 === 0 || i >= FAULT_CASES.length - 4);
  for (const one of chosen) {
    await t.step(one.name, async () => {
      const found = await mended(one);
      if (one.expected === null) return assert.ok("reason" in found, JSON.stringify(found));
      assert.ok("source" in found, "reason" in found ? found.reason : "");
      const answers = found.after.outcomes.map((each) => "fault" in each ? "fault" : each.answer);
      assert.deepEqual(answers, one.expected, found.source);
      assert.match(found.author, /^rule: /);
    });
  }
});

Deno.test("rules: without a stored message what was reported is gone by", async () => {
  const [one] = FAULT_CASES;
  const reported: ScriptFault = {
    type: "runtime",
    message: "TypeError: cannot read property 'p' of undefined",
    line: 5,
    column: 1,
  };
  const found = await mended({ ...one, messages: [] }, reported);
  assert.ok("source" in found);
  assert.match(found.source, /if \(message\?\.data == null\) return \[\];/);
});

Deno.test("rules: what was declined is not proposed again", async () => {
  const [one] = FAULT_CASES;
  const first = await mended(one);
  assert.ok("source" in first);
  const second = await mended(one, UNKNOWN, [first.source]);
  assert.ok("reason" in second || second.source !== first.source);
});

Deno.test("rules: a script that does well is left alone", async () => {
  const found = await mended({ ...FAULT_CASES[0], messages: ['{"data":{"p":1}}'] });
  assert.ok("reason" in found, JSON.stringify(found));
});

Deno.test("rules: a slip anywhere in a codec is found, and its messages are answered as before it", async () => {
  const slips = slipsOf(HALL).filter((_, i) => ALL || i % SLIPS_EVERY === 0);
  const samples = HALL_MESSAGES.map(([topic, text], tMs): Sample => ({
    tMs,
    topic,
    payload: new TextEncoder().encode(text),
  }));
  const ref = { kind: "codec", name: "hall" } as const;
  const attempt = (text: string) => tryOn({ sandbox, ...JUDGES }, ref, text, samples);
  const answersOf = ({ outcomes }: Awaited<ReturnType<typeof attempt>>) => JSON.stringify(outcomes);
  await whileWarm(sandbox, async () => {
    const right = answersOf(await attempt(HALL));
    const missed: string[] = [];
    for (const { name, source } of slips) {
      const before = await attempt(source);
      // Some are harmless, and of some no message shows anything.
      if (before.load === null && before.faults === 0) continue;
      const found = await mend({ tryOn: attempt }, ref, source, UNKNOWN, samples);
      if (!("source" in found) || answersOf(found.after) !== right) missed.push(name);
    }
    // What a surplus parenthesis belonged to cannot always be told.
    assert.ok(missed.length <= slips.length / 50, missed.join("\n"));
  });
});
