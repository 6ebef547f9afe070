import { runProgram } from "./process.ts";

/** The ffmpeg of this host. */
export interface Ffmpeg {
  /** Main version, 4 to 8. */
  version: number;
  /** As it says it, `5.1.9`. */
  text: string;
}

/** What was found, or a sentence that says what to do. */
export type FoundFfmpeg = { ffmpeg: Ffmpeg } | { problem: string };

const OLDEST = 4;
const NEWEST = 8;
const INSTALL = "on Debian and Raspberry Pi OS: sudo apt install ffmpeg";
// What a program may start is decided, by its name in PATH, when it starts.
const RESTART = "then restart Perch, as it may only start programs that were there when it started";
/** Builds from the repository have no version: main version of libavutil → of ffmpeg. */
const BY_LIBAVUTIL: Record<number, number> = { 56: 4, 57: 5, 58: 6, 59: 7, 60: 8 };

/** Judges the answer of `ffmpeg -version`; null: there is no such program. */
export function judgeFfmpeg(answer: string | null): FoundFfmpeg {
  if (answer === null) {
    return {
      problem: `Cameras need ffmpeg, which is not there. Install it (${INSTALL}), ${RESTART}.`,
    };
  }
  const text = /^ffmpeg version (\S+)/m.exec(answer)?.[1];
  if (text === undefined) {
    return {
      problem: `What is called ffmpeg here does not say its version. Install it (${INSTALL}), ` +
        `${RESTART}.`,
    };
  }
  const number = /^n?(\d+)\.(\d+(?:\.\d+)?)?/.exec(text);
  const libavutil = Number(/^libavutil\s+(\d+)\./m.exec(answer)?.[1]);
  const version = number === null ? BY_LIBAVUTIL[libavutil] ?? 0 : Number(number[1]);
  const short = number === null ? text : number[0].replace(/^n/, "");
  if (version >= OLDEST && version <= NEWEST) return { ffmpeg: { version, text: short } };
  const range = `Perch works with ${OLDEST} to ${NEWEST}`;
  return {
    problem: version < OLDEST
      ? `ffmpeg ${short} is too old: ${range}. Install a newer one (${INSTALL}), ${RESTART}.`
      : `ffmpeg ${short} is newer than this Perch knows: ${range}. Update Perch, or install an ` +
        `ffmpeg of these versions, ${RESTART}.`,
  };
}

/** Finds ffmpeg when it is first asked for, and remembers what it found. */
export function createFfmpegFinder(path?: string): () => Promise<FoundFfmpeg> {
  let found: Promise<FoundFfmpeg> | null = null;
  return () => found ??= runProgram("ffmpeg", ["-version"], path).then(judgeFfmpeg);
}
