import assert from "node:assert/strict";
import fc from "fast-check";
import { BLACK, COVERED, FROZEN, LIVE } from "../../../tests/support/cameras/fake_capture.ts";
import type { CameraState } from "../../words/cameras.ts";
import type { Look } from "../picture.ts";
import { type HealthMemory, judge, seeAttempt, seeFrame, seeLook, startHealth } from "./decide.ts";

const LIMITS = { frozenAfterMs: 15_000, blackAfterMs: 10_000 };
/** From here on a loss, and a bad picture, has to be seen. */
const SEEN_MS = 20_000;

/** Plays pictures `gapMs` apart, with a look a second, and a tick a second where none come. */
function play(
  memory: HealthMemory,
  fromMs: number,
  lengthMs: number,
  { gapMs = 200, look = LIVE }: { gapMs?: number | null; look?: Omit<Look, "atMs"> },
  see: (state: CameraState, atMs: number) => void = () => {},
): HealthMemory {
  let frameMs = fromMs;
  for (let atMs = fromMs; atMs <= fromMs + lengthMs; atMs += 100) {
    if (gapMs !== null && atMs >= frameMs) {
      frameMs += gapMs;
      memory = seeFrame(memory, atMs);
    }
    if ((atMs - fromMs) % 1000 !== 0) continue;
    // The filter of the looks goes on for as long as pictures come, and repeats them where they are rare.
    if (gapMs !== null) memory = seeLook(memory, { ...look, atMs });
    memory = judge(memory, atMs, LIMITS);
    see(memory.state, atMs);
  }
  return memory;
}

const lively = () => play(startHealth(0), 0, 30_000, {});

Deno.test("a camera is live with its first change, and stays so at a picture a second and less", () => {
  assert.equal(play(startHealth(0), 0, 900, {}).state, "starting");
  assert.equal(play(startHealth(0), 0, 1_000, {}).state, "live");
  fc.assert(fc.property(fc.integer({ min: 30, max: 6_000 }), (gapMs) => {
    play(
      startHealth(0),
      0,
      60_000,
      { gapMs },
      (state, atMs) => assert.ok(atMs < 1_000 || state === "live", `${state} at ${atMs}`),
    );
  }));
});

Deno.test("whatever came before, a loss is seen within 20 s, and a hiccup is none", () => {
  const gaps = fc.array(fc.integer({ min: 30, max: 6_000 }), { minLength: 2, maxLength: 60 });
  fc.assert(fc.property(gaps, (gaps) => {
    let memory = startHealth(0);
    let atMs = 1_000;
    gaps.forEach((gap, i) => {
      memory = judge(memory, atMs, LIMITS);
      assert.notEqual(memory.state, "lost", `with the picture ${i} of ${gaps}`);
      memory = seeLook(seeFrame(memory, atMs), { ...LIVE, atMs });
      atMs += gap;
    });
    const lastMs = memory.frameMs!;
    assert.notEqual(judge(memory, lastMs + 9_999, LIMITS).state, "lost");
    assert.equal(judge(memory, lastMs + SEEN_MS - 1_000, LIMITS).state, "lost");
  }));
});

Deno.test("frozen, black and covered are seen within 20 s, and nothing but a change ends them", () => {
  const bad = [["frozen", FROZEN], ["black", BLACK], ["covered", COVERED]] as const;
  for (const [expected, look] of bad) {
    let seenMs = Infinity;
    let memory = play(lively(), 31_000, 40_000, { look }, (state, atMs) => {
      assert.ok(state === "live" || state === expected, `${state} for ${expected}`);
      if (state === expected) seenMs = Math.min(seenMs, atMs);
    });
    assert.ok(seenMs - 31_000 >= 9_000 && seenMs - 31_000 <= SEEN_MS, `${expected}: ${seenMs}`);
    memory = play(seeAttempt(memory, 71_100), 71_100, 30_000, { look });
    assert.equal(memory.state, expected, "a new attempt alone changes nothing");
    memory = play(memory, 102_000, 1_000, {});
    assert.equal(memory.state, "live");
  }
});

Deno.test("after a loss pictures alone are not enough: they have to change", () => {
  const lost = play(lively(), 31_000, 20_000, { gapMs: null });
  assert.equal(lost.state, "lost");
  const still = play(seeAttempt(lost, 52_000), 52_000, 13_000, { look: FROZEN });
  assert.equal(still.state, "lost");
  assert.equal(play(still, 65_100, 5_000, { look: FROZEN }).state, "frozen");
  assert.equal(play(still, 65_100, 1_000, {}).state, "live");
});

Deno.test("a camera whose pictures come by the minute is neither lost nor frozen in between", () => {
  let memory = startHealth(0);
  for (let atMs = 0; atMs < 600_000; atMs += 14_000) {
    memory = judge(seeLook(seeFrame(memory, atMs), { ...LIVE, atMs }), atMs, LIMITS);
    for (let s = 1; s < 14; s++) {
      memory = seeLook(memory, { ...FROZEN, atMs: atMs + s * 1000 });
      memory = judge(memory, atMs + s * 1000, LIMITS);
      assert.ok(memory.state === "live" || atMs === 0, `${memory.state} at ${atMs}`);
    }
  }
});

Deno.test("where nobody says what pictures are like, that they come has to do", () => {
  let memory = startHealth(0);
  for (let atMs = 0; atMs <= 20_000; atMs += 200) {
    memory = judge(seeFrame(memory, atMs), atMs, LIMITS);
  }
  assert.equal(memory.state, "live");
});

Deno.test("whatever follows on what: a trouble is seen within 20 s, and good pictures within 2 s", () => {
  const scenes = {
    live: { look: LIVE },
    frozen: { look: FROZEN },
    black: { look: BLACK },
    covered: { look: COVERED },
    lost: { gapMs: null },
  } as const;
  const segment = fc.record({
    state: fc.constantFrom(...Object.keys(scenes) as (keyof typeof scenes)[]),
    seconds: fc.integer({ min: 1, max: 60 }),
    isNewAttempt: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(segment, { maxLength: 12 }), (segments) => {
    let memory = lively();
    let fromMs = 31_000;
    for (const { state, seconds, isNewAttempt } of segments) {
      if (isNewAttempt) memory = seeAttempt(memory, fromMs);
      const startMs = fromMs;
      memory = play(memory, fromMs, seconds * 1000, scenes[state], (now, atMs) => {
        const expectedAfterMs = state === "live" ? 2_000 : SEEN_MS;
        if (atMs - startMs >= expectedAfterMs) assert.equal(now, state, `${atMs - startMs} ms on`);
      });
      fromMs += seconds * 1000 + 100;
    }
  }));
});
