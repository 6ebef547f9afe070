/**
 * Gets pictures of one camera for as long as somebody looks: as a stream while the browser has a connection left for
 * it, else one a second. A page gets such single pictures one after the other, so all of them take one connection.
 */
import { boundaryOf, createPictureParser } from "./picture_parser.ts";
import { browserChannel, createStreamPlaces } from "./stream_places.ts";
import { fetchOwn } from "./own.ts";

export interface Picture {
  jpeg: Blob;
  /** How old it was when it came. */
  ageMs: number;
}

export interface FeedOptions {
  /** Address of the camera in the API. */
  address: string;
  /** A stream where one can be had. */
  live: boolean;
  show(picture: Picture): void;
  /** What happens now: a stream, single pictures, or nothing. */
  mode(mode: FeedMode): void;
}
export type FeedMode = "live" | "still" | "none";

const STILL_EVERY_MS = 1_000;
/** So long without a byte, and a stream is asked for anew. */
const SILENCE_MS = 10_000;
/** Browsers and proxies do not like what never ends. */
const LONGEST_MS = 30 * 60_000;
const MOST_RETRY_MS = 5_000;
/** A picture that waits for a connection for its stream asks after so many single ones. */
const STILLS_BEFORE_ASKING = 5;

/** Starts it; the function that comes back ends it, and gives its connection back at once. */
export function feedPictures(options: FeedOptions): () => void {
  const stop = new AbortController();
  run(options, stop.signal).catch(() => {});
  return () => stop.abort();
}

async function run({ address, live, show, mode }: FeedOptions, stop: AbortSignal): Promise<void> {
  const places = createStreamPlaces({
    channel: live ? browserChannel() : null,
    id: Math.random().toString(36),
    picture: true,
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  stop.addEventListener("abort", places.leave);
  let failures = 0;
  for (let turn = 0; !stop.aborted; turn++) {
    const attempt = attemptUntil(stop);
    const streams = live && turn % STILLS_BEFORE_ASKING === 0 && await places.take(attempt.end);
    if (stop.aborted) break;
    let got = 0;
    const count = (picture: Picture) => {
      got++;
      mode(streams ? "live" : "still");
      show(picture);
    };
    try {
      if (streams) await readStream(address, attempt, count);
      else await inTurn(() => readStill(address, attempt, count));
    } catch {
      // Whatever the reason: it is tried again, and meanwhile the picture gets old.
    }
    attempt.end();
    places.give();
    if (streams || got === 0) mode("none");
    if (streams) turn = got > 0 ? -1 : 0;
    failures = got > 0 ? 0 : failures + 1;
    await sleep(failures === 0 ? STILL_EVERY_MS : retryMs(failures), stop);
  }
  places.give();
}

function retryMs(failures: number): number {
  return Math.min(MOST_RETRY_MS, STILL_EVERY_MS * 2 ** (failures - 1)) *
    (0.7 + Math.random() * 0.6);
}

/** One attempt: it ends when it is told to, with `stop`, or when nothing comes for too long. */
interface Attempt {
  signal: AbortSignal;
  end(): void;
  /** Something came. */
  alive(): void;
}

function attemptUntil(stop: AbortSignal): Attempt {
  const controller = new AbortController();
  let silence: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(silence);
    silence = setTimeout(end, SILENCE_MS);
  };
  const longest = setTimeout(end, LONGEST_MS);
  function end(): void {
    clearTimeout(silence);
    clearTimeout(longest);
    stop.removeEventListener("abort", end);
    controller.abort();
  }
  stop.addEventListener("abort", end);
  alive();
  return { signal: controller.signal, end, alive };
}

async function readStream(
  address: string,
  { signal, alive }: Attempt,
  show: (picture: Picture) => void,
): Promise<void> {
  const answer = await fetchOwn(`${address}/stream`, { signal, cache: "no-store" });
  const boundary = boundaryOf(answer.headers.get("content-type") ?? "");
  if (!answer.ok || boundary === null) return void await answer.body?.cancel();
  const parse = createPictureParser(boundary);
  const reader = answer.body!.getReader();
  // The first is the newest that there is, however old; later ones come as they are taken.
  let ageMs = ageOf(answer.headers);
  for (let read; !(read = await reader.read()).done;) {
    alive();
    const jpeg = parse(read.value);
    if (jpeg === null) continue;
    show({ jpeg: new Blob([jpeg], { type: "image/jpeg" }), ageMs });
    ageMs = 0;
  }
}

async function readStill(
  address: string,
  { signal }: Attempt,
  show: (picture: Picture) => void,
): Promise<void> {
  const answer = await fetchOwn(`${address}/snapshot`, { signal, cache: "no-store" });
  if (!answer.ok) return void await answer.body?.cancel();
  show({ jpeg: await answer.blob(), ageMs: ageOf(answer.headers) });
}

function ageOf(headers: Headers): number {
  return Number(headers.get("x-picture-age-ms") ?? 0);
}

let turns: Promise<unknown> = Promise.resolve();

function inTurn(run: () => Promise<void>): Promise<void> {
  const mine = turns.then(run);
  turns = mine.catch(() => {});
  return mine;
}

function sleep(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stop.addEventListener("abort", done);
  });
}
