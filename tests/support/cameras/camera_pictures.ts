/** JPEGs as a camera gives them, made once by ffmpeg. */
export interface CameraPictures {
  /** A moving picture, 20 of them. */
  moving: Uint8Array[];
  black: Uint8Array;
  /** Says of itself that it has 8000 × 5001 pixels. */
  huge: Uint8Array;
}

const SIZE = "320x240";
let made: Promise<CameraPictures> | null = null;

/** The same ones for all of a process. */
export function cameraPictures(): Promise<CameraPictures> {
  return made ??= make();
}

async function make(): Promise<CameraPictures> {
  const [moving, black] = await Promise.all([
    jpegs(`testsrc2=size=${SIZE}:rate=10`, 20),
    jpegs(`color=black:size=${SIZE}`, 1),
  ]);
  return { moving, black: black[0], huge: resized(moving[0], 8000, 5001) };
}

async function jpegs(source: string, count: number): Promise<Uint8Array[]> {
  const { stdout, success } = await new Deno.Command("ffmpeg", {
    args: ["-loglevel", "error", "-nostdin", "-f", "lavfi", "-i", source]
      .concat(["-frames:v", `${count}`, "-f", "mjpeg", "-q:v", "5", "-"]),
    stdout: "piped",
  }).output();
  if (!success) throw new Error("ffmpeg made no pictures");
  const found: Uint8Array[] = [];
  for (let at = 0; at < stdout.length;) {
    const end = markerAt(stdout, 0xd9, at) + 2;
    found.push(stdout.slice(at, end));
    at = end;
  }
  return found;
}

/** The same bytes with another size in the frame header. */
function resized(jpeg: Uint8Array, width: number, height: number): Uint8Array {
  const copy = jpeg.slice();
  // SOF0: marker, length, bits, height, width.
  const at = markerAt(copy, 0xc0, 0);
  new DataView(copy.buffer).setUint16(at + 5, height);
  new DataView(copy.buffer).setUint16(at + 7, width);
  return copy;
}

function markerAt(bytes: Uint8Array, marker: number, from: number): number {
  for (let at = from; at < bytes.length - 1; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] === marker) return at;
  }
  throw new Error("that is no JPEG");
}
