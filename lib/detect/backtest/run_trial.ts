/** One backtest: recorded readings, page by page, to a worker that judges them. */
import type { Clock } from "../../base/clock.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import type { BacktestResult, FromTrial, ToTrial, TrialTask } from "./shapes.ts";

const PAGE_READINGS = 10_000;
/** Readings before the range from which a detector learns what is usual: as long as the range, at most this. */
const WARM_UP_MOST_MS = 7 * 86_400_000;
/** A page takes milliseconds; a worker that needs this long hangs. */
const PAGE_MS = 60_000;

/**
 * Runs a task over the readings of its range, and some before it to warm up. `sensor` is the storage number;
 * `onProgress` gets 0…1. Rejects with the signal's reason at once when it aborts.
 */
export async function runTrial(
  { clock, readings }: { clock: Clock; readings: Pick<ReadingsStore, "raw"> },
  sensor: number,
  task: TrialTask,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (share: number) => void },
): Promise<BacktestResult> {
  const { fromMs, toMs } = task;
  const startMs = Math.max(0, fromMs - Math.min(toMs - fromMs, WARM_UP_MOST_MS));
  const worker = startWorker(clock, signal);
  try {
    await worker.ask({ kind: "start", task });
    let cursor: string | undefined;
    do {
      const page = await readings.raw({
        sensor,
        fromMs: startMs,
        toMs,
        limit: PAGE_READINGS,
        cursor,
      });
      const { tMs, value, next } = page;
      const lastMs = tMs.at(-1) ?? toMs;
      await worker.ask({ kind: "page", tMs, value }, [tMs.buffer, value.buffer]);
      onProgress(Math.min(0.99, (lastMs - startMs) / (toMs - startMs)));
      cursor = next ?? undefined;
    } while (cursor !== undefined);
    const answer = await worker.ask({ kind: "end" });
    if (answer.kind !== "done") throw new Error("the backtest's worker gave no result");
    return answer.result;
  } finally {
    worker.end();
  }
}

interface TrialWorker {
  /** One question at a time. */
  ask(message: ToTrial, transfer?: Transferable[]): Promise<FromTrial>;
  end(): void;
}

function startWorker(clock: Clock, signal: AbortSignal): TrialWorker {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./backtest_worker.ts", import.meta.url), {
    type: "module",
    name: "backtest",
  });
  let settle: { resolve: (answer: FromTrial) => void; reject: (error: unknown) => void } | null =
    null;
  const fail = (error: unknown) => settle?.reject(error);
  const onAbort = () => fail(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  worker.onmessage = ({ data }: MessageEvent<FromTrial>) => {
    if (data.kind === "failed") fail(new Error(data.message));
    else settle?.resolve(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    fail(new Error(`the backtest's worker ended: ${event.message}`));
  };
  return {
    async ask(message, transfer = []) {
      signal.throwIfAborted();
      const late = new AbortController();
      try {
        return await new Promise<FromTrial>((resolve, reject) => {
          settle = { resolve, reject };
          clock.sleep(PAGE_MS, late.signal).then(
            () => reject(new Error("the backtest's worker does not answer any more")),
            () => {},
          );
          worker.postMessage(message, transfer);
        });
      } finally {
        late.abort();
      }
    },
    end() {
      signal.removeEventListener("abort", onAbort);
      worker.terminate();
    },
  };
}
