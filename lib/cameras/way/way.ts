/** What a way to a network camera is, whatever it speaks. */
import type { Outgoing } from "../../base/outgoing.ts";
import type { FeedError } from "../fault.ts";

export interface WayDeps {
  outgoing: Outgoing;
  /** `192.168.1.20:554`: allowed by an admin for this camera alone. */
  allowed: string | null;
  /** Closes it. */
  signal: AbortSignal;
  /** A camera that says nothing for so long is gone. Default 10 s. */
  silenceMs?: number;
}

export interface Way {
  /** Why it broke, once it did; null: it did not. */
  fault(): FeedError | null;
  /** That came from the camera. */
  bytes(): number;
  /** When it resolves, every connection is closed. */
  close(): Promise<void>;
}

/** A way that ffmpeg connects to. */
export interface RelayWay extends Way {
  /** `rtsp://127.0.0.1:40123/camera` */
  url: string;
}

/** A way whose pictures are handed to the standard input of ffmpeg: `-f mpjpeg -i pipe:0`. */
export interface StreamWay extends Way {
  stdin: ReadableStream<Uint8Array<ArrayBuffer>>;
}

export const SILENCE_MS = 10_000;
