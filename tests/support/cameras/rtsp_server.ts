import { existsSync } from "node:fs";
import { readLines } from "./lines.ts";

/** Debian's, which knows `python3-gi`; another Python on the path does not. */
const PYTHON = "/usr/bin/python3";
const SCRIPT = new URL("./rtsp_server.py", import.meta.url).pathname;
const PROOFS: Readonly<Record<string, string>> = {
  "python3-gi": "/usr/lib/python3/dist-packages/gi/__init__.py",
  "gir1.2-gst-rtsp-server-1.0": "GstRtspServer-1.0.typelib",
};
const TYPELIBS = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map((machine) =>
  `/usr/lib/${machine}/girepository-1.0`
);

/** What a camera looks at: `ball` moves, `bar` never changes, `snow` is noise. */
export type Pattern = "ball" | "bar" | "black" | "white" | "snow" | "smpte";

export interface RtspServerOptions {
  /** Default `ball`. */
  pattern?: Pattern;
  /** Default H.264. */
  codec?: "h264" | "mjpeg";
  /** Default 10. */
  fps?: number;
  /** Pictures from one keyframe to the next. Default 10. */
  keyframeEvery?: number;
  width?: number;
  height?: number;
  /** The time of day in the picture, so that even a still scene changes once a second. Default false. */
  clock?: boolean;
  auth?: "none" | "basic" | "digest";
  user?: string;
  password?: string;
  /**
   * Clients get pictures of one encoder, so that who comes later waits for a keyframe, as with a real camera; the
   * server may answer 503 while the last client's is being ended. Default false: an encoder each.
   */
  shared?: boolean;
  /** Default `/live`. */
  path?: string;
}

/** GStreamer's RTSP server at a port of loopback. */
export interface RtspServer {
  readonly port: number;
  /** Without user and password. */
  readonly url: string;
  show(pattern: Pattern): Promise<void>;
  /** Signed-in clients stay; the next sign-in needs the new one. */
  changePassword(password: string): Promise<void>;
  /** Closes every connection; it goes on listening. */
  drop(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing comes any more. */
  freeze(): void;
  /** SIGCONT */
  thaw(): void;
  /** SIGKILL; the port is free then. */
  kill(): Promise<void>;
  /** Starts it again at the same port. */
  restart(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Whether GStreamer's server is installed. `PERCH_TEST_REQUIRE=all` makes its absence an error. */
export function haveRtspServer(): boolean {
  const missing = Object.entries(PROOFS).filter(([, file]) =>
    ![file, ...TYPELIBS.map((folder) => `${folder}/${file}`)].some(existsSync)
  ).map(([name]) => name);
  if (missing.length === 0) return true;
  const message = `${missing.join(", ")} not installed (apt-get install ${missing.join(" ")})`;
  if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return false;
}

/** Starts it on a free port; resolves when it listens. */
export async function startRtspServer(given: RtspServerOptions = {}): Promise<RtspServer> {
  const options = {
    pattern: "ball",
    codec: "h264",
    fps: 10,
    keyframeEvery: 10,
    width: 320,
    height: 240,
    clock: false,
    shared: false,
    auth: "none",
    user: "perch",
    password: "secret",
    path: "/live",
    port: 0,
    ...given,
  };
  let running = await start(options);
  options.port = running.port;
  const end = async () => {
    running.child.kill("SIGKILL");
    await running.ended();
  };
  return {
    port: running.port,
    url: `rtsp://127.0.0.1:${running.port}${options.path}`,
    async show(pattern) {
      options.pattern = pattern;
      await running.tell({ pattern });
    },
    async changePassword(password) {
      await running.tell({ password });
      options.password = password;
    },
    drop: () => running.tell({ drop: true }),
    freeze: () => running.child.kill("SIGSTOP"),
    thaw: () => running.child.kill("SIGCONT"),
    kill: end,
    async restart() {
      running = await start(options);
    },
    async [Symbol.asyncDispose]() {
      if (!running.over()) await end();
    },
  };
}

async function start(options: Record<string, unknown>) {
  const child = new Deno.Command(PYTHON, {
    args: ["-I", SCRIPT, JSON.stringify(options)],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    env: { GST_REGISTRY_UPDATE: "no" },
  }).spawn();
  const lines = readLines(child.stdout);
  const said = await lines.next();
  if (said.done) throw new Error("the RTSP server did not start");
  const { port } = JSON.parse(said.value) as { port: number };
  const writer = child.stdin.getWriter();
  let over = false;
  child.status.then(() => over = true);
  return {
    child,
    port,
    over: () => over,
    async tell(command: Record<string, unknown>) {
      await writer.write(new TextEncoder().encode(`${JSON.stringify(command)}\n`));
      const { done } = await lines.next();
      if (done) throw new Error("the RTSP server ended");
    },
    async ended() {
      await child.status;
      await lines.return(undefined);
      await writer.abort().catch(() => {});
    },
  };
}
