import assert from "node:assert/strict";
import {
  groupOf,
  type OpenEngine,
  openEngine,
  withDatabase,
} from "../../../tests/support/storage.ts";
import { systemClock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { createSandbox } from "../../scripts/sandbox.ts";
import type { RunnableScript, Sandbox, ScriptKind } from "../../scripts/script.ts";
import { createFindingStore, type StoredFinding } from "../findings_store.ts";
import { createCustomDetectors, type CustomDetectors, type CustomStats } from "./custom.ts";
import type { CustomOptions, SeenSensor } from "./options.ts";

const START_MS = Date.UTC(2026, 0, 1);
const NAMES = ["hall-1/press/temperature", "hall-1/press/pressure", "yard/tank/level"];

/** Counts what is above 40 in a row; raised at the third, cleared with what is not. Every seventh tick is odd. */
const COUNTS = `export const sensors = ["hall-1/+/temperature", "yard/#"];
export const title = "Warm for long";
export function step(state = { above: 0, ticks: 0, n: 0 }, input) {
  if (input.kind === "tick") {
    const ticks = state.ticks + 1;
    const odd = ticks % 7 === 0;
    return {
      state: { ...state, ticks },
      findings: odd ? [{ phase: "point", severity: "info", text: "tick " + ticks }] : [],
    };
  }
  const n = state.n + 1;
  if (input.value <= 40) {
    return { state: { ...state, above: 0, n }, findings: [{ phase: "cleared", text: "normal" }] };
  }
  const above = state.above + 1;
  const text = input.sensor.path + " is warm for " + above + ", of " + n;
  return {
    state: { ...state, above, n },
    findings: above < 3 ? [] : [{ phase: "raised", severity: "warning", text, numbers: { limit: 40 } }],
  };
}
`;

/** What \`lib/scripts\` gives, with texts that the test writes. */
function scriptsOf(sandbox: Sandbox, texts: Record<string, string>) {
  const listeners: ((kind: ScriptKind, name: string) => void)[] = [];
  const runnable = (): RunnableScript[] =>
    Object.entries(texts).map(([name, source]) => (
      { kind: "detector", name, source, hash: source }
    ));
  return {
    sandbox,
    runnable,
    find: ({ name }: { name: string }) => name in texts ? { state: "on" } : null,
    onChange: (listener: (typeof listeners)[number]) => void listeners.push(listener),
    write(name: string, source: string | null) {
      if (source === null) delete texts[name];
      else texts[name] = source;
      listeners.forEach((listener) => listener("detector", name));
    },
  };
}

interface Running {
  custom: CustomDetectors;
  scripts: ReturnType<typeof scriptsOf>;
  published: StoredFinding[];
  of(name: string): CustomStats;
  /** Waits until it is so. */
  until(is: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

function start(
  { connection, store }: OpenEngine,
  texts: Record<string, string>,
  options: Partial<CustomOptions> = {},
  readings: Partial<OpenEngine["store"]> = {},
): Running {
  const sandbox = createSandbox({ log: silentLog() });
  const scripts = scriptsOf(sandbox, texts);
  const published: StoredFinding[] = [];
  const custom = createCustomDetectors({
    clock: systemClock(),
    log: silentLog(),
    db: connection,
    readings: { ...store, ...readings },
    findings: createFindingStore(connection),
    scripts,
    sensorOf: (sensor): SeenSensor | null =>
      NAMES[sensor - 1] === undefined
        ? null
        : { path: NAMES[sensor - 1], unit: "°C", shown: (value) => value },
    publish: (found) => published.push(...found),
    changed() {},
    stopped() {},
    options: { waitMs: 20, idleMs: 1e9, forgetMs: 100, ...options },
  });
  const stopping = new AbortController();
  const running = custom.task.run(stopping.signal);
  running.catch(() => {});
  return {
    custom,
    scripts,
    published,
    of: (name) => custom.stats().find((one) => one.name === name)!,
    async until(is) {
      while (!is()) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async stop() {
      stopping.abort();
      await running.catch(() => {});
      sandbox.stop();
    },
  };
}

/** Group \`i\`: every sensor once, the first one twice now and then. */
function streamGroup(i: number) {
  const value = (sensor: number) => Math.round(38 + 8 * Math.sin(i / (3 + sensor)));
  const tMs = START_MS + i * 3000;
  const readings = [1, 2, 3].map((sensor) => ({ sensor, tMs: tMs + sensor, value: value(sensor) }));
  if (i % 5 === 0) readings.push({ sensor: 1, tMs: tMs + 1500, value: 50 });
  return groupOf(readings);
}

async function feed(engine: OpenEngine, from: number, to: number, running?: Running) {
  let last = 0;
  for (let i = from; i < to; i++) {
    const group = streamGroup(i);
    ({ groupId: last } = await engine.store.append(group, []));
    running?.custom.take({ ...group, groupId: last });
  }
  return last;
}

async function linesOf({ connection }: OpenEngine): Promise<string[]> {
  const { rows } = await connection.query({
    sql: "SELECT detector, sensor_num, group_id, item, t_ms, phase, severity, reason FROM findings",
  });
  return rows.map((row) => row.join(" ")).sort();
}

async function withEngine(work: (engine: OpenEngine) => Promise<void>): Promise<void> {
  await withDatabase(async (url) => {
    const engine = await openEngine({ url });
    await work(engine);
    await engine.close();
  });
}

Deno.test("custom detectors find the same however often they are stopped, lose what they learned, and replay", async () => {
  const GROUPS = 300;
  let expected: string[] = [];
  await withEngine(async (engine) => {
    const running = start(engine, { warm: COUNTS });
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
      const running = start(engine, { warm: COUNTS }, { saveMs: 0, saveSteps: 40, steps: 7 }, {
        // As after a power cut: findings are stored, what was learned since is not.
        moveCursor: (...given) =>
          crashes && given[1] > from + 20
            ? Promise.reject(new Error("crash"))
            : engine.store.moveCursor(...given),
      });
      await running.until(() => running.custom.stats().length === 1);
      const last = await feed(engine, from, from + 40, running);
      if (from % 150 === 0) await running.until(() => running.of("warm").group === last);
      await running.stop();
      crashes = false;
      await feed(engine, from + 40, from + 50);
    }
    const running = start(engine, { warm: COUNTS }, { steps: 11 });
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
    const running = start(engine, { warm: throws, calm: COUNTS });
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
    const running = start(engine, { loops, calm: COUNTS });
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
    const late = start(engine, { late: COUNTS }, { queueReadings: 40 });
    await late.until(() => late.custom.stats().length === 1);
    let last = await feed(engine, 0, 200, late);
    await late.until(() => late.of("late").group === last);
    assert.equal(late.of("late").skipped, 0);
    await late.stop();

    const running = start(engine, { slow }, { queueReadings: 40, patienceMs: 60 });
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
    const running = start(engine, {
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
    await running.stop();
  });
});
