import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { ROOT } from "../../tests/support/perch.ts";
import { freeMemoryTask } from "./free_memory.ts";

const MB = 1024 * 1024;

/** In a process of its own: what others have freed in this one is used first, wherever it lies. */
async function givenBackKb(what: "trimmed" | "large"): Promise<number> {
  const child = fileURLToPath(new URL("../../tests/support/freed_memory.ts", import.meta.url));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--config", `${ROOT}deno.json`, "-A", child, what],
  }).output();
  const kb = Number(new TextDecoder().decode(stdout).trim() || NaN);
  assert.ok(Number.isFinite(kb), new TextDecoder().decode(stderr));
  return kb;
}

Deno.test("openFreeMemory gives back what C code has freed", async () => {
  const kb = await givenBackKb("trimmed");
  assert.ok(kb > 30_000, `${kb} kB`);
});

Deno.test("openFreeMemory keeps large pieces apart: they go back when they are freed, between others that stay", async () => {
  const kb = await givenBackKb("large");
  assert.ok(kb > 60_000, `${kb} kB`);
});

/** The task under a clock of its own, with how often it did what. */
function running() {
  const clock = fakeClock();
  const seen = { bytes: 100 * MB, did: { trims: 0, afterStart: 0 } };
  const stopping = new AbortController();
  const task = freeMemoryTask({
    clock,
    free: () => Promise.resolve(void seen.did.trims++),
    afterStart: () => void seen.did.afterStart++,
    bytes: () => seen.bytes,
  });
  const ended = assert.rejects(task.run(stopping.signal, () => {}) as Promise<void>);
  const stop = async () => {
    stopping.abort();
    await ended;
  };
  return { clock, seen, stop };
}

Deno.test("freeMemoryTask does so once the start is over, and every ten minutes", async () => {
  const { clock, seen, stop } = running();
  await clock.advance(19_000);
  assert.deepEqual(seen.did, { trims: 0, afterStart: 1 });
  await clock.advance(1_000);
  assert.deepEqual(seen.did, { trims: 1, afterStart: 2 });
  await clock.advance(9 * 60_000);
  assert.equal(seen.did.trims, 1);
  await clock.advance(11 * 60_000);
  assert.deepEqual(seen.did, { trims: 3, afterStart: 2 });
  await stop();
});

Deno.test("freeMemoryTask does so when the process has grown, and not again while it stays as it is", async () => {
  const { clock, seen, stop } = running();
  await clock.advance(30_000);
  assert.equal(seen.did.trims, 1);
  seen.bytes -= 4 * MB;
  await clock.advance(1_000);
  seen.bytes += 5 * MB;
  await clock.advance(10_000);
  assert.equal(seen.did.trims, 1, "grown by less than 6 MB");
  seen.bytes += MB;
  await clock.advance(1_000);
  assert.equal(seen.did.trims, 2);
  await clock.advance(30_000);
  assert.equal(seen.did.trims, 2, "it is really used");
  await stop();
});
