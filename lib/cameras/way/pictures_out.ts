/** Pictures as the standard input of ffmpeg takes them (`-f mpjpeg`), none of which is too large to decode. */
import { fileTypeOf } from "../../base/file_type.ts";
import { FeedError } from "../fault.ts";

/** Those of 8K have 33 million; decoding more would take the memory of a small host. */
const MOST_PIXELS = 36_000_000;
const JPEG = "image/jpeg";

/**
 * A picture as one part; null: it is damaged.
 * @throws FeedError `no_picture` for one that is too large, as its header says
 */
export function partOf(picture: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const size = sizeOf(picture);
  if (size === null) return null;
  if (size.width * size.height > MOST_PIXELS) {
    throw new FeedError(
      "no_picture",
      `The camera's pictures have ${size.width} × ${size.height} pixels, more than ${
        MOST_PIXELS / 1e6
      } million: choose smaller ones in its own settings.`,
    );
  }
  const head = new TextEncoder().encode(
    `--frame\r\nContent-type: ${JPEG}\r\nContent-length: ${picture.length}\r\n\r\n`,
  );
  const part = new Uint8Array(head.length + picture.length + 2);
  part.set(head);
  part.set(picture, head.length);
  part.set([0x0d, 0x0a], head.length + picture.length);
  return part;
}

function sizeOf(picture: Uint8Array): { width: number; height: number } | null {
  try {
    return fileTypeOf(picture, [JPEG], Infinity).picture;
  } catch {
    return null;
  }
}
