import assert from "node:assert/strict";
import { cleanAnswer, outcomeOf } from "./answer.ts";

const answer = (status: number, text = "", headers: Record<string, string> = {}) => ({
  status,
  headers,
  text,
  truncated: false,
});
const NOW_MS = Date.UTC(2026, 0, 5, 12);

Deno.test("outcomeOf: what each status means", () => {
  const states: Record<string, number[]> = {
    delivered: [200, 201, 202, 204],
    retry: [408, 425, 429, 500, 502, 503, 504, 599],
    failed: [301, 302, 307, 308, 400, 401, 403, 404, 405, 413, 418, 422, 100, 0],
    gone: [410],
  };
  for (const [state, statuses] of Object.entries(states)) {
    for (const status of statuses) {
      assert.equal(outcomeOf(answer(status), NOW_MS).state, state, String(status));
    }
  }
});

Deno.test("outcomeOf: Retry-After in seconds and as a date, bounded; nonsense is not followed", () => {
  const waits: [string, number | undefined][] = [
    ["17", 17_000],
    ["0", 0],
    [" 5 ", 5_000],
    ["Mon, 05 Jan 2026 12:00:30 GMT", 30_000],
    ["Mon, 05 Jan 2026 11:00:00 GMT", 0],
    ["999999999", 86_400_000],
    ["soon", undefined],
  ];
  for (const [given, expected] of waits) {
    const outcome = outcomeOf(answer(429, "", { "retry-after": given }), NOW_MS);
    assert.deepEqual(outcome.state === "retry" && outcome.afterMs, expected, given);
  }
});

Deno.test("cleanAnswer: one line, bounded, without secrets in any form they travel in", () => {
  const secret = 'p&ss "wörd"/1';
  const text = `bad ${secret} ${encodeURIComponent(secret)} ${JSON.stringify({ secret })} ` +
    "Authorization: Basic QUM6c2VjcmV0 Bearer tk_abcdef\n\r\u0000 end";
  const clean = cleanAnswer(text, [secret, "", "1"]);
  assert.equal(
    clean,
    'bad *** *** {"secret":"***"} Authorization: Basic *** Bearer *** end',
  );
  assert.equal(cleanAnswer("x".repeat(10_000), []).length, 300);
});
