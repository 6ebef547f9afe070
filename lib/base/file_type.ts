import { imageSize } from "image-size";
import { filetypeinfo } from "magic-bytes.js";
import { PerchError } from "./errors.ts";

/** What a file is, by its content. */
export interface FileType {
  /** MIME type out of the allow-list. */
  type: string;
  /** Without a dot. */
  extension: string;
  /** Size as a picture is seen, in pixels; null for what is no picture. */
  picture: { width: number; height: number } | null;
}

export const PLAIN_TEXT = "text/plain";
const TEXT_EXTENSION = "txt";
/** An image-size name of each type of picture, and what browsers can show. */
const PICTURES: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/gif": "gif",
};
/** From here on, EXIF says that the picture lies on its side. */
const FIRST_SIDEWAYS = 5;

/**
 * Gives the type of a file by its magic bytes, never by its name or what the sender says. `allowed` are MIME
 * types; `text/plain` is whatever else is UTF-8 without control characters, however it begins (a log may begin
 * like a program, and markup is text as long as it is served as text).
 * @throws PerchError `validation` for an empty file, a type that is not allowed, and a picture whose header is
 * damaged or that has more than `mostPixels`.
 */
export function fileTypeOf(
  bytes: Uint8Array,
  allowed: readonly string[],
  mostPixels: number,
): FileType {
  if (bytes.length === 0) throw new PerchError("validation", "the file is empty");
  const known = filetypeinfo(bytes);
  const found = known.find(({ mime }) => mime !== undefined && allowed.includes(mime));
  if (found === undefined) {
    if (allowed.includes(PLAIN_TEXT) && isText(bytes)) {
      return { type: PLAIN_TEXT, extension: TEXT_EXTENSION, picture: null };
    }
    const what = known.length === 0 ? "of no known type" : `a ${known[0].typename} file`;
    throw new PerchError(
      "validation",
      `the file is ${what} by its content; allowed: ${allowed.join(", ")}`,
    );
  }
  const type = found.mime!;
  const extension = PICTURES[type] ?? found.extension ?? found.typename;
  if (!(type in PICTURES)) return { type, extension, picture: null };
  return { type, extension, picture: pixelsOf(bytes, PICTURES[type], mostPixels) };
}

function pixelsOf(
  bytes: Uint8Array,
  name: string,
  mostPixels: number,
): { width: number; height: number } {
  let size: ReturnType<typeof imageSize> | null;
  try {
    size = imageSize(bytes);
  } catch {
    size = null;
  }
  if (size === null || size.type !== name || !(size.width > 0 && size.height > 0)) {
    throw new PerchError("validation", "the picture is damaged: its header does not give its size");
  }
  const { width, height } = size;
  if (width * height > mostPixels) {
    throw new PerchError(
      "validation",
      `the picture has ${width} × ${height} pixels; ` +
        `${Math.floor(mostPixels / 1e6)} million are allowed`,
    );
  }
  const sideways = (size.orientation ?? 1) >= FIRST_SIDEWAYS;
  return sideways ? { width: height, height: width } : { width, height };
}

function isText(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // deno-lint-ignore no-control-regex
    return !/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f]/.test(text);
  } catch {
    return false;
  }
}
