import assert from "node:assert/strict";
import { join } from "node:path";
import type { CameraStatus } from "../../../lib/cameras/camera_view.ts";
import { addKey, type PerchProcess, startPerch } from "../perch.ts";
import { sabotaged } from "../sabotage.ts";

/** What stands in the way to ffmpeg instead of it, by the name of the sabotage. */
const WRONG_FFMPEG: Readonly<Record<string, string>> = {
  // Nobody learns what pictures are like.
  camera_looks: 'exec /usr/bin/ffmpeg "$@" 2>/dev/null',
  // Each start leaves a process behind.
  camera_orphans: 'sleep 600 >/dev/null 2>&1 </dev/null &\nexec /usr/bin/ffmpeg "$@"',
  // After some starts it gives no pictures any more, and runs.
  camera_recovery: "echo >>starts\n[ $(wc -l <starts) -gt 12 ] && exec sleep 600\n" +
    'exec /usr/bin/ffmpeg "$@"',
};

/** Perch as people run it, with cameras. */
export interface CameraPerch {
  add(name: string, camera: Record<string, unknown>): Promise<string>;
  cameras(): Promise<CameraStatus[]>;
  /** Asks for new starts of all, and does not wait for the test that follows. */
  recover(ids: readonly string[]): Promise<void>;
  switchOff(id: string): Promise<void>;
  /** Texts of what a list of the API answers, oldest first. */
  texts(path: string): Promise<string[]>;
  /** Processes that it has started and that are there, also those that lost their parent. */
  processes(): Started[];
  descriptors(): number;
  /** SIGKILL; it can be started again. */
  kill(): Promise<void>;
  start(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const RECOVER_MS = 700;

export interface Started {
  pid: number;
  command: string;
  isZombie: boolean;
  /** Perch is not its parent any more. */
  isOrphan: boolean;
}

export async function startCameraPerch(): Promise<CameraPerch> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-cameras-" });
  const key = await addKey({ dataDir, role: "admin" });
  const env = { OUTGOING_NETWORKS: "127.0.0.0/8", ...await wrongPath(dataDir) };
  // Idle connections of tests are descriptors of Perch.
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
  let perch: PerchProcess | null = await startPerch({ dataDir, env });

  async function call(
    path: string,
    body?: unknown,
    method = body === undefined ? "GET" : "POST",
    signal?: AbortSignal,
  ): Promise<unknown> {
    const response = await fetch(perch!.url + path, {
      client,
      method,
      signal,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(response.ok, `${path}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  // What else runs on this host beside the tests is no reason to stop the cameras.
  await call("/api/settings/host.emergency", { value: false }, "PATCH");
  return {
    async add(name, camera) {
      return (await call("/api/cameras", { name, ...camera }) as { id: string }).id;
    },
    async cameras() {
      const { items } = await call("/api/cameras") as { items: { status: CameraStatus }[] };
      return items.map(({ status }) => status);
    },
    async recover(ids) {
      const signal = AbortSignal.timeout(RECOVER_MS);
      const asked = ids.map((id) => call(`/api/cameras/${id}/recover`, {}, "POST", signal));
      await Promise.allSettled(asked);
    },
    switchOff: async (id) => void await call(`/api/cameras/${id}`, { enabled: false }, "PATCH"),
    async texts(path) {
      const { items } = await call(path) as { items: { text?: string; title?: string }[] };
      return items.map(({ text, title }) => text ?? title ?? "").reverse();
    },
    processes: () => startedIn(dataDir, perch?.pid ?? 0),
    descriptors: () => [...Deno.readDirSync(`/proc/${perch!.pid}/fd`)].length,
    async kill() {
      await perch!.kill();
      perch = null;
    },
    async start() {
      perch = await startPerch({ dataDir, env });
    },
    async [Symbol.asyncDispose]() {
      await perch?.stop();
      client.close();
      for (const { pid } of startedIn(dataDir, 0)) Deno.kill(pid, "SIGKILL");
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

async function wrongPath(dataDir: string): Promise<Record<string, string>> {
  const name = Object.keys(WRONG_FFMPEG).find(sabotaged);
  if (name === undefined) return {};
  const folder = join(dataDir, "wrong");
  await Deno.mkdir(folder);
  const text = `#!/bin/sh\nPATH=/usr/bin:/bin\n${WRONG_FFMPEG[name]}\n`;
  await Deno.writeTextFile(join(folder, "ffmpeg"), text, { mode: 0o755 });
  return { PATH: `${folder}:${Deno.env.get("PATH")}` };
}

/** What Perch starts has its working directory, whoever its parent is by now; a zombie has none, but a parent. */
function startedIn(folder: string, parent: number): Started[] {
  const found: Started[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === parent) continue;
    try {
      const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
      const command = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
      const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const isZombie = state === "Z";
      const isOurs = isZombie
        ? Number(ppid) === parent
        : Deno.readLinkSync(`/proc/${pid}/cwd`) === folder;
      if (isOurs) found.push({ pid, command, isZombie, isOrphan: Number(ppid) !== parent });
    } catch { /* it ended meanwhile, or is not ours to look at */ }
  }
  return found;
}
