import { type BenchResult, doing } from "../../support/bench.ts";
import { perchCommand, ROOT } from "../../support/perch.ts";
import { freePort } from "../../support/port.ts";
import { BATCH, lineBody, LINES, sendAll } from "./http.ts";
import { type CpuProfile, inspect } from "./inspector.ts";
import { benchPerch, processMemory, threadCpuUs } from "./setup.ts";

/** Rooms that take less than this are added up as `rest`. */
const SHOWN_US = 0.02;
/** Code of Perch by its room. */
const ROOM = new RegExp(`^file://${ROOT.replaceAll(/\W/g, "\\$&")}(lib/\\w+|routes)/`);

/**
 * Where the CPU time of line protocol over HTTP goes, in µs per reading: by thread, and on the main thread by the
 * room whose code runs or has called what runs. `batches` of 1 000 are sent three times: plain (for the threads),
 * with V8's CPU profile (whose shares divide the main thread's time), with its sampling of allocations.
 */
export async function profileIngest(
  batches: number,
): Promise<Pick<BenchResult, "figures" | "notes">> {
  const port = freePort();
  const [deno, [first, ...args]] = perchCommand(undefined, []);
  const binary = [deno, first, `--inspect=127.0.0.1:${port}`, ...args];
  const perch = await benchPerch({ MQTT_PORT: "0" }, "engineer", binary);
  let sent = 0;
  const load = async (n: number) => {
    const bodies = Array.from({ length: n }, (_, i) => lineBody(sent + i));
    sent += n;
    await sendAll(perch, LINES.path, LINES.type, bodies);
  };
  const readings = batches * BATCH;
  try {
    doing("warming up");
    await load(batches >> 1);
    doing("CPU time by thread");
    const before = threadCpuUs(perch.perch.pid);
    await load(batches);
    const threads = byKind(before, threadCpuUs(perch.perch.pid), readings);
    const { peakMb } = processMemory(perch.perch.pid);
    const inspector = await inspect(port);
    doing("CPU profile of the main thread");
    const shares = sharesByRoom(await inspector.profile(() => load(batches)));
    doing("allocations of the main thread");
    const bytes = await inspector.allocated(() => load(batches));
    inspector.close();
    return {
      figures: {
        ...threads,
        ...byRoom(shares, threads.main_us),
        allocated_bytes_per_reading: bytes / readings,
        peak_rss_mb: peakMb,
      },
      notes: ["µs of CPU per reading; from the sources, so the peak is higher than the binary's"],
    };
  } finally {
    await perch.stop();
  }
}

/** What each kind of thread has used in between. */
function byKind(before: Map<string, number>, after: Map<string, number>, readings: number) {
  const us = { main_us: 0, worker_us: 0, v8_us: 0, other_us: 0 };
  for (const [name, now] of after) {
    const spent = (now - (before.get(name) ?? 0)) / readings;
    if (name === "main") us.main_us += spent;
    else if (name.startsWith("worker")) us.worker_us += spent;
    else if (name.startsWith("V8")) us.v8_us += spent;
    else us.other_us += spent;
  }
  return us;
}

/** Shares of a profile by room, idle time left out: `lib/detect`, `routes`, `garbage collection`, `other`. */
export function sharesByRoom({ nodes, samples, timeDeltas }: CpuProfile): Map<string, number> {
  const rooms = new Map<number, string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const name = (id: number, caller: string) => {
    const { callFrame: { functionName, url }, children = [] } = byId.get(id)!;
    const own = functionName === "(garbage collector)"
      ? "garbage collection"
      : functionName === "(idle)"
      ? "idle"
      : ROOM.exec(url)?.[1];
    rooms.set(id, own ?? caller);
    for (const child of children) name(child, own ?? caller);
  };
  const called = new Set(nodes.flatMap(({ children = [] }) => children));
  for (const { id } of nodes) if (!called.has(id)) name(id, "other");
  const spent = new Map<string, number>();
  let all = 0;
  samples.forEach((id, i) => {
    const room = rooms.get(id)!;
    if (room === "idle") return;
    // A sample stands for the time until the next one.
    const us = timeDeltas[i + 1] ?? 0;
    all += us;
    spent.set(room, (spent.get(room) ?? 0) + us);
  });
  return new Map([...spent].map(([room, us]) => [room, us / all]));
}

function byRoom(shares: Map<string, number>, mainUs: number): Record<string, number> {
  const figures: Record<string, number> = {};
  let rest = 0;
  for (const [room, share] of [...shares].sort(([, a], [, b]) => b - a)) {
    const us = share * mainUs;
    if (us < SHOWN_US) rest += us;
    else figures[`main_${room.replaceAll(/\W/g, "_")}_us`] = us;
  }
  return { ...figures, main_rest_us: rest };
}
