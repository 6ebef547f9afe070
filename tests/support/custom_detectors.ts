/** Custom detectors over a database of their own, with scripts and readings that a test gives. */
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import {
  createCustomDetectors,
  type CustomDetectors,
  type CustomStats,
} from "../../lib/detect/custom/custom.ts";
import type { CustomOptions, SeenSensor } from "../../lib/detect/custom/options.ts";
import { createFindingStore, type StoredFinding } from "../../lib/detect/findings_store.ts";
import { createSandbox } from "../../lib/scripts/sandbox.ts";
import type { RunnableScript, Sandbox, ScriptKind } from "../../lib/scripts/script.ts";
import { groupOf, type OpenEngine, openEngine, withDatabase } from "./storage.ts";

export const START_MS = Date.UTC(2026, 0, 1);
const NAMES = ["hall-1/press/temperature", "hall-1/press/pressure", "yard/tank/level"];

/** Counts what is above 40 in a row; raised at the third, cleared with what is not. Every seventh tick is odd. */
export const COUNTS = `export const sensors = ["hall-1/+/temperature", "yard/#"];
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

export interface Running {
  custom: CustomDetectors;
  scripts: ReturnType<typeof scriptsOf>;
  published: StoredFinding[];
  of(name: string): CustomStats;
  /** Waits until it is so. */
  until(is: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

export function startCustom(
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
    sensorOf: (sensor): SeenSensor | null => ({
      path: NAMES[sensor - 1] ?? `many/${sensor}`,
      unit: "°C",
      shown: (value) => value,
    }),
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

export async function feed(engine: OpenEngine, from: number, to: number, running?: Running) {
  let last = 0;
  for (let i = from; i < to; i++) {
    const group = streamGroup(i);
    ({ groupId: last } = await engine.store.append(group, []));
    running?.custom.take({ ...group, groupId: last });
  }
  return last;
}

export async function linesOf({ connection }: OpenEngine): Promise<string[]> {
  const { rows } = await connection.query({
    sql: "SELECT detector, sensor_num, group_id, item, t_ms, phase, severity, reason FROM findings",
  });
  return rows.map((row) => row.join(" ")).sort();
}

export async function withEngine(
  work: (engine: OpenEngine) => Promise<void>,
  limits?: Parameters<typeof openEngine>[0]["limits"],
): Promise<void> {
  await withDatabase(async (url) => {
    const engine = await openEngine({ url, limits });
    await work(engine);
    await engine.close();
  });
}
