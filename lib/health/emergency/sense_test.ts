import assert from "node:assert/strict";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import type { KernelFiles } from "../../base/kernel_files.ts";
import { createSense } from "./sense.ts";

const ZONE = "/sys/class/thermal/thermal_zone0";
const FILES: Record<string, string> = {
  [`${ZONE}/type`]: "cpu-thermal\n",
  [`${ZONE}/temp`]: "51500\n",
};

/** Looks once a second; gives each temperature and how often sensors were looked for. */
async function temperatures(seconds: number, isAnswered: (second: number) => boolean) {
  const clock = fakeClock();
  let second = 0;
  let finds = 0;
  const files: KernelFiles = {
    read: (path) => Promise.resolve(isAnswered(second) ? FILES[path] ?? null : null),
    list(path) {
      if (path !== "/sys/class/thermal") return Promise.resolve(null);
      finds++;
      return Promise.resolve(isAnswered(second) ? ["thermal_zone0"] : null);
    },
    hanging: () => [],
  };
  const space = () =>
    Promise.resolve({ totalBytes: 100, freeBytes: 50, inodes: 100, inodesFree: 50 });
  const sense = createSense({ files, clock, dataDir: "/data", space });
  const seen: (number | null)[] = [];
  for (; second < seconds; second++) {
    seen.push((await sense()).temperature);
    await clock.advance(1_000);
  }
  return { seen, finds };
}

Deno.test("a thermometer that answered too late at the start is looked for again within seconds", async () => {
  const { seen } = await temperatures(8, (second) => second >= 3);
  assert.deepEqual(seen, [null, null, null, 51.5, 51.5, 51.5, 51.5, 51.5]);
});

Deno.test("thermometers that are there are looked for once a minute, and hardly more often where there is none", async () => {
  assert.equal((await temperatures(125, () => true)).finds, 3);
  const { seen, finds } = await temperatures(125, () => false);
  assert.ok(seen.every((value) => value === null));
  assert.ok(finds < 9, `${finds}`);
});

Deno.test("work that gives way to readings is no need of the processor, other work is", async () => {
  const stats = [
    "cpu 1000 0 0 9000 0 0 0 0 0 0\n",
    // 20 % other programs, 75 % that give way.
    "cpu 1020 75 0 9005 0 0 0 0 0 0\n",
    "cpu 1120 75 0 9005 0 0 0 0 0 0\n",
  ];
  let second = 0;
  const files: KernelFiles = {
    read: (path) => Promise.resolve(path === "/proc/stat" ? stats[second++] : null),
    list: () => Promise.resolve(null),
    hanging: () => [],
  };
  const space = () =>
    Promise.resolve({ totalBytes: 100, freeBytes: 50, inodes: 100, inodesFree: 50 });
  const sense = createSense({ files, clock: fakeClock(), dataDir: "/data", space });
  const seen: number[] = [];
  for (const _ of stats) seen.push(Math.round((await sense()).cpu ?? -1));
  assert.deepEqual(seen, [-1, 20, 100]);
});
