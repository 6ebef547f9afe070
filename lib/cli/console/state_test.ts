import assert from "node:assert/strict";
import { createKeyReader, type Key } from "./keys.ts";
import { type Ask, type ConsoleState, type Happening, initialState, next } from "./state.ts";
import type { FaultView } from "./view.ts";

const fault = (id: number, more: Partial<FaultView> = {}): FaultView => ({
  id,
  component: `codec:c${id}`,
  type: "syntax_error",
  severity: "high",
  message: "expecting '}'",
  file: `codecs/c${id}.js`,
  line: 1,
  column: 1,
  first_ms: 0,
  last_ms: 0,
  paused: true,
  waiting: 0,
  proposal: {
    ...{ id: id * 10, target: `codecs/c${id}.js`, diff: "@@ -1 +1 @@\n-a\n+b", diff_hash: "h" },
    ...{ author: "rule", text: "", tried: [] },
  },
  instead: null,
  ...more,
});

/** Plays what happens, and collects what is asked for. */
function play(...all: (Happening | string)[]): { state: ConsoleState; asks: Ask[] } {
  const asks: Ask[] = [];
  let state = initialState();
  for (const one of all) {
    const keys = typeof one === "string"
      ? createKeyReader().push(new TextEncoder().encode(one))
      : null;
    for (const what of keys?.map((key) => ({ name: "key" as const, key })) ?? [one as Happening]) {
      const step = next(state, what);
      state = step.state;
      if (step.ask !== null) asks.push(step.ask);
    }
  }
  return { state, asks };
}
const seen = (...faults: FaultView[]): Happening => ({ name: "seen", faults });
const answered: Happening = { name: "answered", text: "done", bad: false };

Deno.test("console: nothing is applied before the diff, an address and a password", () => {
  const early = play(seen(fault(1)), "a\ra@b.example\r\r\r");
  assert.deepEqual(early.asks, []);
  const { asks, state } = play(seen(fault(1)), "a\ra@b.exx\x7fample\rsecret\r");
  const approver = { email: "a@b.example", password: "secret" };
  assert.deepEqual(asks, [
    { name: "apply", fault: 1, proposal: 10, diffHash: "h", approver },
  ]);
  // What is typed while it is being applied changes nothing.
  const typing = play(seen(fault(1)), "a\ra@b.example\rsecret\r", "\r\rx\r");
  assert.equal(typing.asks.length, 1);
  assert.equal(state.busy, "Applying …");
});

Deno.test("console: what was approved is what was shown, though another correction comes meanwhile", () => {
  const newer = fault(1, { proposal: { ...fault(1).proposal!, id: 11, diff_hash: "other" } });
  const { asks } = play(seen(fault(1)), "a", seen(newer), "\ra@b.example\rsecret\r");
  assert.equal((asks[0] as Extract<Ask, { name: "apply" }>).diffHash, "h");
});

Deno.test("console: a wrong password asks anew, a missing code is asked for, a fault that is over ends it", () => {
  const typed = [seen(fault(1)), "a\ra@b.example\rsecret\r"] as const;
  const wrong = play(...typed, { name: "answered", text: "wrong", bad: true, again: true });
  assert.deepEqual(wrong.state.mode, {
    ...{ name: "sign_in", fault: 1, proposal: fault(1).proposal },
    ...{ asks: "email", email: "", password: "", code: "" },
  });
  const { asks } = play(...typed, { name: "code_needed", text: "a code" }, "123456\r");
  assert.deepEqual((asks[1] as Extract<Ask, { name: "apply" }>).approver, {
    ...{ email: "a@b.example", password: "secret", code: "123456" },
  });
  const over = play(seen(fault(1)), "a\ra@b", seen());
  assert.equal(over.state.mode.name, "fault");
  assert.match(over.state.notice!.text, /nothing was applied/);
});

Deno.test("console: keys choose among faults, and one thing at a time is asked for", () => {
  const faults = [fault(1), fault(2), fault(3, { paused: false, proposal: null })];
  const { asks } = play(seen(...faults), "2\r", answered, "\x1b[Ar\r", answered, "s");
  assert.deepEqual(asks, [
    { name: "resume", component: "codec:c2" },
    { name: "propose", fault: 1 },
    { name: "status" },
  ]);
  const third = play(seen(...faults), "3\ra9q");
  assert.deepEqual(third.asks, [{ name: "quit" }]);
  assert.equal(third.state.chosen, 3);
  assert.deepEqual(play("a\rr\x03").asks, [{ name: "end" }]);
});

Deno.test("console: keys that come in pieces are put together, those of other programs are nothing", () => {
  const reader = createKeyReader();
  const push = (text: string) => reader.push(new TextEncoder().encode(text));
  assert.deepEqual([...push("\x1b"), ...push("["), ...push("A")], [{ name: "up" }]);
  assert.deepEqual(push("\x1b[200~\x1b[1;5C\x1bOB"), [{ name: "down" }]);
  assert.deepEqual(push("\x1b"), []);
  assert.deepEqual(reader.settle(), [{ name: "escape" }]);
  const utf8 = new TextEncoder().encode("ü");
  const keys: Key[] = [...reader.push(utf8.subarray(0, 1)), ...reader.push(utf8.subarray(1))];
  assert.deepEqual(keys, [{ name: "text", text: "ü" }]);
});
