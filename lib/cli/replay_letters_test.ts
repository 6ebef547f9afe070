import assert from "node:assert/strict";
import { join } from "node:path";
import type { DeadLetter } from "../intake/dead_letter.ts";
import type { ReplayOutcome } from "../intake/replay.ts";
import { deadLetterFiles, linesOf } from "./dead_letters.ts";
import { replayLetters } from "./replay_letters.ts";
import { openReplayMarks } from "./replay_marks.ts";

const letter = (payload: string, source = "mqtt", ts = "2026-11-20T10:00:00.000Z") =>
  JSON.stringify({ ts, source, topic: "factory/a/b", code: "bad_value", message: "m", payload });

/** Stores what has the payload "good"; remembers what it was offered. */
function taker() {
  const offered: string[] = [];
  return {
    offered,
    replay(letters: readonly DeadLetter[]): Promise<ReplayOutcome[]> {
      return Promise.resolve(letters.map((one) => {
        offered.push(one.payload!);
        return one.payload === "good"
          ? { outcome: "stored" }
          : { outcome: "rejected", code: "bad_value", message: "still" };
      }));
    },
  };
}

async function withDir(use: (dir: string) => Promise<void>) {
  const dir = await Deno.makeTempDir();
  try {
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function run(dir: string, control: ReturnType<typeof taker> | null, more = {}) {
  const marks = await openReplayMarks(dir);
  const lines = linesOf(await deadLetterFiles(dir));
  return await replayLetters({ lines, marks, control, ...more });
}

Deno.test("replayLetters offers rotated files first and stores each letter once over many runs", async () => {
  await withDir(async (dir) => {
    await Deno.writeTextFile(join(dir, "rejected.2.jsonl"), letter("bad1") + "\n");
    await Deno.writeTextFile(join(dir, "rejected.1.jsonl"), letter("good") + "\n");
    await Deno.writeTextFile(
      join(dir, "rejected.jsonl"),
      [letter("good"), letter("bad2"), "not json", ""].join("\n"),
    );
    const first = taker();
    const report = await run(dir, first);
    assert.deepEqual(first.offered, ["bad1", "good", "good", "bad2"]);
    assert.deepEqual(report, {
      letters: 5,
      filtered: 0,
      done: 0,
      pending: 0,
      stored: 2,
      duplicate: 0,
      rejected: { bad_value: 2 },
      unreadable: 1,
    });
    const second = taker();
    assert.equal((await run(dir, second)).done, 2);
    assert.deepEqual(second.offered, ["bad1", "bad2"]);
  });
});

Deno.test("replayLetters leaves out a line that is still being written", async () => {
  await withDir(async (dir) => {
    await Deno.writeTextFile(join(dir, "rejected.jsonl"), letter("good") + "\n" + letter("good"));
    assert.equal((await run(dir, taker())).letters, 1);
  });
});

Deno.test("replayLetters as a dry run offers and marks nothing", async () => {
  await withDir(async (dir) => {
    await Deno.writeTextFile(join(dir, "rejected.jsonl"), letter("good") + "\n");
    assert.equal((await run(dir, null)).pending, 1);
    assert.equal((await run(dir, taker())).stored, 1);
  });
});

Deno.test("replayLetters chooses by source and time", async () => {
  await withDir(async (dir) => {
    const lines = [
      letter("good", "http"),
      letter("good"),
      letter("good", "mqtt", "2020-01-01T00:00Z"),
    ];
    await Deno.writeTextFile(join(dir, "rejected.jsonl"), lines.join("\n") + "\n");
    const report = await run(dir, taker(), { source: "mqtt", sinceMs: Date.UTC(2026, 0) });
    assert.deepEqual([report.stored, report.filtered], [1, 2]);
  });
});

Deno.test("openReplayMarks forgets letters that were rotated away", async () => {
  await withDir(async (dir) => {
    const path = join(dir, "rejected.jsonl");
    await Deno.writeTextFile(path, letter("good") + "\n");
    await run(dir, taker());
    await Deno.writeTextFile(path, letter("other") + "\n");
    await run(dir, taker());
    assert.equal(await Deno.readTextFile(join(dir, "rejected.replayed")), "");
  });
});
