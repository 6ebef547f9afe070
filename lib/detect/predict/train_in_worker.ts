import type { Clock } from "../../base/clock.ts";
import type { Run } from "../life/fleet/run_features.ts";

/** Message to the worker: rows of a machine, or whole lives of machines of a kind. */
export type TrainTask =
  | { sensors: string[]; data: Float64Array; rows: number }
  | { runs: Run[]; columns: number };
/** Its answer. */
export type TrainAnswer =
  | { ok: true; packed: Uint8Array<ArrayBuffer>; bytes: number; trainMs: number }
  | { ok: false; message: string };

/** A worker that learns longer than this hangs. */
const LONGEST_MS = 5 * 60_000;

/** Starts a worker for one model and ends it. @throws RangeError when the rows are no model */
export async function trainInWorker(
  task: TrainTask,
  clock: Clock,
  signal: AbortSignal,
): Promise<TrainAnswer & { ok: true }> {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./train_worker.ts", import.meta.url), {
    type: "module",
    name: "training",
  });
  const late = new AbortController();
  let onAbort = () => {};
  try {
    const answer = await new Promise<TrainAnswer>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<TrainAnswer>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`the training worker ended: ${event.message}`));
      };
      onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      clock.sleep(LONGEST_MS, late.signal).then(
        () => reject(new Error("training took longer than five minutes and was ended")),
        () => {},
      );
      const data = "runs" in task ? task.runs.map((run) => run.data) : [task.data];
      worker.postMessage(task, data.map(({ buffer }) => buffer));
    });
    if (!answer.ok) throw new RangeError(answer.message);
    return answer;
  } finally {
    late.abort();
    // It would hold the model for as long as the task runs.
    signal.removeEventListener("abort", onAbort);
    worker.terminate();
  }
}
