/**
 * Where scripts run. One worker without permissions holds an interpreter (QuickJS in WebAssembly) for each script.
 *
 * DESIGN. The interpreter ends what takes too long or too much memory by itself. What it cannot interrupt (a loop of
 * its own built-ins) costs the worker: it is thrown away, the script that ran is blamed, everything else is loaded
 * anew and goes on where it was. Scripts take turns, one call at a time.
 */
import type { Log } from "../base/log.ts";
import { exceededFault, faultOf, readExports } from "./answers.ts";
import { type Calls, loadedScript } from "./calls.ts";
import { LIMITS } from "./limits.ts";
import { type FromWorker, READY, type ToWorker } from "./messages.ts";
import { componentOf, type RunnableScript, type Sandbox, type ScriptFault } from "./script.ts";

export interface SandboxDeps {
  log: Log;
  /** For tests. */
  hangMs?: number;
}

/** What waits for the worker. */
interface Ask {
  script: Loaded;
  message: ToWorker;
  done(answer: FromWorker | { fault: ScriptFault }): void;
  /** It brings back what a worker that is gone had loaded. */
  reloads?: true;
}

interface Loaded {
  key: number;
  script: RunnableScript;
  /** It was loaded once: a new worker gets it again. */
  ready: boolean;
  /** Breaks of the worker in a row. */
  breaks: number;
  /** Why nothing of it runs any more. */
  gone: ScriptFault | null;
}

/** A script that broke the worker so often in a row is not run again until it is loaded anew. */
const BREAKS_MOST = 3;

const UNLOADED: ScriptFault = {
  type: "runtime",
  message: "it was taken out of use meanwhile",
  line: null,
  column: null,
};

const NOT_STARTED: ScriptFault = {
  type: "runtime",
  message: "the sandbox could not be started",
  line: null,
  column: null,
};

