/**
 * DESIGN. A live picture is a body of parts that replace each other (multipart/x-mixed-replace). Browsers show a
 * part once they see that it is over, and Chromium shows the one before until the headers of the next came
 * (bug 527446): so the boundary and the headers of the next part follow right after each picture, and parts say
 * no length. A viewer holds one picture: who reads slowly misses some and keeps nobody waiting. One that takes
 * nothing is dropped, and so is one that has looked for very long: browsers keep memory for each part.
 */
import type { Clock } from "../base/clock.ts";
import type { Viewer } from "./picture.ts";

const BOUNDARY = "perch-picture";
export const LIVE_TYPE = `multipart/x-mixed-replace; boundary=${BOUNDARY}`;

export interface LiveLimits {
  /** It took nothing for so long: it is dropped. */
  stallMs: number;
  /** No picture came for so long: it is ended, so that nobody holds a connection that is dead. */
  quietMs: number;
  /** It is ended; who wants more asks again. */
  oldestMs: number;
}

export const LIVE_LIMITS: LiveLimits = {
  stallMs: 10_000,
  quietMs: 60_000,
  oldestMs: 30 * 60_000,
};

export interface LiveStream {
  body: ReadableStream<Uint8Array>;
  end(): void;
}

const LOOK_MS = 1_000;
const utf8 = new TextEncoder();
const NEXT = utf8.encode(`\r\n--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`);
const FIRST = NEXT.subarray(2);

/** The pictures that a viewer sees, as the body of an answer. `onOver` is called once, however it ends. */
export function createLiveStream(
  { clock, viewer, pieceOf, onOver, limits = LIVE_LIMITS }: {
    clock: Clock;
    viewer: Viewer;
    /** Shared by all viewers. */
    pieceOf: LivePieces;
    onOver: () => void;
    limits?: LiveLimits;
  },
): LiveStream {
  const life = new AbortController();
  const startedMs = clock.monotonic();
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let pictureMs = startedMs;
  /** Since when a part waits to be taken; null: all were taken. */
  let offeredMs: number | null = startedMs;

  /** True for whoever is the first to end it. */
  function over(): boolean {
    if (life.signal.aborted) return false;
    life.abort(new DOMException("the stream is over", "AbortError"));
    viewer.close();
    onOver();
    return true;
  }
  function end(): void {
    if (over()) controller.close();
  }
  function look(): void {
    const nowMs = clock.monotonic();
    if (offeredMs !== null && nowMs - offeredMs >= limits.stallMs) {
      if (over()) controller.error(new Error("nobody takes the pictures"));
    } else if (nowMs - pictureMs >= limits.quietMs || nowMs - startedMs >= limits.oldestMs) end();
  }
  async function watch(): Promise<void> {
    for (;;) {
      await clock.sleep(LOOK_MS, life.signal);
      look();
    }
  }

  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
      controller.enqueue(FIRST);
      watch().catch(() => {});
    },
    async pull() {
      offeredMs = null;
      const frame = await viewer.next(life.signal).catch(() => null);
      if (life.signal.aborted) return;
      if (frame === null) return end();
      offeredMs = pictureMs = clock.monotonic();
      controller.enqueue(pieceOf(frame.jpeg));
    },
    cancel: () => void over(),
  });
  return { body, end };
}

/** Makes of a picture the piece that is sent. */
export type LivePieces = (jpeg: Uint8Array) => Uint8Array;

/** A picture and what begins the next part, as one piece; all viewers of a picture are handed the same bytes. */
export function createLivePieces(): LivePieces {
  // As long as somebody has the picture.
  const pieces = new WeakMap<Uint8Array, Uint8Array>();
  return (jpeg) => {
    const made = pieces.get(jpeg);
    if (made !== undefined) return made;
    const bytes = new Uint8Array(jpeg.length + NEXT.length);
    bytes.set(jpeg);
    bytes.set(NEXT, jpeg.length);
    pieces.set(jpeg, bytes);
    return bytes;
  };
}
