/**
 * One 720p camera of the network (H.264, 25 pictures a second, a whole one every two seconds) with nobody, one and 50
 * looking, beside bare ffmpeg at the same stream in the same moments: the machine is noisy, so ratios of processor time
 * count. Then memory over time, four cameras beside the ingest, and JPEGs that go through as they are.
 */
import { startFaultyHttp } from "../support/cameras/faulty_http.ts";
import { cameraPictures } from "../support/cameras/camera_pictures.ts";
import { type RtspServer, startRtspServer } from "../support/cameras/rtsp_server.ts";
import { type BenchOptions, type BenchResult, doing, median } from "../support/bench.ts";
import { type Bare, DECODING, DECODING_AND_MJPEG, startBare } from "./cameras/bare.ts";
import { besideIngest } from "./cameras/ingest.ts";
import { CAMERA_ENV, cameraSite, type Cost, costOf, residentMb } from "./cameras/site.ts";
import { startWatching } from "./cameras/watching.ts";
import { type BenchPerch, benchPerch } from "./ingest/setup.ts";

type Figures = BenchResult["figures"];

/** A change of what is decoded has settled, and readers are warm. */
const SETTLE_MS = 12_000;
const CAMERA = { width: 1280, height: 720, fps: 25, keyframeEvery: 50, pattern: "smpte" } as const;

/** `--minutes N`: how long memory is looked at, 20 unless said. */
export async function run({ quick = false, minutes }: BenchOptions): Promise<BenchResult> {
  const figures: Figures = {};
  await using server = await startRtspServer({ ...CAMERA, clock: true });
  await one(figures, server, quick ? 10 : 30, minutes ?? (quick ? 0.5 : 20));
  Object.assign(figures, await besideIngest(server, quick ? 1 : 5, quick ? 5 : 15));
  await copied(figures);
  return { name: "cameras", figures, notes: ["processor time is that of Perch and its ffmpeg"] };
}

async function one(
  figures: Figures,
  server: RtspServer,
  seconds: number,
  minutes: number,
): Promise<void> {
  const perch = await benchPerch(CAMERA_ENV);
  try {
    const site = await cameraSite(perch);
    const { pid } = perch.perch;
    doing(`Perch without a camera, ${seconds} s`);
    await settle();
    const without = await measured(pid, seconds, []);
    const id = await site.add("Gate", "rtsp", { url: server.url });
    doing(`nobody looks, beside bare decoding, ${seconds} s`);
    const bare = startBare(server.url, DECODING);
    await settle();
    const idle = await measured(pid, seconds, [bare]);
    const idleMb = residentMb(pid);
    await bare.stop();
    const viewed = await watched(perch, id, server, seconds);
    const of = (cost: Cost) => cost.totalS - without.cost.totalS;
    Object.assign(figures, {
      full_decoding_cpu_percent: idle.bareS[0] / seconds * 100,
      nobody_cpu_percent: of(idle.cost) / seconds * 100,
      nobody_of_full_decoding: of(idle.cost) / idle.bareS[0],
      nobody_ffmpeg_of_full_decoding: idle.cost.ffmpegS / idle.bareS[0],
      one_viewer_cpu_percent: of(viewed.one.cost) / seconds * 100,
      one_viewer_ffmpeg_of_plain: viewed.one.cost.ffmpegS / viewed.one.bareS[0],
      fifty_viewers_cpu_percent: of(viewed.fifty.cost) / seconds * 100,
      fifty_of_one_viewer: of(viewed.fifty.cost) / of(viewed.one.cost),
      fifty_viewers_mb_per_s: viewed.mbPerS,
      perch_rss_mb: idleMb.perchMb,
      ffmpeg_rss_mb: idleMb.ffmpegMb,
    });
    await memory(figures, pid, minutes);
  } finally {
    await perch.stop();
  }
}

async function watched(perch: BenchPerch, id: string, server: RtspServer, seconds: number) {
  const { pid } = perch.perch;
  doing(`one looks, beside bare decoding to MJPEG, ${seconds} s`);
  const bare = startBare(server.url, DECODING_AND_MJPEG);
  const first = startWatching(perch, id, 1);
  await settle();
  const one = await measured(pid, seconds, [bare]);
  await bare.stop();
  doing(`50 look, ${seconds} s`);
  const others = startWatching(perch, id, 49);
  await settle();
  const before = await others.bytes();
  const fifty = await measured(pid, seconds, []);
  const mbPerS = (await others.bytes() - before) / 49 * 50 / 1e6 / seconds;
  await Promise.all([first.stop(), others.stop()]);
  return { one, fifty, mbPerS };
}

/** What Perch and bare processes cost in the same seconds. */
async function measured(
  pid: number,
  seconds: number,
  bares: readonly Bare[],
): Promise<{ cost: Cost; bareS: number[] }> {
  for (;;) {
    const before = bares.map((bare) => bare.cpuS());
    const cost = await costOf(pid, seconds);
    if (cost !== null) return { cost, bareS: bares.map((bare, i) => bare.cpuS() - before[i]) };
    doing("once more: an ffmpeg came or went");
  }
}

/** Resident memory in the last tenth of the time beside that in the first one, after half a minute. */
async function memory(figures: Figures, pid: number, minutes: number): Promise<void> {
  doing(`memory over ${minutes} min`);
  await new Promise((resolve) => setTimeout(resolve, 35_000));
  const seen: { perchMb: number; ffmpegMb: number }[] = [];
  for (let n = 0; n < 50; n++) {
    seen.push(residentMb(pid));
    await new Promise((resolve) => setTimeout(resolve, minutes * 60_000 / 50));
  }
  for (const name of ["perchMb", "ffmpegMb"] as const) {
    const all = seen.map((one) => one[name]);
    figures[`memory_${name.slice(0, -2)}_last_of_first`] = median(all.slice(-5)) /
      median(all.slice(0, 5));
  }
}

/** Every picture that is asked for is one of the camera's, byte for byte. */
async function copied(figures: Figures): Promise<void> {
  doing("JPEGs as they come");
  const { moving } = await cameraPictures();
  const known = new Set(await Promise.all(moving.map(hashOf)));
  const camera = await startFaultyHttp();
  const perch = await benchPerch(CAMERA_ENV);
  try {
    const site = await cameraSite(perch);
    const id = await site.add("Line", "http_mjpeg", { url: camera.streamUrl });
    let equal = 0;
    const asked = 20;
    for (let n = 0; n < asked; n++) {
      const answer = await fetch(`${perch.perch.url}/api/cameras/${id}/snapshot`, {
        headers: perch.headers,
      });
      if (known.has(await hashOf(await answer.bytes()))) equal++;
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    figures.jpegs_equal_of_asked = equal / asked;
  } finally {
    await perch.stop();
    camera.stop();
  }
}

async function hashOf(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice())).join();
}

const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
