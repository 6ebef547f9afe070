import assert from "node:assert/strict";
import { join } from "node:path";
import { PerchError } from "../../base/errors.ts";
import { placeOf, Stopped, withScratch } from "./scratch.ts";

async function withDir(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "perch-scratch-" });
  try {
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const namesIn = (dir: string) => [...Deno.readDirSync(dir)].map(({ name }) => name).sort();

Deno.test("a scratch folder is gone after its use, after a failure, and after SIGTERM", async () => {
  await withDir(async (dir) => {
    const seen = await withScratch(dir, async (folder) => {
      await Deno.writeTextFile(join(folder, "perch.db"), "x");
      return namesIn(dir);
    });
    assert.equal(seen.length, 1);
    assert.deepEqual(namesIn(dir), []);
    await assert.rejects(withScratch(dir, () => Promise.reject(new Error("full"))), /full/);
    assert.deepEqual(namesIn(dir), []);
    // SIGINT would end the test runner too: `tests/flow/bench_command_test.ts`.
    // A listener for signals alone does not keep a test waiting.
    const waiting = setTimeout(() => {}, 10_000);
    const ended = withScratch(dir, async (_, stopped) => {
      Deno.kill(Deno.pid, "SIGTERM");
      await new Promise((_, reject) =>
        stopped.addEventListener("abort", () => reject(stopped.reason))
      );
    });
    await assert.rejects(ended, Stopped);
    clearTimeout(waiting);
    assert.deepEqual(namesIn(dir), []);
  });
});

Deno.test("what a killed run left goes with the next one, what another run works in stays", async () => {
  await withDir(async (dir) => {
    const gone = new Deno.Command("true").spawn();
    await gone.status;
    await Deno.mkdir(join(dir, `.bench-${gone.pid}-a`));
    const kept = [`.bench-${Deno.pid}-b`, "bench-1-c"];
    for (const name of kept) await Deno.mkdir(join(dir, name));
    await withScratch(dir, () => Promise.resolve());
    assert.deepEqual(namesIn(dir), kept.toSorted());
  });
});

Deno.test("before a first start the closest folder that is there is measured; one that was named has to be there", async () => {
  await withDir(async (dir) => {
    assert.equal(await placeOf(undefined, join(dir, "a/b/data")), dir);
    assert.equal(await placeOf(dir, "/elsewhere"), dir);
    const refused = await placeOf(join(dir, "none"), dir).then(() => null, (error) => error);
    assert.ok(refused instanceof PerchError && refused.code === "validation");
    assert.equal(refused.message, `--dir is "${join(dir, "none")}": give a folder that is there`);
  });
});
