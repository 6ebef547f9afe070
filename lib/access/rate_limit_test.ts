import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { sabotaged } from "../../tests/support/sabotage.ts";
import type { Policy } from "./policy.ts";
import { createRateLimiter } from "./rate_limit.ts";

// Z21. Its control: SABOTAGE=limits takes the limits away.
const LIMITS = {
  requests: sabotaged("limits") ? { burst: 1e9, perSecond: 1e9 } : { burst: 5, perSecond: 1 },
  ingest: { burst: 50, perSecond: 10 },
};

function setup() {
  const clock = fakeClock();
  const limiter = createRateLimiter({ clock, limits: () => LIMITS });
  const passes = (address: string, policy: Policy = "viewer", loopback = false) => {
    try {
      limiter.admit({ policy, who: null, address, loopback });
      return true;
    } catch {
      return false;
    }
  };
  const count = (n: number, ...args: Parameters<typeof passes>) =>
    Array.from({ length: n }, () => passes(...args)).filter(Boolean).length;
  return { clock, limiter, passes, count };
}

Deno.test("rate limit: a burst, then so many per second, each address for itself", async () => {
  const { clock, count, passes, limiter } = setup();
  assert.equal(count(20, "a"), 5);
  assert.equal(count(20, "b"), 5);
  await clock.advance(2000);
  assert.equal(count(20, "a"), 2);
  await clock.advance(3_600_000);
  assert.equal(count(20, "a"), 5, "no more than a burst is saved up");
  assert.throws(
    () => limiter.admit({ policy: "viewer", who: null, address: "a", loopback: false }),
    {
      code: "rate_limited",
      retryAfterS: 1,
    },
  );
  assert.ok(passes("c"));
});

Deno.test("rate limit: ingest has its own, this host none", () => {
  const { count } = setup();
  assert.equal(count(20, "a"), 5);
  assert.equal(count(100, "a", "device-or:engineer"), 50);
  assert.equal(count(1000, "127.0.0.1", "viewer", true), 1000);
});

Deno.test("rate limit: the number of buckets is bounded", () => {
  const { passes, limiter } = setup();
  for (let i = 0; i < 30_000; i++) passes(`a${i}`);
  assert.ok(limiter.stats().buckets <= 10_000);
});