export function createSandbox({ log, hangMs = LIMITS.hangMs }: SandboxDeps): Sandbox {
  const loaded = new Map<number, Loaded>();
  const waiting: Ask[] = [];
  let running: Ask | null = null;
  let worker: Worker | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let counter = 0;
  /** The worker has said that it is there. */
  let started = false;
  let stopped = false;

  function startWorker(): Worker {
    started = false;
    const made = new Worker(new URL("./script_worker.ts", import.meta.url), {
      type: "module",
      name: "scripts",
      // deno-lint-ignore no-explicit-any
      ...{ deno: { permissions: "none" } } as any,
    });
    made.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (made === worker) take(data);
    };
    made.onerror = (event) => {
      event.preventDefault();
      if (made === worker) lose("memory", event.message);
    };
    return made;
  }

  function take(data: FromWorker): void {
    const ask = running;
    if (data.id === READY) {
      started = true;
      return ask === null ? undefined : watch(ask, mostOf(ask));
    }
    if (ask === null || ask.message.id !== data.id) return;
    clearTimeout(timer);
    running = null;
    if (data.detail !== undefined) {
      log.warn(`${nameOf(ask)} broke its interpreter`, { detail: data.detail });
    } else if (ask.message.op === "call") ask.script.breaks = 0;
    ask.done(data);
    next();
  }

  /** The worker is of no use any more; `why` is what the running script is blamed for. */
  function lose(why: "time" | "memory", detail: string): void {
    clearTimeout(timer);
    worker?.terminate();
    worker = null;
    const ask = running;
    running = null;
    if (ask !== null) {
      const { script } = ask;
      log.warn(`${nameOf(ask)} broke the sandbox; it is started anew`, { detail });
      const fault = started ? exceededFault(why) : NOT_STARTED;
      if (ask.message.op !== "unload" && ++script.breaks >= BREAKS_MOST) script.gone = fault;
      if (ask.message.op === "load") script.gone = fault;
      ask.done({ fault });
    }
    // What was loaded is lost with the worker: before anything else all of it comes back.
    const rest = waiting.splice(0).filter((one) => !one.reloads);
    waiting.push(
      ...[...loaded.values()].filter((one) => one.ready && one.gone === null).map(reload),
      ...rest,
    );
    next();
  }

  function reload(script: Loaded): Ask {
    return {
      script,
      reloads: true,
      message: loadMessage(script),
      done(answer) {
        if ("fault" in answer) script.gone = answer.fault;
        else if (answer.thrown || answer.exceeded) script.gone = faultIn(script, answer);
      },
    };
  }

  const loadMessage = ({ key, script: { kind, name, source } }: Loaded): ToWorker => ({
    ...{ op: "load", id: ++counter, key, kind, name, source },
  });

  function renew(script: Loaded): void {
    if (script.gone !== null) return;
    waiting.unshift(reload(script));
    next();
  }

  function next(): void {
    if (stopped || running !== null) return;
    const ask = waiting.shift();
    if (ask === undefined) {
      if (loaded.size === 0) end();
      return;
    }
    if (ask.script.gone !== null && ask.message.op !== "unload") {
      ask.done({ fault: ask.script.gone });
      return next();
    }
    running = ask;
    const starts = worker === null;
    worker ??= startWorker();
    worker.postMessage(ask.message);
    watch(ask, starts ? STARTING_MS : mostOf(ask));
  }

  // An interpreter that is made first takes a moment on a busy host.
  const mostOf = ({ message }: Ask) => message.op === "load" ? LOADING_MS : hangMs;

  function watch(ask: Ask, mostMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // A main loop that stood still itself sees the answer first.
      timer = setTimeout(() => {
        if (running === ask) lose("time", "it did not answer");
      }, GRACE_MS);
    }, mostMs);
  }

  function end(): void {
    worker?.terminate();
    worker = null;
  }

  function send(script: Loaded, message: ToWorker): Promise<FromWorker | { fault: ScriptFault }> {
    const { promise, resolve } = Promise.withResolvers<FromWorker | { fault: ScriptFault }>();
    if (script.gone !== null) return Promise.resolve({ fault: script.gone });
    waiting.push({ script, message, done: resolve });
    next();
    return promise;
  }

  const callsOf = (script: Loaded): Calls => ({
    file: `${script.script.name}.js`,
    source: script.script.source,
    renew: () => renew(script),
    send: (message) => send(script, { ...message, op: "call", id: ++counter, key: script.key }),
  });

  function unload(script: Loaded): void {
    if (!loaded.delete(script.key)) return;
    script.gone = UNLOADED;
    for (const ask of waiting.filter((one) => one.script === script)) {
      waiting.splice(waiting.indexOf(ask), 1);
      ask.done({ fault: UNLOADED });
    }
    if (worker === null) return;
    const message: ToWorker = { op: "unload", id: ++counter, key: script.key };
    waiting.push({ script, message, done() {} });
    next();
  }

  return {
    async load(script) {
      const entry: Loaded = { key: ++counter, script, ready: false, breaks: 0, gone: null };
      loaded.set(entry.key, entry);
      const answer = await send(entry, loadMessage(entry));
      const read = "fault" in answer
        ? answer
        : answer.thrown || answer.exceeded
        ? { fault: faultIn(entry, answer) }
        : readExports(answer.text, script.kind);
      if ("fault" in read) {
        unload(entry);
        return read;
      }
      entry.ready = true;
      const calls = callsOf(entry);
      const { exports, functions } = read.exported;
      return { script: loadedScript(script, exports, functions, calls, () => unload(entry)) };
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      end();
      for (const ask of [...(running === null ? [] : [running]), ...waiting.splice(0)]) {
        ask.done({ fault: UNLOADED });
      }
      running = null;
    },
  };
}

const nameOf = ({ script }: Ask) => componentOf(script.script);

/** A worker that is just being started is loaded first. */
const STARTING_MS = 30_000;
const LOADING_MS = 5_000;
const GRACE_MS = 500;

function faultIn({ script }: Loaded, { thrown, exceeded }: FromWorker): ScriptFault {
  if (exceeded !== undefined) return exceededFault(exceeded);
  return faultOf(thrown!, script.source, `${script.name}.js`);
}
