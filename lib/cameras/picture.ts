import type { FeedFault } from "./fault.ts";

/** A picture of a camera, as it came. */
export interface Frame {
  jpeg: Uint8Array<ArrayBuffer>;
  /** Wall clock. */
  tMs: number;
  /** Monotonic: the age of a picture is counted by it. */
  atMs: number;
  /** From 1 since Perch was started. */
  sequence: number;
}

/** What the picture is like, about once a second, from ffmpeg's `signalstats` (0…255). */
export interface Look {
  /** Monotonic. */
  atMs: number;
  brightness: number;
  darkest: number;
  brightest: number;
  /** Mean difference to the picture before; a still scene with the noise of a sensor gives some 0.3, a frozen one 0. */
  change: number;
}

/** Why an attempt to get pictures ended. */
export interface AttemptEnd {
  /** Frames that came meanwhile. */
  frames: number;
  /** One sentence for people, without secrets; null: it was ended by who began it. */
  why: string | null;
  fault: "ended" | "stalled" | "too_much" | FeedFault;
}

/** One viewer: the latest picture wins, so a slow one never keeps the camera waiting. */
export interface Viewer {
  /** The next picture that is newer than the last one given; null: the viewer, or the camera, ended. */
  next(signal?: AbortSignal): Promise<Frame | null>;
  close(): void;
}

/** The one process that gets pictures of a camera, and those who want them. */
export interface Capture {
  /**
   * Gets pictures until `signal` aborts or the source ends; when it resolves, process, relay and descriptors are gone.
   * Never rejects. `reopen`: the device is looked up anew by its stable path.
   */
  run(signal: AbortSignal, how?: { reopen?: boolean }): Promise<AttemptEnd>;
  /** The newest picture, also of a camera that gives none any more; null: there never was one. */
  latest(): Frame | null;
  /** The last ten pictures, a second apart at least, oldest first. */
  recent(): readonly Frame[];
  /** Sees every picture at most `fps` times a second. */
  watch(fps?: number): Viewer;
  viewers(): number;
  /** Pictures a second over the last 10 s. */
  fps(): number;
  onFrame(listener: (frame: Frame) => void): void;
  onLook(listener: (look: Look) => void): void;
  /** Ends viewers. */
  close(): void;
}
