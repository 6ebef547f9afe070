/** ffmpeg alone at the same stream, as anybody would call it. */
import { processCpuS } from "../ingest/setup.ts";

export interface Bare {
  cpuS(): number;
  stop(): Promise<void>;
}

/** All is decoded, to nowhere. */
export const DECODING = ["-f", "null", "-"];
/** The same, and the pictures that a viewer sees are made of it. */
export const DECODING_AND_MJPEG = [
  ...["-vf", "fps=5,scale=960:-2", "-c:v", "mjpeg", "-threads", "1", "-q:v", "5"],
  ...["-f", "mpjpeg", "pipe:1"],
];
/** Nothing is decoded: the server has somebody to send to. */
export const TAKING = ["-c", "copy", "-f", "null", "-"];

export function startBare(url: string, output: readonly string[]): Bare {
  const child = new Deno.Command("ffmpeg", {
    args: [
      ...["-nostdin", "-loglevel", "error", "-threads", "1", "-filter_threads", "1"],
      ...["-rtsp_transport", "tcp", "-i", url, ...output],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const drained = (async () => {
    for await (const _ of child.stdout);
  })();
  return {
    cpuS: () => processCpuS(child.pid),
    async stop() {
      child.kill("SIGKILL");
      await Promise.all([child.status, drained]);
    },
  };
}
