import assert from "node:assert/strict";
import { hostPower, hostSample } from "../../../tests/support/host.ts";
import { powerEvents, powerMemory, powerTrouble } from "./power.ts";

const BOOT = hostSample().bootId;
const look = (memory: ReturnType<typeof powerMemory>, power = hostPower({}), bootId = BOOT) =>
  powerEvents(memory, hostSample({ power, bootId }))
    .map(({ severity, body }) => `${severity} ${JSON.stringify(body)}`);
const logged = (condition: string, state: string, boot = BOOT) => ({
  body: { condition, state, boot },
});

Deno.test("an event for each change of a condition, and none while it stays", () => {
  const memory = powerMemory(BOOT, []);
  assert.deepEqual(look(memory), []);
  const low = hostPower({ underVoltage: true }, { underVoltage: true });
  const [begun, ...others] = powerEvents(memory, hostSample({ power: low }));
  assert.equal(begun.severity, "warning");
  assert.match(begun.text, /4.63 V/);
  assert.deepEqual(others, []);
  assert.deepEqual(look(memory, low), []);
  const over = look(memory, hostPower({ underVoltage: false }, { underVoltage: true }));
  assert.equal(over.length, 1);
  assert.match(over[0], /^info .*"over"/);
  assert.deepEqual(look(memory, hostPower({}, { underVoltage: true })), []);
});

Deno.test("what was so since the boot is said once for each boot, also over restarts of Perch", () => {
  const sticky = hostPower({}, { throttled: true });
  const memory = powerMemory(BOOT, []);
  assert.match(look(memory, sticky).join(), /^info .*"since_boot"/);
  assert.deepEqual(look(memory, sticky), []);
  assert.deepEqual(look(powerMemory(BOOT, [logged("throttled", "since_boot")]), sticky), []);
  assert.equal(
    look(powerMemory(BOOT, [logged("throttled", "since_boot", "older")]), sticky).length,
    1,
  );
  assert.equal(look(memory, sticky, "another boot").length, 1);
});

Deno.test("a condition that holds over a restart of Perch is said once, and its end is", () => {
  const memory = powerMemory(BOOT, [logged("throttled", "now"), logged("throttled", "over")]);
  assert.deepEqual(look(memory, hostPower({ throttled: true })), []);
  assert.match(look(memory).join(), /"over"/);
});

Deno.test("what is not measured is neither well nor wrong", () => {
  const memory = powerMemory(BOOT, []);
  look(memory, hostPower({ throttled: true }));
  assert.deepEqual(look(memory, hostPower({ throttled: null })), []);
  assert.deepEqual(powerEvents(memory, hostSample({ power: null })), []);
  assert.equal(powerTrouble(null), null);
  assert.equal(powerTrouble(hostPower({ throttled: null })), null);
  assert.match(powerTrouble(hostPower({ throttled: true }))!, /throttled/);
});
