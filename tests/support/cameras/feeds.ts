/** What the contract of kinds of cameras is tried with; a new kind joins here. */
import { join } from "node:path";
import { createOutgoing } from "../../../lib/base/create_outgoing.ts";
import { systemClock } from "../../../lib/base/clock.ts";
import { createKernelFiles } from "../../../lib/base/kernel_files.ts";
import type { Outgoing } from "../../../lib/base/outgoing.ts";
import { startFaultyHttp } from "./faulty_http.ts";
import { startListener, untilLeft } from "./listener.ts";
import { DEVICE_ROOTS, type FeedDeps } from "../../../lib/cameras/kinds/kind.ts";

export interface FeedCase {
  good: Record<string, unknown>;
  /** Values of options that are refused. */
  bad: readonly (readonly [string, unknown])[];
  target?: { host: string; port: number };
  /** What ffmpeg must never be told. */
  canaries?: readonly string[];
  /** What has to be there to open it. */
  world?(folder: string): Promise<World>;
}

type World = Partial<FeedDeps> & { stop?(): void };

const ID = "usb-Acme_Cam_0042-video-index0";

const BAD_ADDRESSES = ["", "camera", "/etc/passwd", "file:///etc/passwd", "concat:a|b"].concat(
  ["ftp://10.0.0.1/", "http:///x", "rtsp://", "//10.0.0.1/x", "lavfi:testsrc"],
).map((url) => ["url", url] as const);

/** A camera on this host, at an address with a password in it, and what is to be seen of it nowhere. */
const SECRETS = { user: "u", password: "canary-pw" };

/** A camera of the network at an address with a password in it, of which nothing may be seen. */
function networkCase(scheme: "rtsp" | "http", world: FeedCase["world"]): FeedCase {
  const other = scheme === "rtsp" ? "http" : "rtsp";
  return {
    good: { url: `${scheme}://10.0.0.1:8080/canary-path?key=canary-key`, ...SECRETS },
    bad: [...BAD_ADDRESSES, ["url", `${other}://10.0.0.1/x`], ["password", 5]],
    target: { host: "10.0.0.1", port: 8080 },
    canaries: ["10.0.0.1", "canary"],
    world,
  };
}

async function httpWorld(path: string): Promise<World> {
  const camera = await startFaultyHttp();
  const to = (url: string) => {
    const { search } = new URL(url);
    return `http://127.0.0.1:${camera.port}${path}${search}`;
  };
  const open: Outgoing["open"] = (url, init) => guard.open(to(url), init);
  return { outgoing: { ...guard, open }, stop: camera.stop };
}

function rtspWorld(): Promise<World> {
  const listener = startListener(untilLeft);
  const connect: Outgoing["connect"] = () => guard.connect("127.0.0.1", listener.port);
  return Promise.resolve({ outgoing: { ...guard, connect }, stop: listener.stop });
}

/** Lets everything out, to this host too. */
const guard = createOutgoing({ allowed: () => [], opened: ["127.0.0.0/8"], ownPorts: () => [] });

export const cameraFeeds: Record<string, FeedCase> = {
  rtsp: networkCase("rtsp", rtspWorld),
  http_mjpeg: networkCase("http", () => httpWorld("/stream")),
  http_still: networkCase("http", () => httpWorld("/still.jpg")),
  test_pattern: {
    good: {},
    bad: [["size", "10x10"], ["rate", 0], ["rate", "5"]],
  },
  file: {
    good: { file: "film.mp4" },
    bad: [
      ...["", "../film.mp4", "a/../../film.mp4", "/etc/passwd", "concat:film.mp4", "a\\film.mp4"],
      ...["file:///etc/passwd", "http://10.0.0.1/x"],
    ].map((name) => ["file", name] as const),
    async world(folder) {
      await Deno.writeTextFile(join(folder, "film.mp4"), "film");
      return { filesFolder: folder };
    },
  },
  v4l2: {
    good: { device: `/dev/v4l/by-id/${ID}` },
    bad: [
      ...["/dev/sda", "/etc/passwd", "video0", "/dev/v4l/by-id/../../sda", "/dev/v4l/by-id/a b"]
        .map(
          (path) => ["device", path] as const,
        ),
      ...[["size", "big"], ["size", "1280x720 -i x"], ["format", "h264"], ["rate", 0]] as const,
    ],
    async world(folder) {
      await fakeDevice(folder, 0, "Acme Cam");
      return { kernel: createKernelFiles({ root: folder, roots: DEVICE_ROOTS }) };
    },
  },
  pi: {
    good: {},
    bad: [["camera", 9], ["size", "1x1"], ["rate", 0], ["turned", "90"]],
    world: async (folder) => ({ path: await fakeProgram(folder, "rpicam-vid") }),
  },
};

/** Devices as the kernel shows them, below a folder. */
export async function fakeDevice(root: string, number: number, model: string): Promise<void> {
  const byId = join(root, "dev/v4l/by-id");
  const about = join(root, `sys/class/video4linux/video${number}`);
  await Deno.mkdir(byId, { recursive: true });
  await Deno.mkdir(about, { recursive: true });
  await Deno.writeTextFile(join(byId, ID), "");
  await Deno.writeTextFile(join(about, "name"), `${model}\n`);
  await Deno.writeTextFile(join(about, "index"), "0\n");
}

/** A program that gives what the one of the name does; the path that finds it, and ffmpeg. */
export async function fakeProgram(
  folder: string,
  name: string,
  script = "exec ffmpeg -v error -re -f lavfi -i testsrc2=size=320x240:rate=10 -f mjpeg -",
): Promise<string> {
  await Deno.writeTextFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return `${folder}:/usr/local/bin:/usr/bin:/bin`;
}

/** Deps of a feed that may connect to nothing and in whose world there is nothing, but for what `world` adds. */
export async function withFeedDeps(
  work: (deps: FeedDeps, folder: string) => Promise<void>,
  world?: FeedCase["world"],
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const ending = new AbortController();
  const nothing = () => Promise.resolve(null);
  const { stop, ...own } = await world?.(folder) ?? {};
  try {
    await work({
      outgoing: null as unknown as Outgoing,
      ffmpeg: { version: 5, text: "5.1" },
      clock: systemClock(),
      allowed: null,
      filesFolder: folder,
      kernel: { read: nothing, list: nothing },
      memory: new Map(),
      fps: 5,
      isWatched: true,
      path: folder,
      signal: ending.signal,
      ...own,
    }, folder);
  } finally {
    ending.abort();
    stop?.();
    await Deno.remove(folder, { recursive: true });
  }
}
