import assert from "node:assert/strict";
import fc from "fast-check";
import { CORRECTION_STATES, type CorrectionState } from "./correction.ts";
import {
  type Asker,
  decideApproval,
  decideOutdated,
  decideResumption,
  decideRollBack,
  FRESH_MS,
  ROLL_BACK_MS,
} from "./decide.ts";
import { diffHashOf } from "./hash.ts";

const NOW_MS = 1_800_000_000_000;
const KINDS = ["user", "key", "device", "system"] as const;
const ROLES = ["viewer", "engineer", "admin"] as const;
/** Ages at and around every bound; null: never. */
const AGES = [null, 0, FRESH_MS - 1, FRESH_MS, FRESH_MS + 1, 10 * FRESH_MS];
const at = (age: number | null) => age === null ? null : NOW_MS - age;

/** Every combination of its lists. */
function* combinations<T extends Record<string, readonly unknown[]>>(
  lists: T,
): Iterable<{ [K in keyof T]: T[K][number] }> {
  const [[name, values], ...rest] = Object.entries(lists);
  for (const value of values) {
    if (rest.length === 0) yield { [name]: value } as never;
    else {for (const one of combinations(Object.fromEntries(rest))) {
        yield { [name]: value, ...one } as never;
      }}
  }
}

Deno.test("approval, by enumeration: one way alone leads to applying, and it needs everything", () => {
  let [all, applying, outdated] = [0, 0, 0];
  const every = combinations({
    state: CORRECTION_STATES,
    kind: KINDS,
    role: ROLES,
    proved: AGES,
    shown: AGES,
    hash: ["base", "other", null],
    diff: ["diff", "diff2"],
    busy: [false, true],
  });
  for (const { state, kind, role, proved, shown, hash, diff, busy } of every) {
    all++;
    const decided = decideApproval(
      { state, diffHash: "diff", baseHash: "base" },
      diff,
      { kind, role, provedMs: at(proved), shownMs: at(shown) },
      { nowMs: NOW_MS, hash, busy },
    );
    const isAdmin = kind === "user" && role === "admin";
    const isAsked = isAdmin && state === "proposed" && diff === "diff";
    const isFresh = (age: number | null) => age !== null && age <= FRESH_MS;
    const may = isAsked && hash === "base" && isFresh(shown) && isFresh(proved) && !busy;
    const what = JSON.stringify({ state, kind, role, proved, shown, hash, diff, busy, decided });
    assert.equal("state" in decided && decided.state === "applying", may, what);
    assert.equal(
      "state" in decided && decided.state === "outdated",
      isAsked && hash !== "base",
      what,
    );
    if ("refused" in decided) assert.match(decided.refused, /^(conflict|forbidden)$/, what);
    else if (decided.state === "applying") applying++;
    else outdated++;
  }
  // 3 ages of each are within the bound.
  assert.deepEqual([all, applying, outdated], [8 * 4 * 3 * 6 * 6 * 3 * 2 * 2, 9, 2 * 6 * 6 * 2]);
});

Deno.test("approval: a time that is still to come proves nothing", () => {
  const asker: Asker = {
    kind: "user",
    role: "admin",
    provedMs: NOW_MS + 3_600_000,
    shownMs: NOW_MS,
  };
  const one = { state: "proposed", diffHash: "d", baseHash: "b" } as const;
  const now = { nowMs: NOW_MS, hash: "b", busy: false };
  assert.ok("refused" in decideApproval(one, "d", asker, now));
});

/** A correction, its file and people who do everything in every order. */
interface Model {
  state: CorrectionState;
  file: "base" | "after" | "other";
  /** Times that it was put in place by an approval. */
  applied: number;
  provedMs: number;
  shownMs: number | null;
  nowMs: number;
}

