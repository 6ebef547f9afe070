import { z } from "zod";
import type { Ffmpeg } from "../ffmpeg/find.ts";
import { splitSignIn } from "../way/target.ts";
import { defineKind } from "./define.ts";
import { addressOf, endsOf, networkOptions, wayDeps } from "./network.ts";

const SCHEMES = ["rtsp", "rtsps"] as const;
const options = z.strictObject(networkOptions(SCHEMES, "rtsp://192.168.1.20:554/stream2"));
/** With nobody looking, packets may wait a little for the next ones. */
const GATHER_MS = 250;
const MICROSECONDS = 10_000_000;

/** Most cameras of the network. ffmpeg sees the relay of `way/rtsp_relay.ts` and nothing else. */
export const rtsp = defineKind({
  kind: "rtsp",
  title: "Network camera (RTSP)",
  about: "Most network cameras. Its second, smaller stream is enough, and costs this host less.",
  options,
  prepare: splitSignIn,
  target: (given) => addressOf(given, SCHEMES),
  async open(given, deps) {
    const { openRtspRelay } = await import("../way/rtsp_relay.ts");
    const way = await openRtspRelay(addressOf(given, SCHEMES), {
      ...wayDeps(deps),
      gatherMs: deps.isWatched ? 0 : GATHER_MS,
    });
    return {
      input: [
        ...["-protocol_whitelist", "rtsp,rtp,tcp", "-rtsp_transport", "tcp"],
        ...["-allowed_media_types", "video", ...timeout(deps.ffmpeg)],
        // What the stream is, the camera said already; to look at it takes seconds.
        "-nofind_stream_info",
        ...["-fflags", "nobuffer", "-flags", "low_delay", "-f", "rtsp", "-i", way.url],
      ],
      jpeg: false,
      twice: true,
      ...endsOf(way),
    };
  },
});

/** `-timeout` meant "listen" before version 5, and `-stimeout` is refused since. */
function timeout({ version }: Ffmpeg): string[] {
  return [version < 5 ? "-stimeout" : "-timeout", String(MICROSECONDS)];
}
