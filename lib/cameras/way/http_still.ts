import { Buffer } from "node:buffer";
import { FeedError, type FeedFault } from "../fault.ts";
import { askForPictures } from "./http_ask.ts";
import { MOST_BYTES, pictureIn, tooMuch } from "./multipart.ts";
import { createPictureStream, type Heard } from "./picture_stream.ts";
import { partOf } from "./pictures_out.ts";
import { createSignIn, type SignIn } from "./sign_in.ts";
import type { CameraAddress } from "./target.ts";
import { SILENCE_MS, type StreamWay, type WayDeps } from "./way.ts";

/** Asks that fail after each other before the way counts as broken: one may fail. */
const MOST_FAILURES = 2;
const PASSING = new Set<FeedFault>(["unreachable", "no_picture"]);

const damaged = () =>
  new FeedError(
    "no_picture",
    "What the camera gives is damaged, or no picture: check its address in the settings.",
  );

/** A picture every so often, each asked for by itself. @throws FeedError */
export async function openHttpStill(
  address: CameraAddress,
  deps: WayDeps & { everyMs: number },
): Promise<StreamWay> {
  const signIn = createSignIn(address.user === "" && address.password === "" ? null : address);
  // Whoever answers with something else is told at once.
  const { body, form } = await askForPictures(address, signIn, deps);
  await body.cancel();
  if (form === "multipart") {
    throw new FeedError(
      "no_picture",
      "The camera answers with a stream, not with one picture: choose the kind for MJPEG over HTTP.",
    );
  }
  return stillsOf(address, signIn, deps, deps.everyMs);
}

/** The same of a camera that was asked already. */
export function stillsOf(
  address: CameraAddress,
  signIn: SignIn,
  deps: WayDeps,
  everyMs: number,
): StreamWay {
  const silenceMs = everyMs + (deps.silenceMs ?? SILENCE_MS);
  return createPictureStream({ ...deps, silenceMs }, (heard) => {
    let dueAtMs = performance.now();
    let failures = 0;
    return {
      async next() {
        for (;;) {
          await until(dueAtMs, heard.signal);
          dueAtMs = Math.max(dueAtMs + everyMs, performance.now());
          try {
            const part = partOf(await oneOf(address, signIn, deps, heard));
            if (part === null) throw damaged();
            failures = 0;
            return [part];
          } catch (error) {
            const lasting = !(error instanceof FeedError) || !PASSING.has(error.fault);
            if (lasting || heard.signal.aborted || ++failures >= MOST_FAILURES) throw error;
          }
        }
      },
      close() {},
    };
  });
}

async function oneOf(
  address: CameraAddress,
  signIn: SignIn,
  deps: WayDeps,
  { heard, signal }: Heard,
): Promise<Uint8Array> {
  const { body } = await askForPictures(address, signIn, { ...deps, signal });
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of body) {
      heard(part.length);
      parts.push(part);
      if ((length += part.length) > MOST_BYTES) throw tooMuch();
    }
  } catch (error) {
    if (error instanceof FeedError) throw error;
    throw new FeedError("unreachable", "The connection broke within a picture.", { cause: error });
  }
  const picture = pictureIn(Buffer.concat(parts));
  if (picture === null) throw new FeedError("unreachable", "The camera's picture is cut off.");
  return picture;
}

function until(atMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, atMs - performance.now()));
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
