/**
 * One script in an interpreter of its own, inside the worker. Each has its own WebAssembly instance: the interpreter's
 * own limit does not count what lies in arrays and buffers (its allocator cannot say how large a block is), the end of
 * an instance's memory is a limit that holds; and when one breaks, no other does.
 */
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
} from "quickjs-emscripten-core";
import variant from "@jitl/quickjs-singlefile-mjs-release-sync";
import { DETERMINISTIC, HARNESS } from "./harness.ts";
import { LIMITS } from "./limits.ts";
import type { Exceeded, Thrown } from "./messages.ts";
import type { ScriptKind } from "./script.ts";

/** Between two looks of the interpreter no more than this counts: a host that is busy elsewhere is not the script's. */
const GAP_MOST_MS = 4;
/**
 * After so many times its budget it is ended all the same: between two looks lies the work of slow built-ins. One gap
 * counts no more than this for it: a host that stood still is not the script's either.
 */
const SLOWEST = 10;
const PAUSE_MOST_MS = 100;

export type Loaded = { text: string } | { thrown: Thrown } | { exceeded: Exceeded };

/** Answers of the inputs up to a limit, or up to the end of the turn. */
export interface Turned {
  text: string;
  state: string | null;
  /** Every input is answered. */
  done: boolean;
  exceeded?: Exceeded;
}

/** Dropped as a whole: nothing in it has to be freed. */
export interface Machine {
  load(): Loaded;
  begin(inputs: string, state: string | null): Exceeded | null;
  turn(name: string): Turned;
}

/** What it answers must be the same when a stored day is replayed. */
const IS_REPLAYED: ReadonlySet<ScriptKind> = new Set(["detector", "fault_detector"]);
const PAGE_BYTES = 65_536;
/** Stack and constants of the interpreter, before its heap. */
const BEFORE_HEAP_PAGES = 82;
/** What the interpreter was built with. */
const FIRST_PAGES = 256;

/** What it does throws whatever WebAssembly throws when the instance is broken. */
export async function createMachine(
  script: { kind: ScriptKind; name: string; source: string },
): Promise<Machine> {
  const wasmMemory = new WebAssembly.Memory({
    initial: FIRST_PAGES,
    maximum: BEFORE_HEAP_PAGES + LIMITS.memoryBytes / PAGE_BYTES,
  });
  const quickjs = await newQuickJSWASMModuleFromVariant(newVariant(variant, { wasmMemory }));
  const runtime = quickjs.newRuntime();
  runtime.setMaxStackSize(LIMITS.stackBytes);
  const vm = runtime.newContext();
  const budget = createBudget();
  runtime.setInterruptHandler(budget.over);
  const harness = vm.unwrapResult(vm.evalCode(HARNESS, "perch.js"));
  if (IS_REPLAYED.has(script.kind)) {
    vm.unwrapResult(vm.evalCode(DETERMINISTIC, "perch.js")).dispose();
  }
  const own = functionsOf(vm, harness);

  /** Calls a function of the harness; null: a limit ended it. */
  function ask(name: string, ...args: QuickJSHandle[]): string | number | boolean | null {
    const result = vm.callFunction(own(name), vm.undefined, ...args);
    if (result.error) {
      result.error.dispose();
      return null;
    }
    const { value } = result;
    try {
      const type = vm.typeof(value);
      if (type === "string") return vm.getString(value);
      if (type === "number") return vm.getNumber(value);
      return type === "boolean" ? vm.dump(value) === true : "";
    } finally {
      value.dispose();
    }
  }
  const withText = <T>(text: string, use: (handle: QuickJSHandle) => T): T => {
    const handle = vm.newString(text);
    try {
      return use(handle);
    } finally {
      handle.dispose();
    }
  };
  const short = (): Exceeded => budget.spent() ? "time" : "memory";

  return {
    load() {
      budget.begin(LIMITS.loadMs);
      const result = vm.evalCode(script.source, `${script.name}.js`, { type: "module" });
      if (result.error) {
        const late = budget.spent();
        budget.begin(LIMITS.loadMs);
        const described = ask("describe", result.error);
        result.error.dispose();
        if (late) return { exceeded: "time" };
        if (typeof described !== "string") return { exceeded: short() };
        return { thrown: JSON.parse(described) };
      }
      const text = ask("load", result.value);
      result.value.dispose();
      if (text === "waits") return { thrown: { name: "", message: WAITS, stack: "" } };
      return typeof text === "string" ? { text } : { exceeded: short() };
    },
    begin(inputs, state) {
      budget.begin(LIMITS.loadMs);
      return withText(inputs, (given) => {
        const handle = state === null ? vm.null : vm.newString(state);
        const begun = ask("begin", given, handle);
        if (state !== null) handle.dispose();
        return begun === null ? short() : null;
      });
    },
    turn(name) {
      budget.begin(LIMITS.inputMs);
      const finished = withText(name, (handle) => ask("turn", handle));
      const ended = finished === null ? short() : undefined;
      budget.begin(LIMITS.loadMs);
      const text = ask("take");
      const state = ask("state");
      if (finished === true) ask("forget");
      return {
        text: typeof text === "string" ? text : "[]",
        state: typeof state === "string" && state !== "" ? state : null,
        done: finished === true,
        exceeded: typeof text === "string" ? ended : short(),
      };
    },
  };
}

const WAITS = "it waits at the top (await), and nothing here ends a wait";

function functionsOf(vm: QuickJSContext, harness: QuickJSHandle) {
  const names = ["describe", "load", "begin", "turn", "take", "state", "forget"];
  const handles = new Map(names.map((name) => [name, vm.getProp(harness, name)]));
  return (name: string) => handles.get(name)!;
}

/** Time that the interpreter was at work. */
function createBudget() {
  let left: number = LIMITS.loadMs;
  let leftAtAll = left * SLOWEST;
  let seenMs = performance.now();
  return {
    begin(ms: number) {
      left = ms;
      leftAtAll = ms * SLOWEST;
      seenMs = performance.now();
    },
    over() {
      const gapMs = performance.now() - seenMs;
      seenMs += gapMs;
      left -= Math.min(gapMs, GAP_MOST_MS);
      leftAtAll -= Math.min(gapMs, PAUSE_MOST_MS);
      if (leftAtAll <= 0) left = 0;
      return left <= 0;
    },
    spent: () => left <= 0,
  };
}
