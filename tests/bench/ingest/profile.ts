import { type BenchResult, doing } from "../../support/bench.ts";
import { perchCommand, ROOT } from "../../support/perch.ts";
import { freePort } from "../../support/port.ts";
import { readStream, setLimits } from "../peers/as_used.ts";
import { bodiesOf } from "../peers/lines.ts";
import { quiet } from "../peers/quiet.ts";
import { BATCH, LINES, sendAll } from "./http.ts";
import { calledAs, type CpuProfile, inspect } from "./inspector.ts";
import { benchPerch, processMemory, threadCpuUs } from "./setup.ts";

/** Rooms that take less than this are added up as `rest`. */
const SHOWN_US = 0.02;
/** Functions of the main thread that are named, by what they take themselves and by what they allocate. */
const FUNCTIONS = 25;
const SENSORS = 200;
/** Code of Perch by its room. */
const ROOM = new RegExp(`^file://${ROOT.replaceAll(/\W/g, "\\$&")}(lib/\\w+|routes)/`);

/**
 * Where the CPU time of line protocol over HTTP goes, in µs per reading: by thread, and on the main thread by the
 * room whose code runs or has called what runs, and by function. The load and the circumstances are those of
 * `bench peers`: limits on every sensor, a reader of the live stream, detection. `batches` of 1 000 are sent three
 * times: plain (for the threads), with V8's CPU profile (whose shares divide the main thread's time), with its
 * sampling of allocations; what is put off counts.
 */
export async function profileIngest(
  batches: number,
): Promise<Pick<BenchResult, "figures" | "notes">> {
  const port = freePort();
  const [deno, [first, ...args]] = perchCommand(undefined, []);
  const binary = [deno, first, `--inspect=127.0.0.1:${port}`, ...args];
  const warm = batches >> 1;
  const all = bodiesOf({
    sensors: SENSORS,
    readings: (warm + 3 * batches) * BATCH,
    startMs: Date.UTC(2026, 0, 1),
    batch: BATCH,
  });
  const perch = await benchPerch({ MQTT_PORT: "0" }, "admin", binary);
  const asked = { url: perch.perch.url, headers: perch.headers };
  let sent = 0;
  const load = async (n: number) => {
    await sendAll(perch, LINES.path, LINES.type, all.slice(sent, sent += n));
    await quiet(perch.perch.pid);
  };
  const readings = batches * BATCH;
  try {
    doing("warming up");
    await load(warm);
    await setLimits(asked, SENSORS);
    await readStream(asked);
    doing("CPU time by thread");
    const before = threadCpuUs(perch.perch.pid);
    await load(batches);
    const threads = byKind(before, threadCpuUs(perch.perch.pid), readings);
    const { peakMb } = processMemory(perch.perch.pid);
    const inspector = await inspect(port);
    doing("CPU profile of the main thread");
    const profile = await inspector.profile(() => load(batches));
    doing("allocations of the main thread");
    const bytes = await inspector.allocated(() => load(batches));
    inspector.close();
    const shares = sharesByRoom(profile);
    return {
      figures: {
        all_us: Object.values(threads).reduce((sum, us) => sum + us),
        ...threads,
        ...byRoom(shares, threads.main_us),
        allocated_bytes_per_reading: [...bytes.values()].reduce((sum, n) => sum + n) / readings,
        peak_rss_mb: peakMb,
      },
      notes: [
        "µs of CPU per reading; from the sources, so the peak is higher than the binary's",
        "",
        "µs by function, without what it calls:",
        ...largest(sharesBy(profile, ({ callFrame }) => calledAs(callFrame)), threads.main_us, 3),
        "",
        "bytes allocated by function:",
        ...largest(bytes, 1 / readings, 1),
      ],
    };
  } finally {
    await perch.stop();
  }
}

/** The largest of some amounts, as lines, each times `factor`. */
function largest(amounts: Map<string, number>, factor: number, decimals: number): string[] {
  return [...amounts].sort(([, a], [, b]) => b - a).slice(0, FUNCTIONS)
    .map(([name, amount]) => `${(amount * factor).toFixed(decimals).padStart(8)}  ${name}`);
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
export function sharesByRoom(profile: CpuProfile): Map<string, number> {
  return sharesBy(
    profile,
    ({ callFrame: { functionName, url } }, caller) =>
      functionName === "(garbage collector)"
        ? "garbage collection"
        : ROOM.exec(url)?.[1] ?? caller ?? "other",
  );
}

/** Shares of a profile by the name that each of its nodes is given, idle time left out. */
function sharesBy(
  { nodes, samples, timeDeltas }: CpuProfile,
  nameOf: (node: CpuProfile["nodes"][number], caller: string | undefined) => string,
): Map<string, number> {
  const names = new Map<number, string | null>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const name = (id: number, caller?: string) => {
    const node = byId.get(id)!;
    const idle = node.callFrame.functionName === "(idle)";
    const own = nameOf(node, caller);
    names.set(id, idle ? null : own);
    for (const child of node.children ?? []) name(child, own);
  };
  const called = new Set(nodes.flatMap(({ children = [] }) => children));
  for (const { id } of nodes) if (!called.has(id)) name(id);
  const spent = new Map<string, number>();
  let all = 0;
  samples.forEach((id, i) => {
    const its = names.get(id)!;
    if (its === null) return;
    // A sample stands for the time until the next one.
    const us = timeDeltas[i + 1] ?? 0;
    all += us;
    spent.set(its, (spent.get(its) ?? 0) + us);
  });
  return new Map([...spent].map(([its, us]) => [its, us / all]));
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
