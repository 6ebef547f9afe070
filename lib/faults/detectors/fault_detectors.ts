/**
 * Fault detectors that people write: each is asked with every look, and what it answers are faults. One that fails
 * five times in a row, or at once with a limit, is a fault itself and is not asked any more until its text is
 * changed or somebody resumes it.
 */
import type { Clock } from "../../base/clock.ts";
import type { LoadedScript, RunnableScript, Sandbox, ScriptFault } from "../../scripts/script.ts";
import type { FaultSource, Pausable, Pause, Sighting } from "../fault.ts";
import { componentOf, readFaults } from "./answer.ts";
import type { Facts } from "./facts.ts";

export interface FaultDetectorDeps {
  clock: Pick<Clock, "now">;
  sandbox: Pick<Sandbox, "load">;
  /** Those that may run now. */
  runnable: () => readonly RunnableScript[];
  facts: () => Facts | Promise<Facts>;
}

export interface FaultDetectors extends FaultSource {
  pausables(): Pausable[];
}

interface Detector {
  script: RunnableScript;
  loaded: LoadedScript | null;
  /** Why it is not asked; null: it is. */
  broken: ScriptFault | null;
  /** Failures in a row, and the latest. */
  failures: number;
  failure: ScriptFault | null;
  held: Pause | null;
}

const FAILURES_MOST = 5;
/** What will happen again with the next look. */
const FATAL: ReadonlySet<ScriptFault["type"]> = new Set(["syntax", "contract", "time", "memory"]);
const BY_FAULT = "fault:";

export function createFaultDetectors(deps: FaultDetectorDeps): FaultDetectors {
  const detectors = new Map<string, Detector>();

  /** Detectors are those whose scripts may run. */
  function follow(): Detector[] {
    const runnable = new Map(deps.runnable().map((script) => [script.name, script]));
    for (const [name, one] of detectors) {
      if (runnable.has(name)) continue;
      one.loaded?.unload();
      detectors.delete(name);
    }
    for (const [name, script] of runnable) {
      const one = detectors.get(name);
      if (one === undefined) detectors.set(name, { ...fresh(), script, held: null });
      else if (one.script.hash !== script.hash) renew(one, script);
    }
    return [...detectors.values()];
  }

  /** Another text: what a fault paused goes on with it. */
  function renew(one: Detector, script: RunnableScript): void {
    one.loaded?.unload();
    Object.assign(one, fresh(), { script });
    if (one.held?.by.startsWith(BY_FAULT)) one.held = null;
  }

  async function ask(one: Detector, facts: Facts): Promise<Sighting[]> {
    if (one.broken !== null) return [troubleOf(one, one.broken, "high", "cannot go on")];
    if (one.held !== null) return [];
    const { script } = one;
    const said = await answerOf(one, facts);
    if (script !== one.script || detectors.get(script.name) !== one) return [];
    if ("sightings" in said) {
      one.failures = 0;
      one.failure = null;
      return said.sightings;
    }
    one.failures++;
    one.failure = said.fault;
    if (!FATAL.has(said.fault.type) && one.failures < FAILURES_MOST) {
      return [troubleOf(one, said.fault, "medium", "failed")];
    }
    one.broken = said.fault;
    one.loaded?.unload();
    one.loaded = null;
    return [troubleOf(one, said.fault, "high", "cannot go on")];
  }

  async function answerOf(
    one: Detector,
    facts: Facts,
  ): Promise<{ sightings: Sighting[] } | { fault: ScriptFault }> {
    const { script } = one;
    if (one.loaded === null) {
      const loaded = await deps.sandbox.load(script);
      if ("fault" in loaded) return loaded;
      if (script !== one.script) {
        loaded.script.unload();
        return { sightings: [] };
      }
      one.loaded = loaded.script;
    }
    const [answer] = await one.loaded.call("check", [facts]);
    return "fault" in answer ? answer : readFaults(script.name, answer.ok);
  }

  return {
    name: "fault detectors",
    async look() {
      const all = follow();
      if (all.length === 0) return [];
      const facts = await deps.facts();
      const sightings: Sighting[] = [];
      for (const one of all) sightings.push(...await ask(one, facts));
      return sightings;
    },
    pausables: () =>
      [...detectors.values()].map((one) => ({
        component: componentOf(one.script.name),
        pause(by) {
          one.held ??= { sinceMs: deps.clock.now(), by };
          return Promise.resolve();
        },
        resume() {
          one.held = null;
          if (one.broken !== null) Object.assign(one, fresh());
          return Promise.resolve();
        },
        paused: () => one.held,
        version: () => one.script.hash,
      })),
  };
}

const fresh = () => ({ loaded: null, broken: null, failures: 0, failure: null });

function troubleOf(
  { script: { name }, failures }: Detector,
  { type, message, line, column }: ScriptFault,
  severity: Sighting["severity"],
  what: string,
): Sighting {
  const file = `fault_detectors/${name}.js`;
  return {
    cause: `${componentOf(name)}:${type}_error`,
    component: componentOf(name),
    type: `${type}_error`,
    severity,
    message: `${file} ${what}: ${message}`,
    file,
    ...(line === null ? {} : { line }),
    ...(column === null ? {} : { column }),
    times: Math.max(1, failures),
  };
}
