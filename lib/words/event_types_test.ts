import assert from "node:assert/strict";
import { eventWord } from "./event_types.ts";

Deno.test("eventWord tells a type of event in a word or two", () => {
  const cases: [string, string][] = [
    ["alarm.raised", "Alarm raised"],
    ["machine.status_changed", "Machine status changed"],
    ["external.scan", "Scan"],
    ["external.sms", "SMS"],
    ["external.door_opened", "Door opened"],
  ];
  for (const [type, word] of cases) assert.equal(eventWord(type), word);
});
