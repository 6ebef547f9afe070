/** The contract of a kind of camera: one file here, one line in `mod.ts`. */
import type { z } from "zod";
import type { Outgoing } from "../../base/outgoing.ts";
import type { Ffmpeg } from "../ffmpeg/find.ts";

export interface CameraKind {
  /** `rtsp`; stable, it is stored. */
  kind: string;
  title: string;
  /** One sentence: what it is for. */
  about: string;
  /** Strict, each field with title and help; `secret: true` in its meta keeps it encrypted and unanswered. */
  options: z.ZodObject;
  /** Frames come as JPEG and are passed on as they are. */
  jpeg: boolean;
  /** Where it connects to; null: nowhere. @throws PerchError `validation` for an address that cannot be used */
  target(options: Readonly<Record<string, unknown>>): { host: string; port: number } | null;
  /**
   * Opens the way to the pictures. What it opened is closed when `signal` aborts or `close` is called, whichever
   * comes first. @throws FeedError
   */
  open(options: Readonly<Record<string, unknown>>, deps: FeedDeps): Promise<Feed>;
}

export interface FeedDeps {
  outgoing: Outgoing;
  ffmpeg: Ffmpeg;
  /** `192.168.1.20:554`: allowed by an admin for this camera alone. */
  allowed: string | null;
  signal: AbortSignal;
}

/** What ffmpeg reads. */
export interface Feed {
  /** Arguments up to and with `-i`: never a password, never an address of the camera. */
  input: string[];
  /** Goes to the standard input of ffmpeg. */
  stdin?: ReadableStream<Uint8Array>;
  /** Why the way broke, once it did; null: it did not. */
  fault(): FeedError | null;
  close(): Promise<void>;
}

export type FeedFault =
  /** A program is missing or too old. */
  | "program"
  /** The device or file is not there. */
  | "missing"
  /** Nobody answers at the address, or no longer. */
  | "unreachable"
  /** An admin has to allow the address. */
  | "not_allowed"
  /** User name or password. */
  | "sign_in"
  /** It answers, and not with pictures: a page, a redirect, too much without a picture. */
  | "no_picture";

/** Why there are no pictures: a sentence that says what to do, without secrets. */
export class FeedError extends Error {
  override readonly name = "FeedError";
  constructor(readonly fault: FeedFault, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
