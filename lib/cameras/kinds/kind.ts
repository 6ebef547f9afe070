/** The contract of a kind of camera: one file here, one line in `mod.ts`. */
import type { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import type { KernelFiles } from "../../base/kernel_files.ts";
import type { Outgoing } from "../../base/outgoing.ts";
import type { FeedError } from "../fault.ts";
import type { Ffmpeg } from "../ffmpeg/find.ts";
export { FeedError, type FeedFault } from "../fault.ts";

export interface CameraKind {
  /** `rtsp`; stable, it is stored. */
  kind: string;
  title: string;
  /** One sentence: what it is for. */
  about: string;
  /** Strict, each field with title and help; `secret: true` in its meta keeps it encrypted and unanswered. */
  options: z.ZodObject;
  /** What people typed as it is kept: a password that stands in the address becomes an option of its own. */
  prepare?(options: Readonly<Record<string, unknown>>): Record<string, unknown>;
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
  clock: Clock;
  /** `192.168.1.20:554`: allowed by an admin for this camera alone. */
  allowed: string | null;
  /** Where films may stand: `<data>/cameras/files`. */
  filesFolder: string;
  /** Sees `DEVICE_ROOTS`; Deno itself shows no device to a program without `--allow-all`. */
  kernel: Pick<KernelFiles, "read" | "list">;
  /** What a kind remembers of this camera while Perch runs: the name of its device, say. */
  memory: Map<string, string>;
  /** Pictures a second that are wanted, of what is asked for them one by one. */
  fps: number;
  /** Somebody looks: pictures are not kept waiting. */
  isWatched: boolean;
  /** Where programs are looked for; default: as Perch itself was. */
  path?: string;
  signal: AbortSignal;
}

/** What a `FeedDeps.kernel` must be able to see. */
export const DEVICE_ROOTS = ["/dev/v4l", "/sys/class/video4linux"] as const;

/** What ffmpeg reads. */
export interface Feed {
  /** Arguments up to and with `-i`: never a password, never an address of the camera. */
  input: string[];
  /** Goes to the standard input of ffmpeg. */
  stdin?: ReadableStream<Uint8Array>;
  /** Frames come as JPEG and are passed on as they are. */
  jpeg: boolean;
  /** It may be opened a second time while it is open: not so a device. */
  twice: boolean;
  /** How much came of the camera, where that is known: silence is seen by it, also while no picture is due. */
  bytes?(): number;
  /** Why the way broke, once it did; null: it did not. */
  fault(): FeedError | null;
  close(): Promise<void>;
}
