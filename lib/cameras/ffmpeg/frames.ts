/** Reads pictures out of what ffmpeg writes with `-f mpjpeg`. */
import { FeedError } from "../fault.ts";
import { MOST_PIXELS } from "./arguments.ts";
import { jpegSize } from "./jpeg.ts";

const HEADER_BYTES_MOST = 1_024;
export const FRAME_BYTES_MOST = 16_000_000;
const LF = 10;

/** Takes bytes bit by bit, as they come. @throws FeedError from `push`; nothing more comes then */
export function createFrameReader(
  onFrame: (jpeg: Uint8Array<ArrayBuffer>) => void,
): { push(chunk: Uint8Array): void } {
  let header: number[] = [];
  let frame: Uint8Array<ArrayBuffer> | null = null;
  let filled = 0;

  /** Takes one byte of a header; the frame's room, when it is whole. */
  function takeHeader(byte: number): Uint8Array<ArrayBuffer> | null {
    header.push(byte);
    if (header.length > HEADER_BYTES_MOST) throw notPictures("a header of more than 1 kB");
    if (byte !== LF) return null;
    const text = String.fromCharCode(...header);
    if (text === "\r\n" || text === "\n") {
      // What ends the picture before.
      header = [];
      return null;
    }
    if (!/\r?\n\r?\n$/.test(text)) return null;
    header = [];
    const length = Number(/^content-length: *(\d{1,12})\r?$/im.exec(text)?.[1] ?? NaN);
    if (Number.isNaN(length)) throw notPictures("a picture without a length");
    if (length > FRAME_BYTES_MOST) {
      throw new FeedError(
        "no_picture",
        `A picture has ${Math.round(length / 1e6)} MB; at most 16 are taken. Set a smaller ` +
          "picture at the camera.",
      );
    }
    return new Uint8Array(length);
  }

  function done(whole: Uint8Array<ArrayBuffer>): void {
    frame = null;
    const size = jpegSize(whole);
    if (size !== null && size.width * size.height > MOST_PIXELS) {
      throw tooManyPixels(size.width, size.height);
    }
    if (size !== null) onFrame(whole);
  }

  return {
    push(chunk) {
      for (let at = 0; at < chunk.length;) {
        if (frame === null) {
          frame = takeHeader(chunk[at++]);
          filled = 0;
          continue;
        }
        const part = chunk.subarray(at, at + frame.length - filled);
        frame.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled === frame.length) done(frame);
      }
    },
  };
}

export function tooManyPixels(width: number, height: number): FeedError {
  return new FeedError(
    "no_picture",
    `The camera's pictures have ${width} x ${height} pixels; at most 40 million are taken. Set a ` +
      "smaller picture at the camera.",
  );
}

function notPictures(what: string): FeedError {
  return new FeedError("no_picture", `What came are no pictures: ${what}.`);
}
