/** As a process: trains models one after the other; prints by how many MB it grew, its first ones left aside. */
import { systemClock } from "../../lib/base/clock.ts";
import { openFreeMemory } from "../../lib/base/free_memory.ts";
import { trainInWorker } from "../../lib/detect/predict/train_in_worker.ts";
import { sabotaged } from "../support/sabotage.ts";

const [first, all] = [20, 100];
const ROWS = 600;
const LEAK_BYTES = 300_000;
const { gc } = globalThis as unknown as { gc: () => void };
const { signal } = new AbortController();
const held: Uint8Array[] = [];

const free = openFreeMemory();

/** As after the last of a row of trainings: what the C library kept of memory that was freed is given back. */
async function memoryMb(): Promise<number> {
  gc();
  await free?.();
  return Number(/RssAnon:\s+(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))![1]) / 1024;
}

let beforeMb = 0;
for (let i = 0; i < all; i++) {
  if (i === first) beforeMb = await memoryMb();
  const data = Float64Array.from({ length: 2 * ROWS }, (_, k) => Math.sin(k));
  await trainInWorker({ sensors: ["a", "b"], data, rows: ROWS }, systemClock(), signal);
  if (sabotaged("training_memory")) held.push(new Uint8Array(LEAK_BYTES).fill(1));
}
console.log(await memoryMb() - beforeMb);
Deno.exit(0);
