/** Trains one model and ends: the work of seconds stays off the main loop. Started by `train_in_worker.ts`. */
import { saveMachine, trainMachine } from "../forest/machine.ts";
import { trainFleet } from "../life/fleet/fleet.ts";
import { saveFleet } from "../life/fleet/saved_fleet.ts";
import type { TrainAnswer, TrainTask } from "./train_in_worker.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<TrainTask>) => void;
  postMessage: (answer: TrainAnswer, transfer?: Transferable[]) => void;
};

async function train(task: TrainTask): Promise<TrainAnswer> {
  const started = performance.now();
  const bytes = "runs" in task
    ? saveFleet(trainFleet(task.runs, task.columns))
    : saveMachine(trainMachine(task.sensors, task.data, task.rows));
  const trainMs = performance.now() - started;
  // No Blob: what it holds belongs to the process, and stays when the worker ends.
  const stream = ReadableStream.from([bytes.slice()]).pipeThrough(new CompressionStream("gzip"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  return { ok: true, packed, bytes: bytes.byteLength, trainMs };
}

scope.onmessage = async ({ data }) => {
  try {
    const answer = await train(data);
    scope.postMessage(answer, answer.ok ? [answer.packed.buffer] : []);
  } catch (error) {
    scope.postMessage({ ok: false, message: (error as Error).message });
  }
};
