import assert from "node:assert/strict";
import fc from "fast-check";
import { sabotaged } from "../../tests/support/sabotage.ts";
import { DAY_MS } from "../words/times.ts";
import { newestFirst, toRemove } from "./keep.ts";
import { type Reason, REASONS } from "./manifest.ts";
import type { Receipt } from "./types.ts";

const NOW_MS = Date.UTC(2026, 5, 1);

function receipt(sequence: number, createdMs: number, reason: Reason = "scheduled"): Receipt {
  const manifest = {
    format: 1,
    perch: "0.0.0-test",
    schema: "0001_test",
    created_ms: createdMs,
    sequence,
    reason,
    site: { id: "site", name: "Site" },
    files: [],
    counts: {},
    environment: {},
  };
  const file = `${sequence}.tar.gz`;
  return { file, manifest, bytes: 1, sha256: "", verifiedMs: createdMs, encrypted: false };
}

/** The sabotage `backup_keep`: by age alone. */
function removed(receipts: readonly Receipt[], keepDays: number, nowMs: number): number[] {
  const gone = sabotaged("backup_keep")
    ? receipts.filter((r) => nowMs - r.manifest.created_ms > keepDays * DAY_MS)
    : toRemove(receipts, { keepDays, nowMs });
  return gone.map(({ manifest }) => manifest.sequence).sort((a, b) => a - b);
}

const daysAgo = (days: number) => NOW_MS - days * DAY_MS;

Deno.test("toRemove: those that are older than so many days, never the newest", () => {
  const daily = [1, 2, 3, 4, 5].map((n) => receipt(n, daysAgo(20 - n)));
  assert.deepEqual(removed(daily, 17, NOW_MS), [1, 2]);
  assert.deepEqual(removed(daily, 1, NOW_MS), [1, 2, 3, 4]);
  assert.deepEqual(removed([], 1, NOW_MS), []);
});

Deno.test("toRemove: one that was made before a restore or an update stays a month", () => {
  const all = [
    receipt(1, daysAgo(31), "before-upgrade"),
    receipt(2, daysAgo(29), "before-restore"),
    receipt(3, daysAgo(29), "asked"),
    receipt(4, daysAgo(1)),
  ];
  assert.deepEqual(removed(all, 14, NOW_MS), [1, 3]);
  assert.deepEqual(removed(all, 60, NOW_MS), []);
});

Deno.test("toRemove: one from the future is as old as the one after it", () => {
  const all = [receipt(1, daysAgo(-300)), receipt(2, daysAgo(-200)), receipt(3, daysAgo(20))];
  assert.deepEqual(removed([...all, receipt(4, daysAgo(1))], 14, NOW_MS), [1, 2, 3]);
  assert.deepEqual(removed(all.slice(0, 2), 14, NOW_MS), [], "nothing says how old they are");
});

Deno.test("toRemove never takes the newest, whatever the clock did, and asked again takes no more", () => {
  const one = fc.record({
    createdMs: fc.integer({ min: 0, max: NOW_MS * 3 }),
    reason: fc.constantFrom(...REASONS),
  });
  fc.assert(fc.property(
    fc.array(one, { maxLength: 20 }),
    fc.integer({ min: 1, max: 3650 }),
    fc.integer({ min: 0, max: NOW_MS * 4 }),
    (made, keepDays, nowMs) => {
      const all = made.map(({ createdMs, reason }, n) => receipt(n + 1, createdMs, reason));
      const gone = removed(all, keepDays, nowMs);
      assert.ok(!gone.includes(all.length));
      const left = newestFirst(all.filter((r) => !gone.includes(r.manifest.sequence)));
      assert.deepEqual(removed(left, keepDays, nowMs), []);
    },
  ));
});
