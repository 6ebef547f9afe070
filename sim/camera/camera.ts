import type { Clock } from "../../lib/base/clock.ts";
import { messageOf } from "../../lib/base/errors.ts";
import type { Log } from "../../lib/base/log.ts";
import { type Pictures, startPictures } from "./pictures.ts";
import { type CameraMode, type CameraServer, type NextPicture, serveCamera } from "./server.ts";

/** A camera of the plant: a small HTTP server on this host, with faults. */
export interface SimCamera {
  /** Gives the port; null: there is no camera on this host, and the log says why. */
  start(): Promise<number | null>;
  /** How it is from now on. */
  play(mode: CameraMode): void;
  /** When it resolves, program, port and connections are gone. */
  stop(): Promise<void>;
}

export interface SimCameraDeps {
  clock: Clock;
  log: Log;
  /** Where it was the last time; 0: anywhere. */
  port?: () => number;
}

interface Picture {
  jpeg: Uint8Array<ArrayBuffer>;
  sequence: number;
}

const AGAIN_MS = 1_000;
const FIRST_MS = 10_000;

/** Creates a camera that is off. */
export function createSimCamera({ clock, log, port: knownPort }: SimCameraDeps): SimCamera {
  let port = 0;
  let mode: CameraMode = "well";
  let running: AbortController | null = null;
  let painting: Promise<void> = Promise.resolve();
  let pictures: Pictures | null = null;
  let server: CameraServer | null = null;
  /** Opening and closing wait for each other. */
  let turn: Promise<unknown> = Promise.resolve();
  let black: Uint8Array<ArrayBuffer> | null = null;
  let newest: Picture | null = null;
  const waiting = new Set<() => void>();

  function onPicture(jpeg: Uint8Array<ArrayBuffer>): void {
    const sequence = (newest?.sequence ?? 0) + 1;
    if (sequence === 1) black = jpeg;
    const frozen = mode === "freeze" ? newest?.jpeg : undefined;
    newest = { jpeg: frozen ?? jpeg, sequence };
    if (mode !== "half-open") wake();
  }

  function wake(): void {
    [...waiting].forEach((one) => one());
  }

  const next: NextPicture = async (after, signal) => {
    while (!signal.aborted) {
      if (mode !== "half-open" && newest !== null && newest.sequence > after) {
        return { ...newest, jpeg: mode === "black" ? black! : newest.jpeg };
      }
      await new Promise<void>((resolve) => {
        const done = () => {
          waiting.delete(done);
          signal.removeEventListener("abort", done);
          resolve();
        };
        waiting.add(done);
        signal.addEventListener("abort", done);
      });
    }
    return null;
  };

  /** Whoever ends the program that paints has it again a second later. */
  async function paint(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const complaint = await pictures!.ended;
      if (signal.aborted) return;
      log.warn(`simulator: the camera's picture ended${complaint && `: ${complaint}`}`);
      await clock.sleep(AGAIN_MS, signal).catch(() => {});
      if (signal.aborted) return;
      try {
        pictures = startPictures({ onPicture });
      } catch (error) {
        return log.warn(`simulator: no picture of the camera any more: ${messageOf(error)}`);
      }
    }
  }

  function setServing(on: boolean): Promise<unknown> {
    turn = turn.then(async () => {
      if (on === (server !== null)) return;
      const closing = server;
      server = on ? serveCamera(port, next) : null;
      if (server !== null) port = server.port;
      await closing?.close();
    }).catch((error) => log.warn(`simulator: the camera cannot be reached: ${messageOf(error)}`));
    return turn;
  }

  async function start(): Promise<number | null> {
    if (running !== null) return port;
    mode = "well";
    newest = black = null;
    port ||= knownPort?.() ?? 0;
    try {
      pictures = startPictures({ onPicture });
      const first = pictures;
      const painted = await Promise.race([
        next(0, AbortSignal.timeout(FIRST_MS)),
        first.ended.then((why) => why),
      ]);
      if (painted === null || typeof painted === "string") {
        throw new Error(`ffmpeg paints no picture${painted && `: ${painted}`}`);
      }
    } catch (error) {
      log.warn(`simulator: the plant has no camera: ${messageOf(error)}`);
      await pictures?.stop();
      pictures = null;
      return null;
    }
    running = new AbortController();
    painting = paint(running.signal);
    await setServing(true);
    return server === null ? null : port;
  }

  async function stop(): Promise<void> {
    running?.abort();
    running = null;
    await pictures?.stop();
    pictures = null;
    await painting;
    await setServing(false);
  }

  return {
    start,
    play(wantedMode) {
      if (running === null || wantedMode === mode) return;
      mode = wantedMode;
      void setServing(mode !== "stop");
    },
    stop,
  };
}
