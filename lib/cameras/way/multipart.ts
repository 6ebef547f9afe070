/** The pictures in an endless multipart answer, as cameras write it: with a wrong length, with none, cut off. */
import { Buffer } from "node:buffer";
import { FeedError } from "../fault.ts";

/** A camera that sends so much without one whole picture sends none. */
export const MOST_BYTES = 16 * 1024 * 1024;

const START = Uint8Array.of(0xff, 0xd8);
const END = Uint8Array.of(0xff, 0xd9);
const LF = 0x0a;
const MOST_HEAD = 8 * 1024;
const FIRST_LINE = 300;

/**
 * Hands out each picture once it is whole; what is none is left out. `contentType` of the answer names the boundary;
 * if it does not, the first line does.
 * @throws FeedError `no_picture` after too much without one
 */
export function createParts(contentType: string): (chunk: Uint8Array) => Uint8Array<ArrayBuffer>[] {
  const kept = createStore();
  let boundary = boundaryIn(contentType);
  /** What the head of the part says; null: it is still to come. */
  let part: { length: number | null } | null = null;
  let searchedTo = 0;
  let bytesWithout = 0;

  function drop(bytes: number): void {
    kept.drop(bytes);
    searchedTo = 0;
  }

  /** The boundary from where it was not looked for yet; -1: it is not there. */
  function nextBoundary(bytes: Buffer, word: string): number {
    const at = bytes.indexOf(word, searchedTo, "latin1");
    searchedTo = at === -1 ? Math.max(0, bytes.length - word.length) : at;
    return at;
  }

  /** Goes to the body of the next part; false: its head is not all there. */
  function toBody(): boolean {
    boundary ??= firstLine(kept.bytes());
    if (boundary === null) return false;
    if (nextBoundary(kept.bytes(), boundary) === -1) {
      drop(searchedTo);
      return false;
    }
    drop(searchedTo);
    const bytes = kept.bytes();
    const end = headEnd(bytes);
    if (end === null) return false;
    const length = /^content-length:\s*(\d+)/im.exec(bytes.toString("latin1", 0, end))?.[1];
    part = { length: length === undefined ? null : Number(length) };
    drop(end);
    return true;
  }

  /** The picture of the part; undefined: not all of it is there; null: it holds none. */
  function takePicture(length: number | null): Uint8Array<ArrayBuffer> | null | undefined {
    const bytes = kept.bytes();
    // As long as it says, and whole: nobody waits for the next part.
    const asSaid = length !== null && length <= bytes.length && endsPicture(bytes, length);
    const end = asSaid ? length : nextBoundary(bytes, boundary!);
    if (end === -1) return undefined;
    const picture = pictureIn(bytes.subarray(0, end));
    drop(end);
    part = null;
    return picture;
  }

  return (chunk) => {
    kept.add(chunk);
    bytesWithout += chunk.length;
    const pictures: Uint8Array<ArrayBuffer>[] = [];
    while (part !== null || toBody()) {
      const picture = takePicture(part!.length);
      if (picture === undefined) break;
      if (picture === null) continue;
      pictures.push(picture);
      bytesWithout = 0;
    }
    if (bytesWithout > MOST_BYTES) throw tooMuch();
    return pictures;
  };
}

/** `--name`, with which the line between parts begins, whether the answer writes the dashes or not. */
function boundaryIn(contentType: string): string | null {
  const found = /boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  const name = (found?.[1] ?? found?.[2])?.replace(/^-+/, "");
  return name === undefined || name === "" ? null : `--${name}`;
}

const firstLine = (bytes: Buffer) =>
  /^\s*(--[^\r\n]+)\r?\n/.exec(bytes.toString("latin1", 0, FIRST_LINE))?.[1] ?? null;

function headEnd(bytes: Buffer): number | null {
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === LF) return at + 3;
    if (at > MOST_HEAD) return at + 1;
  }
  return null;
}

const endsPicture = (bytes: Buffer, at: number) =>
  bytes[at - 2] === END[0] && bytes[at - 1] === END[1];

/** The JPEG in some bytes, from its first marker to its last; null: there is no whole one. */
export function pictureIn(part: Buffer): Uint8Array<ArrayBuffer> | null {
  const from = part.indexOf(START);
  const to = part.lastIndexOf(END);
  return from === -1 || to <= from ? null : new Uint8Array(part.subarray(from, to + END.length));
}

export const tooMuch = () =>
  new FeedError(
    "no_picture",
    `The camera sent ${
      MOST_BYTES / 1024 / 1024
    } MB without a picture: check the address in the settings.`,
  );

/** Bytes that are added behind and dropped in front; what `bytes` gave holds until the next `add`. */
function createStore() {
  let room = Buffer.allocUnsafe(128 * 1024);
  let from = 0;
  let to = 0;
  return {
    bytes: () => room.subarray(from, to),
    drop: (bytes: number) => void (from += bytes),
    add(chunk: Uint8Array) {
      const length = to - from;
      if (to + chunk.length > room.length) {
        const larger = length + chunk.length > room.length / 2
          ? Buffer.allocUnsafe(2 * (length + chunk.length))
          : room;
        room.copy(larger, 0, from, to);
        [room, from, to] = [larger, 0, length];
      }
      room.set(chunk, to);
      to += chunk.length;
    },
  };
}
