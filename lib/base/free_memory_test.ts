import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { ROOT } from "../../tests/support/perch.ts";
import { freeMemoryTask } from "./free_memory.ts";

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

Deno.test("freeMemoryTask does so once the start is over, and every ten minutes", async () => {
  const clock = fakeClock();
  let [times, once] = [0, 0];
  const stopping = new AbortController();
  const task = freeMemoryTask({
    clock,
    free: () => Promise.resolve(void times++),
    once: () => Promise.resolve(once++),
  });
  const running = task.run(stopping.signal, () => {});
  await clock.advance(19_000);
  assert.equal(times, 0);
  await clock.advance(1_000);
  assert.equal(times, 1);
  await clock.advance(9 * 60_000);
  assert.equal(times, 1);
  await clock.advance(21 * 60_000);
  assert.equal(times, 4);
  assert.equal(once, 1);
  stopping.abort();
  await assert.rejects(running as Promise<void>);
});
