/** What ffmpeg is told. It never learns the camera's address or password: these stay in the feed's way. */
import type { Ffmpeg } from "./find.ts";

/**
 * How much is decoded. `keyframes`: nobody looks, and whole pictures come often enough; `slow`: nobody looks, all is
 * decoded and one picture a second made; `watched`: as many as the settings say.
 */
export type Mode = "keyframes" | "slow" | "watched";

export interface Wanted {
  mode: Mode;
  /** Pictures come as JPEG and go out as they came, in every mode. */
  jpeg: boolean;
  /** Of what has to be encoded; never made larger. */
  width: number;
  /** While somebody looks. */
  fps: number;
}

/** Larger pictures are refused by ffmpeg, and by `frames.ts` where it passes them on. */
export const MOST_PIXELS = 40_000_000;
/** Pictures that come a little early count, as cameras are not punctual. */
const EARLY = 0.9;

/**
 * One process gives pictures (standard output, `-f mpjpeg`) and what they are like (`metadata=print` in its log on
 * standard error, about once a second). Time is the host's, at which a picture came: cameras' own jumps.
 * @param input of the feed, up to and with `-i`
 */
export function ffmpegArguments(
  input: readonly string[],
  { mode, jpeg, width, fps }: Wanted,
  ffmpeg: Ffmpeg,
): string[] {
  const every = (seconds: number) =>
    `select='isnan(prev_selected_t)+gte(abs(t-prev_selected_t),${(seconds * EARLY).toFixed(3)})'`;
  const looks = `${every(1)},scale=64:36,format=gray,signalstats,metadata=mode=print[looks]`;
  const size = `scale='trunc(min(iw,${width})/2)*2':-2,format=yuvj420p`;
  const made = `${every(mode === "watched" ? 1 / fps : 1)},${size}[pictures]`;
  const stamped = "[0:v:0]setpts=time(0)/TB";
  const asTheyCome = passthrough(ffmpeg);
  return [
    // What pictures are like goes to the log at `info`: a file of its own is buffered before version 5.
    ...["-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info"],
    ...["-filter_complex_threads", "1"],
    ...decoding(mode, jpeg),
    ...input,
    "-filter_complex",
    jpeg ? `${stamped},${looks}` : `${stamped},split[a][b];[a]${made};[b]${looks}`,
    ...(jpeg
      ? ["-map", "0:v:0", "-c:v", "copy"]
      : ["-map", "[pictures]", "-c:v", "mjpeg", "-threads", "1", "-q:v", "5", ...asTheyCome]),
    ...["-f", "mpjpeg", "-boundary_tag", "frame", "-flush_packets", "1", "pipe:1"],
    ...["-map", "[looks]", ...asTheyCome, "-f", "null", "-"],
  ];
}

function decoding(mode: Mode, jpeg: boolean): string[] {
  const bounds = ["-max_pixels", String(MOST_PIXELS)];
  // An eighth of the size is enough to see what a picture is like.
  if (jpeg) return [...bounds, "-threads", "1", "-lowres", "3"];
  if (mode === "keyframes") return [...bounds, "-threads", "1", "-skip_frame", "nokey"];
  return [...bounds, "-threads", "2"];
}

/** No picture is doubled or left out to keep a rate. */
function passthrough({ version, text }: Ffmpeg): string[] {
  const isOld = version < 5 || /^5\.0/.test(text);
  return isOld ? ["-vsync", "passthrough"] : ["-fps_mode", "passthrough"];
}
