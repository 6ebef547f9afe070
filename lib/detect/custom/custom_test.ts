import assert from "node:assert/strict";
import {
  COUNTS,
  feed,
  linesOf,
  START_MS,
  startCustom,
  withEngine,
} from "../../../tests/support/custom_detectors.ts";
import { groupOf } from "../../../tests/support/storage.ts";

Deno.test("custom detectors find the same however often they are stopped, lose what they learned, and replay", async () => {
  const GROUPS = 200;
  let expected: string[] = [];
  await withEngine(async (engine) => {
    const running = startCustom(engine, { warm: COUNTS });
    await running.until(() => running.custom.stats().length === 1);
    const last = await feed(engine, 0, GROUPS, running);
    await running.until(() => running.of("warm").group === last);
    await running.stop();
    expected = await linesOf(engine);
    assert.equal(running.published.length, expected.length);
  });
  const phases = new Set(expected.map((line) => line.split(" ")[5]));
  assert.deepEqual([...phases].sort(), ["cleared", "point", "raised"]);
  assert.ok(expected.every((line) => line.startsWith("custom:warm ")));
  assert.ok(expected.every((line) => line.split(" ")[1] !== "2"), "pressure is not watched");
  assert.match(expected.join("\n"), /hall-1\/press\/temperature is warm for 3, of \d+/);

  await withEngine(async (engine) => {
    for (let from = 0; from < GROUPS; from += 50) {
      let crashes = from % 100 === 50;
      const running = startCustom(
        engine,
        { warm: COUNTS },
        { saveMs: 0, saveSteps: 40, steps: 7 },
        {
          // As after a power cut: findings are stored, what was learned since is not.
          moveCursor: (...given) =>
            crashes && given[1] > from + 20
              ? Promise.reject(new Error("crash"))
              : engine.store.moveCursor(...given),
        },
      );
      await running.until(() => running.custom.stats().length === 1);
      const last = await feed(engine, from, from + 40, running);
      if (from % 150 === 0) await running.until(() => running.of("warm").group === last);
      await running.stop();
      crashes = false;
      await feed(engine, from + 40, from + 50);
    }
    const running = startCustom(engine, { warm: COUNTS }, { steps: 11 });
    await running.until(() => running.custom.stats()[0]?.group === GROUPS);
    await running.stop();
    assert.deepEqual(await linesOf(engine), expected);
  });
});

Deno.test("a detector that throws stands still where it was and judges everything once it is mended", async () => {
  await withEngine(async (engine) => {
    const throws = COUNTS.replace(
      "const n = ",
      "if (state.n === 20) state.gone.too;\n  const n = ",
    );
    const running = startCustom(engine, { warm: throws, calm: COUNTS });
    const broken = () => running.custom.troubles().find(({ severity }) => severity === "high");
    await running.until(() => running.custom.stats().length === 2);
    await feed(engine, 0, 60, running);
    await running.until(() => broken() !== undefined);
    const { cause, component, type, file, line } = broken()!;
    assert.deepEqual(
      [cause, component, type, file, line],
      ["detector:warm:runtime_error", "detector:warm", "runtime_error", "detectors/warm.js", 12],
    );
    const last = await feed(engine, 60, 100, running);
    await running.until(() => running.of("calm").group === last);
    running.scripts.write("warm", COUNTS + "// mended\n");
    await running.until(() => running.of("warm").group === last);
    assert.equal(broken(), undefined);
    await running.stop();
    const [warm, calm] = ["warm", "calm"].map((name) =>
      running.published.filter(({ detector }) => detector === `custom:${name}`)
        .map(({ id: _, detector: __, ...rest }) => rest)
    );
    assert.ok(warm.length > 5);
    const byTime = (found: typeof warm) => found.map((one) => JSON.stringify(one)).sort();
    assert.deepEqual(byTime(warm), byTime(calm), "nothing was lost, nothing was judged twice");
  });
});

Deno.test("a detector that loops is stopped at once with its state; the others go on, and it continues", async () => {
  await withEngine(async (engine) => {
    const loops = COUNTS.replace("const n = ", "if (state.n === 30) for (;;);\n  const n = ");
    const running = startCustom(engine, { loops, calm: COUNTS });
    await running.until(() => running.custom.stats().length === 2);
    const last = await feed(engine, 0, 60, running);
    await running.until(() => running.of("calm").group === last);
    await running.until(() => running.custom.troubles().length > 0);
    assert.equal(running.custom.troubles()[0].type, "time_error");
    const [pausable] = running.custom.pausables();
    assert.deepEqual([pausable.component, pausable.paused()], ["detector:loops", null]);
    await pausable.pause("fault:7");
    assert.equal(pausable.paused()?.by, "fault:7");
    await pausable.resume("admin");
    await running.until(() => running.custom.troubles().length > 0);
    await pausable.pause("fault:8");
    running.scripts.write("loops", COUNTS);
    await running.until(() => running.of("loops").group === last);
    assert.deepEqual([pausable.paused(), running.custom.troubles()], [null, []]);
    await running.stop();
    const found = (name: string) =>
      running.published.filter(({ detector }) => detector === `custom:${name}`).length;
    assert.equal(found("loops"), found("calm"));
  });
});

