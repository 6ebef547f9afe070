/**
 * Cuts a `multipart/x-mixed-replace` stream into its pictures. Pages read such a stream themselves rather than giving
 * its address to an `<img>`: of one, no browser says when a picture came, or that none comes any more.
 */

/** Of what arrived, the newest picture that is whole; null: none became whole. */
export type PictureParser = (chunk: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | null;

/** More than this without a boundary is no stream of pictures. */
const MOST_BYTES = 32 * 1024 * 1024;
const HEAD_END = bytesOf("\r\n\r\n");

/** `boundary` as the content type says it. */
export function createPictureParser(boundary: string): PictureParser {
  const mark = bytesOf(`--${boundary}`);
  let held = new Uint8Array(0);
  /** So far there is no boundary in what is held. */
  let searched = 0;
  return (chunk) => {
    held = joined(held, chunk);
    let newest: Uint8Array<ArrayBuffer> | null = null;
    for (let at; (at = indexOf(held, mark, searched)) >= 0; searched = 0) {
      newest = bodyOf(held.subarray(0, at)) ?? newest;
      held = held.slice(at + mark.length);
    }
    searched = Math.max(0, held.length - mark.length);
    if (held.length > MOST_BYTES) throw new Error("this is no stream of pictures");
    return newest;
  };
}

/** The boundary that a content type names; null: it is no stream of pictures. */
export function boundaryOf(contentType: string): string | null {
  return /^multipart\/x-mixed-replace;.*boundary="?(?:--)?([^";]+)/i.exec(contentType)?.[1] ?? null;
}

/** What stands between the lines before a picture and the line break after it. */
function bodyOf(part: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
  const head = indexOf(part, HEAD_END, 0);
  if (head < 0) return null;
  const body = part.subarray(head + HEAD_END.length);
  const end = body.length - (body.at(-2) === 13 ? 2 : 0);
  return end > 0 ? body.slice(0, end) : null;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = from; (at = bytes.indexOf(wanted[0], at)) >= 0; at++) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
