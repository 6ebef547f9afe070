import assert from "node:assert/strict";
import { matching } from "../words/matching.ts";
import { matchingInTurns } from "./in_turns.ts";

const NAMES = Array.from({ length: 20_000 }, (_, i) => `hall-${i % 9}/press-${i}/temperature`);
const textsOf = (name: string) => [name];

Deno.test("matchingInTurns: finds what `matching` finds, and other work goes on in between", async () => {
  for (const query of ["press3", "temprature 19", "nothing of it", "", undefined]) {
    const few = NAMES.slice(0, 500);
    assert.deepEqual(
      await matchingInTurns(few, query, textsOf),
      matching(few, query, textsOf),
      `${query}`,
    );
  }
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  try {
    assert.equal((await matchingInTurns(NAMES, "hall temprature", textsOf)).length, NAMES.length);
    assert.ok(turns > 0, "nothing else ran meanwhile");
  } finally {
    clearInterval(timer);
  }
});