Deno.test("a detector that is too slow skips readings and says how many; one that is only late reads the journal", async () => {
  await withEngine(async (engine) => {
    const slow = `export const sensors = ["*"];
export function step(state, { kind }) {
  for (let i = 0; kind === "reading" && i < 10_000; i++) Math.sqrt(i);
  return { state };
}`;
    const late = startCustom(engine, { late: COUNTS }, { queueReadings: 40 });
    await late.until(() => late.custom.stats().length === 1);
    let last = await feed(engine, 0, 200, late);
    await late.until(() => late.of("late").group === last);
    assert.equal(late.of("late").skipped, 0);
    await late.stop();

    const running = startCustom(engine, { slow }, { queueReadings: 40, patienceMs: 60 });
    await running.until(() => running.custom.stats().length === 1);
    for (let at = 200; running.of("slow").skipped === 0; at += 20) {
      await feed(engine, at, at + 20, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const trouble = running.custom.troubles().find(({ type }) => type === "too_slow")!;
    assert.match(trouble.message, /^detectors\/slow.js is too slow: \d+ readings were skipped$/);
    last = await feed(engine, 0, 1, running);
    await running.until(() => running.of("slow").group === last);
    await running.stop();
  });
});

Deno.test("what is wrong with a script is said with its place, and a file that is gone lets go of the journal", async () => {
  await withEngine(async (engine) => {
    const running = startCustom(engine, {
      syntax: 'export const sensors = ["*"];\nexport function step() {\n  return {\n}',
      patterns: 'export const sensors = ["a/#/b"];\nexport function step() {}',
      shape: 'export const sensors = ["*"];\nexport const step = () => 5;',
      loud: 'export const sensors = ["*"];\nexport const step = () => ({ findings: ' +
        'Array(5).fill({ phase: "point", severity: "info", text: "x" }) });',
    });
    await running.until(() => running.custom.stats().length === 4);
    await feed(engine, 0, 5, running);
    await running.until(() =>
      running.custom.troubles().filter((t) => t.severity === "high").length === 4
    );
    const [syntax, patterns, shape, loud] = running.custom.troubles();
    assert.equal(syntax.type, "syntax_error");
    assert.ok((syntax.line ?? 0) >= 3 && syntax.line! <= 4, `line ${syntax.line}`);
    assert.match(patterns.message, /sensors\[0\]: is no pattern/);
    assert.match(shape.message, /step has to answer an object/);
    assert.match(loud.message, /findings: too big/);
    assert.notEqual(await engine.store.cursor("custom:shape"), null);
    running.scripts.write("shape", null);
    await running.until(() => running.custom.stats().length === 3);
    while (await engine.store.cursor("custom:shape") !== null) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.deepEqual(
      ["custom:shape", "custom:loud"].map((name) => running.custom.watches(1, name)),
      [false, true],
    );
    await running.stop();
  });
});

Deno.test("readings that the journal has no more when a paused detector goes on are counted", async () => {
  await withEngine(async (engine) => {
    const running = startCustom(engine, { warm: COUNTS });
    await running.until(() => running.custom.stats().length === 1);
    await feed(engine, 0, 10, running);
    await running.until(() => running.of("warm").group === 10);
    const [pausable] = running.custom.pausables();
    await pausable.pause("admin");
    const last = await feed(engine, 10, 700, running);
    assert.ok(pausable.paused()!.waiting! >= 690 * 2);
    await pausable.resume("admin");
    await running.until(() => running.of("warm").group === last);
    const [{ type, message, severity }] = running.custom.troubles();
    assert.deepEqual([type, severity], ["readings_lost", "medium"]);
    assert.match(message, /stood still for too long: \d{3} groups/);
    await running.stop();
  }, {
    sealReadings: 50,
    tailReadingsMost: 400,
    journal: { turnMs: 0, leastBytes: 500, mostBytes: 1000 },
  });
});

Deno.test("large states of many sensors go through the sandbox in parts, up to their bound", async () => {
  await withEngine(async (engine) => {
    const large = `export const sensors = ["many/+"];
export const step = (state = "", { value }) => ({ state: (state + value).padEnd(7_000, "x") });`;
    const running = startCustom(engine, { large });
    await running.until(() => running.custom.stats().length === 1);
    const take = async (first: number, sensors: number) => {
      const readings = Array.from({ length: sensors }, (_, i) => (
        { sensor: first + i, tMs: START_MS + first, value: 1 }
      ));
      const group = groupOf([
        ...readings,
        ...readings.map((one) => ({ ...one, tMs: one.tMs + 1 })),
      ]);
      const { groupId } = await engine.store.append(group, []);
      running.custom.take({ ...group, groupId });
      return groupId;
    };
    const last = await take(100, 140);
    await running.until(() => running.of("large").group === last);
    assert.deepEqual(running.custom.troubles(), []);
    await take(300, 10);
    await running.until(() => running.custom.troubles().length > 0);
    assert.match(running.custom.troubles()[0].message, /states .* larger than 1 MB/);
    await running.stop();
  });
});
