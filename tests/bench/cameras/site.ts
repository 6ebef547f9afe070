/** Perch with cameras, and what its processes cost. */
import { addKey } from "../../support/perch.ts";
import { until } from "../../support/until.ts";
import { type BenchPerch, processCpuS, processMemory } from "../ingest/setup.ts";

/** This host may be connected to. */
export const CAMERA_ENV = { OUTGOING_NETWORKS: "127.0.0.0/8" };

export interface CameraSite {
  bench: BenchPerch;
  /** Adds a camera; resolves with its id when its pictures come. */
  add(name: string, kind: string, options: Record<string, unknown>): Promise<string>;
}

/** Cameras for a Perch that was started with `CAMERA_ENV`. They go on while the host is busy. */
export async function cameraSite(bench: BenchPerch): Promise<CameraSite> {
  const key = await addKey({ dataDir: bench.dataDir, role: "admin" });
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(bench.perch.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${text}`);
    return JSON.parse(text);
  };
  await ask("PATCH", "/api/settings/host.emergency", { value: false });
  await ask("PATCH", "/api/settings/cameras.most_viewers", { value: 60 });
  return {
    bench,
    async add(name, kind, options) {
      const { id } = await ask("POST", "/api/cameras", { name, kind, options });
      const status = () => ask("GET", `/api/cameras/${id}/status`);
      const live = async () => (await status()).state === "live" || null;
      await until(`pictures of ${name}`, live, 60_000);
      return id;
    },
  };
}

/** The processes of ffmpeg that another one started. */
export function ffmpegsOf(pid: number): number[] {
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
  return children.split(" ").filter((one) => one !== "").map(Number).filter((child) => {
    try {
      return Deno.readTextFileSync(`/proc/${child}/comm`).trim() === "ffmpeg";
    } catch {
      return false;
    }
  });
}

/** CPU seconds that Perch and its ffmpeg used in a time in which no process was started or ended. */
export interface Cost {
  perchS: number;
  ffmpegS: number;
  totalS: number;
}

/** What Perch costs in `seconds`; null: an ffmpeg came or went meanwhile. */
export async function costOf(pid: number, seconds: number): Promise<Cost | null> {
  const ffmpegs = ffmpegsOf(pid);
  const now = () => [processCpuS(pid), ...ffmpegs.map(processCpuS)];
  const before = now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  if (String(ffmpegsOf(pid)) !== String(ffmpegs)) return null;
  const [perchS, ...others] = now().map((cpuS, i) => cpuS - before[i]);
  const ffmpegS = others.reduce((sum, one) => sum + one, 0);
  return { perchS, ffmpegS, totalS: perchS + ffmpegS };
}

export function residentMb(pid: number): { perchMb: number; ffmpegMb: number } {
  return {
    perchMb: processMemory(pid).rssMb,
    ffmpegMb: ffmpegsOf(pid).reduce((sum, child) => sum + processMemory(child).rssMb, 0),
  };
}
