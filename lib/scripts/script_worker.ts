/** Runs every script, each in an interpreter of its own, without any permission. Started by `sandbox.ts`. */
import { createMachine, type Machine } from "./machine.ts";
import { type FromWorker, READY, type ToWorker } from "./messages.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToWorker>) => void;
  postMessage: (answer: FromWorker) => void;
};

const machines = new Map<number, Machine>();

async function answer(task: ToWorker): Promise<Omit<FromWorker, "id">> {
  const { key } = task;
  if (task.op === "unload") {
    machines.delete(key);
    return { text: "" };
  }
  if (task.op === "load") {
    const machine = await createMachine(task);
    machines.set(key, machine);
    return { text: "", ...machine.load() };
  }
  const machine = machines.get(key)!;
  const exceeded = machine.begin(task.inputs, task.state);
  if (exceeded !== null) return { text: "[]", exceeded, state: task.state };
  return run(machine, task.name);
}

/** Turn after turn until all is answered, a limit is hit, or it is another script's time. */
function run(machine: Machine, name: string): Omit<FromWorker, "id"> {
  const parts: string[] = [];
  const untilMs = performance.now() + MOST_MS;
  for (let chars = 0;;) {
    const { text, state, done, exceeded } = machine.turn(name);
    const inner = text.slice(1, -1);
    if (inner !== "") parts.push(inner);
    chars += inner.length;
    if (done || exceeded !== undefined || chars > MOST_CHARS || performance.now() > untilMs) {
      return { text: `[${parts.join(",")}]`, exceeded, state };
    }
  }
}

/** Of one script at a time. */
const MOST_MS = 100;
const MOST_CHARS = 1_000_000;

let last: Promise<void> = Promise.resolve();
scope.onmessage = ({ data }) => {
  last = last.then(async () => {
    const { id, key } = data;
    try {
      scope.postMessage({ id, ...await answer(data) });
    } catch (error) {
      // An abort, or the stack ran out inside WebAssembly: what the instance holds is not whole.
      machines.delete(key);
      scope.postMessage({ id, text: "[]", exceeded: "memory", detail: `${error}` });
    }
  });
};
scope.postMessage({ id: READY, text: "" });
