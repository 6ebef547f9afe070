/** Each kind of network camera, from the form to ffmpeg, as a test sends it somewhere. */
import { systemClock } from "../../../lib/base/clock.ts";
import type { Outgoing } from "../../../lib/base/outgoing.ts";
import { parseOptions } from "../../../lib/cameras/camera_options.ts";
import type { FeedError } from "../../../lib/cameras/fault.ts";
import type { Feed, FeedDeps } from "../../../lib/cameras/kinds/kind.ts";
import { kindOf } from "../../../lib/cameras/kinds/mod.ts";

export interface NetworkWay {
  scheme: "rtsp" | "http";
  port: number;
  /**
   * Opens it and asks for pictures: `opened`, or the word of what broke it. @throws PerchError, FeedError
   */
  look(url: string, deps: WayOut): Promise<string>;
  /**
   * Has ffmpeg play it for a moment, with `direct` from the address itself. What came of it, and what can be seen
   * of it: arguments and log. @throws FeedError
   */
  play(
    url: string,
    deps: WayOut,
    direct: boolean,
  ): Promise<{ why: FeedError | string; seen: string }>;
}

export interface WayOut {
  outgoing: Outgoing;
  allowed: string | null;
}

/** Longer than any of them takes, on a host that has much to do, too. */
const PLAYS_MS = 10_000;

export const NETWORK_WAYS: Readonly<Record<string, NetworkWay>> = {
  rtsp: wayOf("rtsp", "rtsp", 554),
  http_mjpeg: wayOf("http_mjpeg", "http", 80),
  http_still: wayOf("http_still", "http", 80),
};

function wayOf(name: string, scheme: NetworkWay["scheme"], port: number): NetworkWay {
  const kind = kindOf(name)!;
  const open = async (url: string, deps: WayOut, signal: AbortSignal) =>
    await kind.open(parseOptions(kind, { url }), depsOf(deps, signal));
  return {
    scheme,
    port,
    async look(url, deps) {
      const ending = new AbortController();
      const feed = await open(url, deps, ending.signal);
      try {
        if (scheme === "rtsp") await ask(feed);
        return feed.fault()?.fault ?? "opened";
      } finally {
        ending.abort();
        await feed.close();
      }
    },
    async play(url, deps, direct) {
      const ending = new AbortController();
      const feed = direct ? null : await open(url, deps, ending.signal);
      try {
        const input = feed?.input ?? ["-i", url];
        const { code, log } = await ffmpeg(input, feed?.stdin);
        return {
          why: feed?.fault() ?? `ffmpeg: ${code === 0 ? "a picture" : "none"}`,
          seen: `${input.join(" ")}\n${log}`,
        };
      } finally {
        ending.abort();
        await feed?.close();
      }
    },
  };
}

function depsOf({ outgoing, allowed }: WayOut, signal: AbortSignal): FeedDeps {
  const nothing = () => Promise.resolve(null);
  return {
    outgoing,
    allowed,
    signal,
    ffmpeg: { version: 5, text: "5.1" },
    clock: systemClock(),
    filesFolder: "/nonexistent",
    kernel: { read: nothing, list: nothing },
    memory: new Map(),
    fps: 5,
    isWatched: true,
  };
}

/** The first thing that ffmpeg asks; waits until it is answered or refused. */
async function ask({ input }: Feed): Promise<void> {
  const url = input.at(-1)!;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  try {
    await connection.write(new TextEncoder().encode(`OPTIONS ${url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`));
    await connection.read(new Uint8Array(1000)).catch(() => null);
  } finally {
    connection.close();
  }
}

async function ffmpeg(
  input: readonly string[],
  stdin?: ReadableStream<Uint8Array>,
): Promise<{ code: number; log: string }> {
  const child = new Deno.Command("ffmpeg", {
    args: ["-loglevel", "debug", ...input, "-frames:v", "1", "-f", "null", "-"],
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), PLAYS_MS);
  stdin?.pipeTo(child.stdin).catch(() => {});
  const { code, stderr } = await child.output();
  clearTimeout(timer);
  return { code, log: new TextDecoder().decode(stderr) };
}
