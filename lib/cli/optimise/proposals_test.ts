import assert from "node:assert/strict";
import {
  backupProposal,
  commitProposal,
  commitsAt,
  figuresOf,
  historyCommits,
  historyProposal,
  isWorth,
  sampleProposal,
} from "./proposals.ts";

const flow = (readingsPerS: number, commitsPerS: number | null = null) => ({
  readingsPerS,
  commitsPerS,
  from: "measured",
});

Deno.test("commitsAt: an interval bounds how many commits there are, and readings how many it takes", () => {
  assert.deepEqual(commitsAt(50, flow(1_000)), { perS: 20, readings: 50 });
  assert.deepEqual(commitsAt(250, flow(1_000)), { perS: 4, readings: 250 });
  assert.deepEqual(commitsAt(0, flow(10)), { perS: 10, readings: 1 });
  // They come in bursts: the interval changes nothing.
  assert.deepEqual(commitsAt(50, flow(100, 2)), { perS: 2, readings: 50 });
  assert.deepEqual(commitsAt(250, flow(100, 2)), { perS: 2, readings: 50 });
  assert.deepEqual(commitsAt(250, flow(0)), { perS: 0, readings: 0 });
});

Deno.test("a change is worth it only when it saves much, and much of what there is", () => {
  assert.ok(isWorth({ saves: "card", before: 100e6, after: 50e6 }));
  assert.ok(!isWorth({ saves: "card", before: 9e6, after: 0 }));
  assert.ok(!isWorth({ saves: "card", before: 1e9, after: 0.9e9 }));
  assert.ok(!isWorth({ saves: "card", before: 1e6, after: 1e9 }));
  assert.ok(isWorth({ saves: "cpu", before: 0.01, after: 0.002 }));
  assert.ok(!isWorth({ saves: "cpu", before: 0.001, after: 0 }));
});

Deno.test("proposals hold what was measured, and 'no' is an answer", () => {
  const commit = commitProposal(50, flow(20), { before: 5_000, after: 6_000 });
  assert.deepEqual([commit.before, commit.after, commit.worth], [
    20 * 5_000 * 86_400,
    4 * 6_000 * 86_400,
    true,
  ]);
  assert.match(figuresOf(commit), /^8\.6.GB a day → 2\.1.GB a day$/);
  // A disk on which large commits cost as much as many small ones.
  assert.equal(commitProposal(50, flow(20), { before: 5_000, after: 25_000 }).worth, false);
  assert.equal(sampleProposal(15, 1).worth, false);
  const dear = sampleProposal(5, 50);
  assert.deepEqual([dear.worth, dear.then], [true, 60]);
  assert.deepEqual([commit.unit, dear.unit], ["bytes a day", "share of a core"]);
  assert.deepEqual([0, 0.001, 0.01, 1, 50].map((perS) => historyCommits(flow(perS))), [
    ...[144, 144, 864, 1_440, 1_440],
  ]);
  assert.match(figuresOf(dear), /% of a core/);
  // What takes something away has to save ten times as much.
  assert.equal(historyProposal(flow(1), 20_000).worth, false);
  assert.equal(historyProposal(flow(1), 200_000).worth, true);
  assert.ok(historyProposal(flow(0), 1_000).before < historyProposal(flow(1), 1_000).before);
  const backup = backupProposal("six-hourly", 50e6);
  assert.deepEqual([backup.before, backup.after, backup.worth], [200e6, 50e6, true]);
});
