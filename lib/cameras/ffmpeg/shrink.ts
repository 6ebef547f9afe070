import type { Clock } from "../../base/clock.ts";
import { startProgram } from "./process.ts";

const MOST_WIDTH = 960;
/** Of a picture that takes long to decode nothing is made. */
const MOST_MS = 2_000;

/** The picture with fewer pixels and bytes, for a mail; null where that cannot be made in two seconds. */
export async function shrinkJpeg(
  jpeg: Uint8Array<ArrayBuffer>,
  { clock }: { clock: Clock },
): Promise<Uint8Array<ArrayBuffer> | null> {
  const program = startProgram("ffmpeg", [
    ...["-hide_banner", "-loglevel", "quiet", "-protocol_whitelist", "pipe"],
    ...["-f", "mjpeg", "-i", "pipe:0", "-an", "-frames:v", "1"],
    ...["-vf", `scale=min(${MOST_WIDTH}\\,iw):-2`, "-q:v", "7", "-f", "mjpeg", "pipe:1"],
  ], { clock, stdin: true });
  const cut = new AbortController();
  const late = clock.sleep(MOST_MS, cut.signal).then(() => program.end(), () => {});
  try {
    const [made] = await Promise.all([
      new Response(program.stdout).bytes(),
      new Response(program.stderr).bytes(),
      feed(program.stdin!, jpeg),
    ]);
    return made.length > 0 ? made : null;
  } catch {
    return null;
  } finally {
    await program.end();
    cut.abort();
    await late;
  }
}

async function feed(
  stdin: WritableStream<Uint8Array<ArrayBufferLike>>,
  jpeg: Uint8Array,
): Promise<void> {
  const writer = stdin.getWriter();
  // It may have had enough before the end.
  await writer.write(jpeg).then(() => writer.close()).catch(() => {});
}
