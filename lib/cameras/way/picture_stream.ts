import { messageOf } from "../../base/errors.ts";
import { FeedError } from "../fault.ts";
import { SILENCE_MS, type StreamWay, type WayDeps } from "./way.ts";
import { silent } from "./way_fault.ts";

/** What a way over HTTP does, apart from where its pictures come from. */
export interface PictureSource {
  /** The next ones, as parts; null: the camera ended them. @throws FeedError */
  next(): Promise<Uint8Array<ArrayBuffer>[] | null>;
  /** Ends what is open. */
  close(): void;
}

export interface Heard {
  /** Called with each piece that came from the camera. */
  heard(bytes: number): void;
  /** Aborts when the way is closed, or the camera silent. */
  signal: AbortSignal;
}

/** A way whose pictures are pulled: whoever takes none makes the camera wait. */
export function createPictureStream(
  deps: WayDeps,
  open: (heard: Heard) => PictureSource,
): StreamWay {
  const { silenceMs = SILENCE_MS } = deps;
  const life = new AbortController();
  let fault: FeedError | null = null;
  let bytes = 0;
  let lastByteAtMs = performance.now();
  let waiting = false;
  let waitingSinceMs = 0;
  const source = open({
    signal: life.signal,
    heard(length) {
      bytes += length;
      lastByteAtMs = performance.now();
    },
  });

  function end(why: FeedError | null): void {
    if (life.signal.aborted) return;
    fault = why;
    clearInterval(watch);
    deps.signal.removeEventListener("abort", onAbort);
    life.abort();
    source.close();
  }

  const stdin = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      waiting = true;
      waitingSinceMs = performance.now();
      try {
        const parts = await source.next();
        if (parts === null) end(new FeedError("unreachable", "The camera ended its pictures."));
        else for (const part of parts) controller.enqueue(part);
      } catch (error) {
        end(faultOf(error));
      } finally {
        waiting = false;
      }
      if (life.signal.aborted) controller.close();
    },
    cancel: () => end(null),
  }, { highWaterMark: 0 });

  const onAbort = () => end(null);
  const watch = setInterval(() => {
    const sinceMs = Math.max(lastByteAtMs, waitingSinceMs);
    if (waiting && performance.now() - sinceMs > silenceMs) end(silent(silenceMs));
  }, silenceMs / 10);
  deps.signal.addEventListener("abort", onAbort);
  if (deps.signal.aborted) end(null);

  return {
    stdin,
    fault: () => fault,
    bytes: () => bytes,
    close() {
      end(null);
      return Promise.resolve();
    },
  };
}

function faultOf(error: unknown): FeedError {
  if (error instanceof FeedError) return error;
  return new FeedError("unreachable", `The way to the camera broke: ${messageOf(error)}.`, {
    cause: error,
  });
}
