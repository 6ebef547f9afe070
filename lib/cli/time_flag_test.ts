import assert from "node:assert/strict";
import { parseExpires, parseSince } from "./time_flag.ts";

Deno.test("parseSince takes times and ages and refuses the rest", () => {
  const now = Date.UTC(2026, 10, 20);
  assert.equal(parseSince("2h", now), now - 7_200_000);
  assert.equal(parseSince("2026-11-19T00:00:00Z", now), now - 86_400_000);
  assert.throws(() => parseSince("yesterday", now), /--since is "yesterday"/);
  assert.throws(() => parseSince("5", now), /--since/);
});

Deno.test("parseExpires takes times to come and lifetimes and refuses the rest", () => {
  const now = Date.UTC(2026, 10, 20);
  assert.equal(parseExpires(undefined, now), undefined);
  assert.equal(parseExpires("90d", now), now + 90 * 86_400_000);
  assert.equal(parseExpires("2026-11-21", now), now + 86_400_000);
  for (const bad of ["2026-11-19", "0d", "soon", "90", "-1d", "1e9d"]) {
    assert.throws(() => parseExpires(bad, now), new RegExp(`--expires is "${bad}"`));
  }
});
