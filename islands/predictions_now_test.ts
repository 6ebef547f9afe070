import assert from "node:assert/strict";
import { answerOf, inPlace, type ShownPrediction } from "./predictions_now.tsx";

const one = (machine: string, kind: ShownPrediction["class"] = "normal"): ShownPrediction => ({
  id: "1",
  machine,
  machine_name: machine,
  at_ms: 0,
  class: kind,
  learning: false,
  score: 0,
  summary: "",
  source: "rules",
  model_version: null,
  remaining_life: {
    known: false,
    remaining_ms: null,
    low_ms: null,
    high_ms: null,
    crossed_ms: null,
  },
});

Deno.test("answerOf of predictions says how many run unusually", () => {
  assert.equal(answerOf([], 3).sentence, "No machine is judged at the moment");
  assert.equal(answerOf([one("a"), one("b")], 2).sentence, "All 2 machines run as usual");
  assert.equal(answerOf([one("a")], 1).sentence, "1 of 1 machine judged: as usual");
  assert.deepEqual(answerOf([one("a", "warning"), one("b", "critical")], 2), {
    sentence: "2 of 2 machines run unusually",
    worst: "critical",
  });
  const learning = { ...one("c"), learning: true };
  assert.equal(
    answerOf([learning, learning], 3).sentence,
    "Still learning what is usual of 2 of 3 machines",
  );
  assert.equal(
    answerOf([one("a"), learning], 2).sentence,
    "1 of 2 machines judged: as usual, 1 still learning",
  );
});

Deno.test("inPlace keeps each machine where it is read, drops those gone, adds new ones last", () => {
  const names = inPlace([one("b"), one("a"), one("x")], [one("n"), one("a", "critical"), one("b")]);
  assert.deepEqual(names.map((p) => `${p.machine} ${p.class}`), [
    "b normal",
    "a critical",
    "n normal",
  ]);
});
