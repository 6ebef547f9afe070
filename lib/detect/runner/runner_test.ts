import assert from "node:assert/strict";
import { findingLines, streamGroup, streamPlan } from "../../../tests/support/detect_stream.ts";
import {
  groupOf,
  type OpenEngine,
  openEngine,
  withDatabase,
} from "../../../tests/support/storage.ts";
import { systemClock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { FLAG_PAST } from "../../readings/reading.ts";
import { createFindingStore, type StoredFinding } from "../findings_store.ts";
import { silence } from "../detectors/silence.ts";
import { createRunner, type Runner } from "./runner.ts";
import { type RunnerOptions } from "./options.ts";
import type { Watch } from "./watched.ts";

const GROUPS = 1200;

interface Running {
  runner: Runner;
  published: StoredFinding[];
  /** Waits until everything up to `group` is judged and stored. */
  reached(group: number): Promise<void>;
  stop(): Promise<void>;
}

function start(
  { connection, store }: OpenEngine,
  options: Partial<RunnerOptions> = {},
  plan: (sensor: number) => Watch[] = streamPlan,
  clock = systemClock(),
): Running {
  const published: StoredFinding[] = [];
  const runner = createRunner({
    clock,
    log: silentLog(),
    readings: store,
    db: connection,
    findings: createFindingStore(connection),
    plan,
    publish: (found) => published.push(...found),
    options: { saveMs: 50, saveReadings: 0, ...options },
  });
  const stopping = new AbortController();
  const running = runner.task.run(stopping.signal);
  running.catch(() => {});
  return {
    runner,
    published,
    async reached(group) {
      while (runner.stats().group < group) await new Promise((r) => setTimeout(r, 10));
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function feed(
  engine: OpenEngine,
  from: number,
  to: number,
  runner?: Runner,
): Promise<number> {
  let last = 0;
  for (let i = from; i < to; i++) {
    const group = streamGroup(i);
    ({ groupId: last } = await engine.store.append(group, []));
    runner?.take({ ...group, groupId: last });
  }
  return last;
}

/** What detection finds that is never interrupted. */
async function uninterrupted(): Promise<string[]> {
  let lines: string[] = [];
  await withDatabase(async (url) => {
    const engine = await openEngine({ url });
    const running = start(engine, { saveMs: 1e9 });
    await running.reached(0);
    await running.reached(await feed(engine, 0, GROUPS, running.runner));
    await running.stop();
    lines = await findingLines(engine.connection);
    await engine.close();
  });
  return lines;
}

Deno.test("createRunner finds the same however often it is stopped, restored and replayed", async () => {
  const expected = await uninterrupted();
  const kinds = new Set(expected.map((line) => line.split(" ")[1]));
  assert.deepEqual([...kinds].sort(), ["rate", "streaming", "stuck", "threshold", "zscore"]);
  await withDatabase(async (url) => {
    let engine = await openEngine({ url });
    let replayed = 0;
    for (let from = 0; from < GROUPS; from += 200) {
      const running = start(engine, { saveMs: from % 400 === 0 ? 20 : 1e9 });
      await feed(engine, from, from + 190, running.runner);
      // Some of it is not judged when it stops, and some comes in while nobody listens.
      if (from % 600 === 0) await running.reached(from + 190);
      await running.stop();
      replayed += running.runner.stats().readings;
      await feed(engine, from + 190, from + 200);
      await engine.close();
      engine = await openEngine({ url });
    }
    const running = start(engine);
    await running.reached(GROUPS);
    await running.stop();
    assert.ok(replayed > 0);
    assert.deepEqual(await findingLines(engine.connection), expected);
    await engine.close();
  });
});

Deno.test("createRunner reads from the journal what did not fit into its queue", async () => {
  const expected = await uninterrupted();
  await withDatabase(async (url) => {
    const engine = await openEngine({ url });
    const running = start(engine, { queueReadings: 20 });
    const last = await feed(engine, 0, GROUPS, running.runner);
    await running.reached(last);
    await running.stop();
    assert.deepEqual(await findingLines(engine.connection), expected);
    assert.equal(
      running.published.filter((f) => f.detector !== "silence").length,
      expected.length,
      "each is published once",
    );
    await engine.close();
  });
});

Deno.test("createRunner starts a detector afresh whose saved state is damaged, and keeps the others", async () => {
  await withDatabase(async (url) => {
    const engine = await openEngine({ url });
    const first = start(engine);
    await first.reached(await feed(engine, 0, 300, first.runner));
    while (first.runner.stats().saves < 2) await new Promise((r) => setTimeout(r, 10));
    await first.stop();
    await engine.connection.write([{
      sql: "UPDATE detector_states SET data = x'00ff' WHERE sensor_num = 2",
    }]);
    const second = start(engine);
    await second.reached(await feed(engine, 300, 310, second.runner));
    assert.equal(second.runner.stats().sensors, 6);
    await second.stop();
    await engine.close();
  });
});

Deno.test("createRunner reports silence while nothing comes in at all, once", async () => {
  await withDatabase(async (url) => {
    const engine = await openEngine({ url });
    const options = { idleMs: 200, tickMs: 100 };
    const plan = () => [{ detector: silence, options: silence.options.parse({ expectedMs: 200 }) }];
    const first = start(engine, options, plan);
    // A device whose clock is years behind: only what passes since its last reading counts.
    for (let i = 0; i < 12; i++) {
      const group = groupOf([{ sensor: 1, tMs: Date.UTC(2003, 0, 1) + i * 200, value: i }]);
      const { groupId } = await engine.store.append(group, []);
      first.runner.take({ ...group, groupId });
      await first.reached(groupId);
    }
    const silent = (running: Running) => running.published.filter((f) => f.detector === "silence");
    while (silent(first).length === 0) await new Promise((r) => setTimeout(r, 20));
    await first.stop();
    assert.match(silent(first)[0].reason.text, /^no reading for/);
    assert.equal(silent(first)[0].phase, "raised");

    const second = start(engine, options, plan);
    await new Promise((r) => setTimeout(r, 2500));
    await second.stop();
    assert.equal(silent(second).length, 0, "not reported again after a restart");
    await engine.close();
  });
});

Deno.test("createRunner saves states after many readings, and after a long time", async () => {
  await withDatabase(async (url) => {
    const engine = await openEngine({ url });
    let aheadMs = 0;
    const right = systemClock();
    const clock = { ...right, monotonic: () => right.monotonic() + aheadMs };
    const options = { saveMs: 60_000, saveReadings: 50, quietSaveMs: 3_600_000, idleMs: 1e9 };
    const running = start(engine, options, streamPlan, clock);
    let fed = 0;
    const read = async (times: number) => {
      for (let i = 0; i < times; i++, fed++) {
        const group = groupOf([{ sensor: 1, tMs: Date.UTC(2026, 0, 1) + fed * 1000, value: fed }]);
        const { groupId } = await engine.store.append(group, []);
        running.runner.take({ ...group, groupId });
        // Between two groups it looks at what is to be saved.
        await running.reached(groupId);
      }
    };
    const saved = async (rounds: number) => {
      while (running.runner.stats().saves < rounds) await new Promise((r) => setTimeout(r, 10));
      assert.equal(running.runner.stats().saves, rounds);
    };
    await read(20);
    aheadMs += 120_000;
    await read(29);
    await saved(0);
    await read(2);
    await saved(1);
    aheadMs += 3_500_000;
    await read(2);
    await saved(1);
    aheadMs += 200_000;
    await saved(2);
    await running.stop();
    await engine.close();
  });
});

Deno.test("what a device says of the past is judged by nobody, live or read after", () =>
  withDatabase(async (url) => {
    const engine = await openEngine({ url });
    const past = async (from: number, to: number, runner?: Runner) => {
      let last = 0;
      for (let i = from; i < to; i++) {
        const group = streamGroup(i);
        group.flags.fill(FLAG_PAST);
        ({ groupId: last } = await engine.store.append(group, []));
        runner?.take({ ...group, groupId: last });
      }
      return last;
    };
    await past(0, GROUPS / 2);
    const running = start(engine);
    await running.reached(await past(GROUPS / 2, GROUPS, running.runner));
    await running.stop();
    assert.deepEqual(running.published, []);
    await engine.close();
  }));
