import assert from "node:assert/strict";
import { silentLog } from "../../base/log.ts";
import { createSandbox } from "../../scripts/sandbox.ts";
import { readFaults } from "./answer.ts";
import type { Facts } from "./facts.ts";
import { createFaultDetectors } from "./fault_detectors.ts";

const FACTS: Facts = {
  t_ms: 1,
  components: [{ name: "mqtt", health: "ok", detail: "" }],
  tasks: [{ name: "alarms", state: "running", restarts: 0 }],
  readings: { stored: 1, duplicate: 0, messages: 1, rejected: 0, queued: 0, per_s: 1 },
  host: { temperature: 82.5, memory: null },
  events: { warning: 0, critical: 0 },
};

/** The example of the README. */
const EXAMPLE = /```js\n([\s\S]*?)```/.exec(
  Deno.readTextFileSync(new URL("./README.md", import.meta.url)),
)![1];

function detectorsOf(texts: Record<string, string>) {
  const sandbox = createSandbox({ log: silentLog() });
  const facts: Facts = structuredClone(FACTS);
  const detectors = createFaultDetectors({
    clock: { now: () => 7 },
    sandbox,
    runnable: () =>
      Object.entries(texts).map(([name, source]) => (
        { kind: "fault_detector", name, source, hash: source }
      )),
    facts: () => facts,
  });
  return { detectors, facts, texts, stop: () => sandbox.stop() };
}

Deno.test("a fault detector is asked with every look; what it says are faults, and end with it", async () => {
  const { detectors, facts, texts, stop } = detectorsOf({ hot: EXAMPLE });
  assert.deepEqual(await detectors.look(), [{
    cause: "fault_detector:hot host",
    component: "host",
    type: "custom_fault",
    severity: "high",
    message: "the enclosure is at 82.5 °C",
  }]);
  facts.host.temperature = 60;
  assert.deepEqual(await detectors.look(), []);
  facts.host.temperature = 90;
  const [pausable] = detectors.pausables();
  await pausable.pause("admin");
  assert.deepEqual([await detectors.look(), pausable.paused()], [[], { sinceMs: 7, by: "admin" }]);
  await pausable.resume("admin");
  assert.equal((await detectors.look()).length, 1);
  delete texts.hot;
  assert.deepEqual([await detectors.look(), detectors.pausables()], [[], []]);
  stop();
});

Deno.test("a broken fault detector is a fault itself, at once or the fifth time, and gets another chance", async () => {
  const { detectors, texts, stop } = detectorsOf({
    loops: "export function check() { for (;;); }",
    syntax: "export function check() {\n  return [;\n}",
    throws: "let n = 0;\nexport function check() { if (n++ !== 2) no.such; }",
    shape: "export const check = () => [{ severity: 'bad', message: 'x' }];",
    well: EXAMPLE,
  });
  const looks: string[][] = [];
  for (let i = 0; i < 9; i++) {
    const seen = [...await detectors.look()];
    looks.push(
      seen.map(({ component, type, severity, line }) =>
        [component.split(":").at(-1), type, severity, line ?? ""].join(" ").trim()
      ),
    );
  }
  assert.deepEqual(looks[0], [
    "loops time_error high",
    "syntax syntax_error high 2",
    "throws runtime_error medium 2",
    "shape shape_error medium",
    "host custom_fault high",
  ]);
  assert.equal(looks[2].some((one) => one.startsWith("throws")), false, "it worked once");
  assert.equal(looks[4][3], "shape shape_error high");
  assert.equal(looks[6].includes("throws runtime_error medium 2"), true);
  assert.equal(looks[7].includes("throws runtime_error high 2"), true);
  assert.equal(looks[8].at(-1), "host custom_fault high", "the others go on");

  const pausable = detectors.pausables()[0];
  await pausable.pause("fault:3");
  texts.loops = EXAMPLE;
  assert.equal((await detectors.look())[0].component, "host");
  assert.equal(pausable.paused(), null);
  stop();
});

Deno.test("readFaults tells faults apart by component and key, and takes ten of them at most", () => {
  const of = (...given: unknown[]) => readFaults("x", given);
  const fault = { severity: "low", message: "m" };
  const several = of(fault, { ...fault, message: "n" }, { ...fault, key: "a" }, {
    ...fault,
    component: "codec:pump",
  });
  assert.ok("sightings" in several);
  assert.deepEqual(several.sightings.map(({ cause, message }) => `${cause}: ${message}`), [
    "fault_detector:x fault_detector:x: m",
    "fault_detector:x fault_detector:x a: m",
    "fault_detector:x codec:pump: m",
  ]);
  for (const wrong of [Array(11).fill(fault), [{ ...fault, message: "" }], [{ ...fault, x: 1 }]]) {
    assert.ok("fault" in of(...wrong));
  }
});
