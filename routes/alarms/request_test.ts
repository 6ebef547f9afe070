import assert from "node:assert/strict";
import { raisedAlarmShape } from "./request.ts";

Deno.test("a raised alarm is one line of text that reads as it was written", () => {
  const takes = (text: string) =>
    raisedAlarmShape.safeParse({ machine: "press-3", severity: "warning", text }).success;
  for (const text of [" Öl unter der Presse ", "می‌چکد", "👷‍♀️ needed"]) assert.ok(takes(text), text);
  for (const text of ["a\r\nBcc: x@example.com", "a\u0000b", "a\u202eb", "a\u2028b", "  "]) {
    assert.equal(takes(text), false, JSON.stringify(text));
  }
});