const asker = { kind: "user", role: "admin" } as const;
type Act = (model: Model) => void;
const ACTS: Record<string, Act> = {
  show: (m) => void (m.shownMs = m.nowMs),
  prove: (m) => void (m.provedMs = m.nowMs),
  wait: (m) => void (m.nowMs += FRESH_MS + 1),
  waitLong: (m) => void (m.nowMs += ROLL_BACK_MS + 1),
  edit(m) {
    m.file = "other";
    m.state = decideOutdated({ state: m.state, baseHash: "base" }, m.file) ?? m.state;
  },
  approve(m) {
    const decided = decideApproval(
      { state: m.state, diffHash: "d", baseHash: "base" },
      "d",
      { ...asker, provedMs: m.provedMs, shownMs: m.shownMs },
      { nowMs: m.nowMs, hash: m.file, busy: false },
    );
    if ("refused" in decided) return;
    m.state = decided.state;
    if (m.state === "applying") m.shownMs = null;
  },
  write(m) {
    if (m.state !== "applying" || m.file !== "base") return;
    m.file = "after";
    m.applied++;
    m.state = "watching";
  },
  /** The file is written and Perch ends before its row is. */
  writeAndDie(m) {
    if (m.state !== "applying" || m.file !== "base") return;
    m.file = "after";
    m.applied++;
    ACTS.start(m);
  },
  start: (m) => {
    const { state, file } = m;
    m.state = decideResumption({ state, baseHash: "base" }, "after", file) ?? state;
  },
  keep: (m) => void (m.state = m.state === "watching" ? "kept" : m.state),
  rollBack(m) {
    const decided = decideRollBack(
      { state: m.state, appliedMs: m.nowMs, baseHash: "base" },
      "after",
      asker,
      { nowMs: m.nowMs, hash: m.file, busy: false },
    );
    if ("refused" in decided) return;
    m.file = "base";
    m.state = "rolled_back";
  },
  dismiss: (m) => void (m.state = m.state === "proposed" ? "dismissed" : m.state),
};

Deno.test("a correction, whatever happens in whatever order: applied once at most, and never between", () => {
  const names = fc.array(fc.constantFrom(...Object.keys(ACTS)), { maxLength: 25 });
  fc.assert(
    fc.property(names, (acts) => {
      const model: Model = {
        state: "proposed",
        file: "base",
        applied: 0,
        provedMs: NOW_MS,
        shownMs: null,
        nowMs: NOW_MS,
      };
      let ended: CorrectionState | null = null;
      for (const act of acts) {
        const before = { ...model };
        ACTS[act](model);
        assert.ok(model.applied <= 1, "one use");
        if (before.state !== "applying" && model.state === "applying") {
          assert.equal(before.file, "base");
          assert.ok(before.shownMs !== null && before.nowMs - before.shownMs <= FRESH_MS);
          assert.ok(before.nowMs - before.provedMs <= FRESH_MS);
        }
        // What has ended stays as it is, but what is in place can be taken back.
        if (ended !== null && model.state !== ended) {
          assert.deepEqual([ended, model.state], ["kept", "rolled_back"]);
        }
        if (/outdated|dismissed|kept|rolled_back|failed/.test(model.state)) ended = model.state;
      }
      ACTS.start(model);
      assert.notEqual(model.state, "applying", "a start finishes or takes back");
      if (model.state === "watching") assert.equal(model.file, "after");
      if (/failed|rolled_back/.test(model.state)) assert.notEqual(model.file, "after");
    }),
    { numRuns: 2000 },
  );
});

Deno.test("the hash of a diff: another byte anywhere is another hash", () => {
  const text = fc.string({ maxLength: 40, unit: "binary" });
  fc.assert(
    fc.property(text, text, text, fc.nat(), fc.nat(2), (base, diff, after, at, part) => {
      const parts = [base, diff, after];
      const one = parts[part];
      const place = at % (one.length + 1);
      parts[part] = `${one.slice(0, place)}x${one.slice(place)}`;
      assert.notEqual(
        diffHashOf(base, diff, after),
        diffHashOf(parts[0], parts[1], parts[2]),
      );
    }),
    { numRuns: 50 },
  );
  // What moves from one part to the next is not the same.
  assert.notEqual(diffHashOf("a", "bc", "d"), diffHashOf("ab", "c", "d"));
});
