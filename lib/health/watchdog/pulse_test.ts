import assert from "node:assert/strict";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { createLog, type LogEntry } from "../../base/log.ts";
import { pulseTask } from "./pulse.ts";

const DEADLINE_MS = 30_000;

/** Runs for so many seconds; `answer` is what the worker does in each. */
async function run(seconds: number, answer: (second: number) => Promise<void>) {
  const clock = fakeClock();
  const stop = new AbortController();
  const sent: number[] = [];
  const said: { second: number; what: string | null }[] = [];
  const logged: LogEntry[] = [];
  const second = () => Math.round(clock.monotonic() / 1000);
  const task = pulseTask({
    clock,
    log: createLog({ level: "info", now: clock.now, sink: (entry) => void logged.push(entry) }),
    deadlineMs: DEADLINE_MS,
    async pulse() {
      await answer(second());
      sent.push(second());
    },
    intake: () => ({ groups: 0, queued: 0, failing: null, offered: 0 }),
    status: () => "Healthy",
    end: null,
    say: (what) => void said.push({ second: second(), what }),
  });
  const running = task.run(stop.signal, () => {}).catch(() => {});
  for (let i = 0; i < seconds; i++) await clock.advance(1_000);
  stop.abort();
  await running;
  return { sent, said, messages: logged.map(({ message }) => message) };
}

Deno.test("pulse: four signs of life per deadline while all is well", async () => {
  const { sent, said } = await run(60, () => Promise.resolve());
  assert.deepEqual(sent.slice(0, 5), [0, 8, 15, 23, 30]);
  assert.deepEqual(said, []);
});

Deno.test("pulse: what hangs is known well before the deadline, logged once, and over when it is over", async () => {
  const slow = (second: number) =>
    second < 10 || second >= 40
      ? Promise.resolve()
      : Promise.reject(new Error("database is locked"));
  const { said, messages, sent } = await run(60, slow);
  const [first] = said;
  assert.ok(first.second <= 8 + DEADLINE_MS / 1000 / 2 + 2, `${first.second}`);
  assert.equal(messages.filter((one) => /locked/.test(one)).length, 1);
  assert.equal(said.at(-1)!.what, null);
  assert.ok(sent.find((second) => second >= 40)! <= 42, "it is tried again soon");
});

Deno.test("pulse: a worker that does not answer is known well before the deadline", async () => {
  const { said, messages } = await run(
    38,
    (second) => second < 10 ? Promise.resolve() : new Promise(() => {}),
  );
  assert.ok(said[0].second <= 26, `${said[0].second}`);
  assert.match(said.at(-1)!.what!, /has not answered for \d+ s/);
  assert.equal(messages.length, 1);
});
