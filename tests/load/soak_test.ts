/**
 * T15: a day of a plant in 24 minutes (`SOAK_MINUTES`, in `deno task soak`): Perch on a clock that runs 60 times as
 * fast, with a fault every minute. Within its minute each is over and Perch is Healthy again, and in the end nothing
 * that was acknowledged is lost, memory grows by at most 1 MB an hour of the plant, and descriptors, timers and the
 * write-ahead log are what they were. Else a few faults in a row, a few seconds apart: too short for a slope, so
 * that a bound of the memory stands for it.
 *
 * Controls: SABOTAGE=soak_memory, soak_descriptors, soak_timers, soak_wal, soak_lag, soak_lost, soak_state.
 */
import assert from "node:assert/strict";
import { seeded } from "../support/hostile.ts";
import { haveMosquitto } from "../support/mosquitto.ts";
import { sabotaged } from "../support/sabotage.ts";
import { FAULTS, readOn } from "../support/soak/faults.ts";
import { growth, perMinute } from "../support/soak/judge.ts";
import { type SoakSite, startSoakSite } from "../support/soak/site.ts";
import { startTraffic } from "../support/soak/traffic.ts";
import type { Sample } from "../support/soak/words.ts";

const MINUTES = Number(Deno.env.get("SOAK_MINUTES") ?? 0.2);
const REAL_MS = MINUTES * 60_000;
const LONG = MINUTES >= 2;
/** From one fault to the next. */
const EVERY_MS = LONG ? 60_000 : 4_000;
const LASTS_MS = LONG ? 8_000 : 1_000;
/** What is loaded, compiled and kept at first does not count. */
const WARM_MS = Math.min(6 * 60_000, REAL_MS / 3);
/** Long enough for one. */
const SLOPE = MINUTES >= 12;
const WELL_MOST_MS = 25_000;
const MOST = {
  slopeMb: 1,
  memoryMb: 60,
  descriptors: 5,
  timers: 10,
  walMb: 5,
  lagMs: LONG ? 100 : 400,
};

interface Look extends Sample {
  atMs: number;
}

Deno.test({
  name: `soak: ${MINUTES} minutes at 60 ×, with a fault every ${EVERY_MS / 1000} s`,
  ignore: !haveMosquitto(),
}, async () => {
  await using site = await startSoakSite(REAL_MS);
  const end = sabotaged("soak_wal") ? readOn(site.dataDir) : () => {};
  try {
    await soak(site);
  } catch (error) {
    console.log(site.child.output());
    throw error;
  } finally {
    await end();
  }
});

async function soak(site: SoakSite): Promise<void> {
  const random = seeded(15);
  const traffic = startTraffic(site);
  const looks: Look[] = [];
  const late: string[] = [];
  const startMs = performance.now();
  // What a fault costs when it happens for the first time is none of the slope: each happens once before.
  if (SLOPE) {
    const eachMs = WARM_MS / FAULTS.length;
    for (const [i, fault] of FAULTS.entries()) {
      await fault.run(site, random, eachMs / 4).catch((error) => console.log(`  (${error})`));
      await sleep(startMs + (i + 1) * eachMs - performance.now());
    }
    await site.child.obey({ order: "reset" });
  }
  const rounds = Math.max(1, Math.round((startMs + REAL_MS - performance.now()) / EVERY_MS));
  for (let round = 0; round < rounds; round++) {
    const begunMs = performance.now();
    const fault = FAULTS[round % FAULTS.length];
    await fault.run(site, random, LASTS_MS).catch((error) =>
      void late.push(`${fault.what}: ${error}`)
    );
    const overMs = performance.now();
    const endMs = begunMs + EVERY_MS;
    const dueMs = endMs - (LONG ? 3_000 : 500);
    const troubles = await well(site, dueMs);
    const wellMs = performance.now();
    if (troubles.length > 0) late.push(`${fault.what}: ${troubles.join("; ")}`);
    await sleep(dueMs - performance.now());
    looks.push(await look(site));
    if (performance.now() - startMs < WARM_MS) await site.child.obey({ order: "reset" });
    const seconds = (ms: number) => (ms / 1000).toFixed(1);
    console.log(
      `  ${fault.what}: ${seconds(overMs - begunMs)} s, ` +
        `${troubles.length > 0 ? "not well" : `well after ${seconds(wellMs - overMs)} s`}; ` +
        wordsOf(looks.at(-1)!),
    );
    await sleep(endMs - performance.now());
  }
  const left = await well(site, performance.now() + WELL_MOST_MS);
  await traffic.stop();
  judge(looks.filter(({ atMs }) => atMs - startMs >= WARM_MS));
  assert.deepEqual(await traffic.lost(), [], "acknowledged and not stored");
  console.log("  ", JSON.stringify(traffic.sent()), JSON.stringify(traffic.seen()));
  assert.deepEqual(left, [], "Healthy in the end");
  if (LONG) assert.deepEqual(late, [], "Healthy within the minute of each fault");
  assert.equal(await site.child.stop(), 0);
}

/** Waits until Perch is Healthy; else what is not by `dueMs`. */
async function well(site: SoakSite, dueMs: number): Promise<string[]> {
  for (;;) {
    const troubles = await site.troubles().catch((error) => [String(error)]);
    if (troubles.length === 0 || performance.now() > dueMs) return troubles;
    await sleep(200);
  }
}

/** The least memory of three looks: what a request holds at the moment is none of its own. */
async function look({ child }: SoakSite): Promise<Look> {
  const samples: Sample[] = [];
  for (let i = 0; i < 3; i++) {
    samples.push((await child.obey({ order: "sample" }))!);
    await sleep(300);
  }
  const least = (of: (sample: Sample) => number) => Math.min(...samples.map(of));
  return {
    atMs: performance.now(),
    memoryMb: least((one) => one.memoryMb),
    heapMb: least((one) => one.heapMb),
    descriptors: least((one) => one.descriptors),
    timers: least((one) => one.timers),
    walMb: least((one) => one.walMb),
    lagP99Ms: samples.at(-1)!.lagP99Ms,
  };
}

function judge(looks: readonly Look[]): void {
  const values = (of: (look: Look) => number) => looks.map(of);
  const grown = {
    memory: growth(values((one) => one.memoryMb)),
    descriptors: growth(values((one) => one.descriptors)),
    timers: growth(values((one) => one.timers)),
    wal: growth(values((one) => one.walMb)),
  };
  const slope = perMinute(looks.map(({ atMs, memoryMb }) => ({ atMs, value: memoryMb })));
  const { lagP99Ms } = looks.at(-1)!;
  console.log(`  first: ${wordsOf(looks[0])}`);
  console.log(`  last: ${wordsOf(looks.at(-1)!)}; memory ${slope.toFixed(2)} MB a minute`);
  if (SLOPE) {
    assert.ok(slope <= MOST.slopeMb, `memory grows by ${slope.toFixed(2)} MB an hour of the plant`);
  }
  assert.ok(grown.memory <= MOST.memoryMb, `memory grew by ${grown.memory.toFixed(1)} MB`);
  assert.ok(grown.descriptors <= MOST.descriptors, `${grown.descriptors} more descriptors`);
  assert.ok(grown.timers <= MOST.timers, `${grown.timers} more timers`);
  assert.ok(grown.wal <= MOST.walMb, `the log grew by ${grown.wal} MB`);
  assert.ok(lagP99Ms < MOST.lagMs, `the loop was ${lagP99Ms} ms late (p99)`);
}

function wordsOf({ memoryMb, heapMb, descriptors, timers, walMb, lagP99Ms }: Look): string {
  return `memory ${memoryMb.toFixed(1)} MB (heap ${heapMb.toFixed(1)}), ${descriptors} ` +
    `descriptors, ${timers} timers, log ${walMb.toFixed(1)} MB, lag p99 ${lagP99Ms} ms`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
