/**
 * Perch beside the databases for readings that people would use instead, over the same interface (line protocol over
 * HTTP) and in one run: Debian's `victoria-metrics` and `influxdb` where they are installed, and the compiled Perch
 * (`deno task compile`) with detection, limits on every sensor and an open event stream. `--quick`: one short round.
 */
import {
  benchFolder,
  type BenchOptions,
  type BenchResult,
  doing,
  median,
} from "../support/bench.ts";
import { processCpuS, processMemory } from "./ingest/setup.ts";
import type { LineSet } from "./peers/lines.ts";
import { type LoadGenerator, startGenerator } from "./peers/load.ts";
import { type Asked, type Peer, type PeerKind, PEERS } from "./peers/peer.ts";
import { BINARY } from "./peers/perch.ts";
import { quiet } from "./peers/quiet.ts";
import { readmeRow, tableOf } from "./peers/table.ts";

const ROUNDS = 5;
const SENSORS = 200;
const BATCH = 1_000;
const CONNECTIONS = 4;
/** What is loaded, compiled and registered with the first requests is not measured. */
const WARM_BATCHES = 50;
const BATCHES = 1_000;
const QUICK_BATCHES = 100;
const KILL_BATCHES = 200;
const QUICK_KILL_BATCHES = 20;
const POINTS = 1_000;
/** Perch's buckets are whole minutes, so there are somewhat fewer of them. */
const POINTS_LEAST = 900;
const DAYS = 30;
const QUICK_DAYS = 5;
const BULK_BATCH = 10_000;
/** Right after the first: an engine that compiles what runs often is still at it. */
const NEXT_QUERIES = 3;
/** From there on nothing gets faster; a peer that takes long is asked for this long only. */
const WARM_QUERIES = 40;
const WARM_MS = 5_000;

/** What is known of acknowledgements beyond what the kill shows. */
const ON_DISK = [
  "VictoriaMetrics, by its documentation: what it acknowledged is on disk within some seconds.",
  "InfluxDB, by its documentation: its log is synced before it answers (wal-fsync-delay = 0s).",
  "Perch: kills and power cuts in tests/faults.",
];

/** What one round gives of a peer; medians of all rounds are its figures. */
type Round = Record<string, number>;

interface Plan {
  rounds: number;
  batches: number;
  killBatches: number;
  days: number;
  folder: string;
  sets: { many: LineSet; month: LineSet };
}

/** Figures by peer: `perch_…`, `influx_…`, `victoria_…`; see the notes, which are the table. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  try {
    Deno.statSync(BINARY);
  } catch {
    throw new Error(`${BINARY} is missing: deno task compile`);
  }
  const folder = await benchFolder(options);
  try {
    const plan = planOf(options.quick === true, folder.path);
    const notes = PEERS.flatMap((kind) => kind.missing() ?? []);
    const peers = PEERS.filter((kind) => kind.missing() === null);
    doing("the load generator makes its requests");
    await using generator = await startGenerator(plan.sets);
    const figures = await measured(peers, generator, plan);
    const load = Deno.loadavg().map((one) => one.toFixed(1)).join(" ");
    return {
      name: "peers",
      figures,
      notes: [
        ...notes.map((why) => `left out: ${why}`),
        ...tableOf(figures, peers),
        "",
        readmeRow(figures, peers),
        "",
        ...ON_DISK,
        `load of the host at the end: ${load}`,
      ],
    };
  } finally {
    await folder.remove();
  }
}

function planOf(quick: boolean, folder: string): Plan {
  const batches = quick ? QUICK_BATCHES : BATCHES;
  const days = quick ? QUICK_DAYS : DAYS;
  const seconds = days * 86_400;
  const manyReadings = (WARM_BATCHES + batches) * BATCH;
  // Buckets of a whole number of seconds that begin where InfluxDB's do.
  const bucketMs = seconds / POINTS * 1000;
  const endMs = Math.floor(Date.now() / bucketMs) * bucketMs;
  return {
    ...{ folder, batches, days },
    rounds: quick ? 1 : ROUNDS,
    killBatches: quick ? QUICK_KILL_BATCHES : KILL_BATCHES,
    sets: {
      many: {
        ...{ sensors: SENSORS, readings: manyReadings, batch: BATCH },
        startMs: Math.floor(Date.now() / 1000 - manyReadings / SENSORS) * 1000,
      },
      month: {
        ...{ sensors: 1, readings: seconds, batch: BULK_BATCH },
        startMs: endMs - seconds * 1000,
      },
    },
  };
}

async function measured(
  peers: readonly PeerKind[],
  generator: LoadGenerator,
  plan: Plan,
): Promise<Record<string, number>> {
  const rounds = new Map<string, Round[]>(peers.map(({ name }) => [name, []]));
  for (let round = 1; round <= plan.rounds; round++) {
    for (const { name, title, start } of peers) {
      doing(`${title}: four connections`, round, plan.rounds);
      const many = await useOne(start, plan, (peer) => throughput(peer, generator, plan));
      doing(`${title}: a month over one connection, and queries`, round, plan.rounds);
      const month = await useOne(start, plan, (peer) => bulk(peer, generator, plan));
      rounds.get(name)!.push({ ...many, ...month });
    }
  }
  const figures: Record<string, number> = {
    ...{ days: plan.days, month_readings: plan.sets.month.readings },
    readings: plan.batches * BATCH,
  };
  for (const { name, title, start } of peers) {
    doing(`${title}: kill -9 after the last acknowledgement`);
    const kill = await useOne(start, plan, (peer) => killed(peer, generator, plan));
    const all = rounds.get(name)!;
    for (const key of Object.keys(all[0])) {
      figures[`${name}_${key}`] = median(all.map((one) => one[key]));
    }
    for (const [key, value] of Object.entries(kill)) figures[`${name}_${key}`] = value;
  }
  return figures;
}

async function useOne(
  start: PeerKind["start"],
  { folder }: Plan,
  use: (peer: Peer) => Promise<Round>,
): Promise<Round> {
  await using peer = await start(folder);
  return await use(peer);
}

/** Readings/s until the last acknowledgement; processor time until it has done what it put off. */
async function throughput(peer: Peer, generator: LoadGenerator, plan: Plan): Promise<Round> {
  const set = "many";
  await generator.send(peer, { set, to: WARM_BATCHES, connections: CONNECTIONS });
  await peer.settleIn(SENSORS);
  const before = await quiet(peer.pid);
  const { seconds, cpuS } = await generator.send(peer, {
    ...{ set, from: WARM_BATCHES, connections: CONNECTIONS },
  });
  const acknowledgedS = processCpuS(peer.pid) - before;
  const usedS = await quiet(peer.pid) - before;
  const readings = plan.batches * BATCH;
  return {
    per_s: readings / seconds,
    cpu_us: usedS / readings * 1e6,
    cpu_us_until_acknowledged: acknowledgedS / readings * 1e6,
    peak_mb: processMemory(peer.pid).peakMb,
    generator_cpu_us: cpuS / readings * 1e6,
    generator_cores: cpuS / seconds,
  };
}

/** A month of one sensor, one request after the other; its queries; what it takes at rest. */
async function bulk(peer: Peer, generator: LoadGenerator, plan: Plan): Promise<Round> {
  const { startMs, readings } = plan.sets.month;
  const { seconds } = await generator.send(peer, { set: "month", connections: 1 });
  await quiet(peer.pid);
  await peer.restart();
  const asked: Asked = {
    fromMs: startMs,
    toMs: startMs + readings * 1000,
    bucketS: readings / POINTS,
  };
  const times: number[] = [];
  const begunMs = performance.now();
  const isWarm = () => times.length > WARM_QUERIES || performance.now() - begunMs > WARM_MS;
  while (times.length <= NEXT_QUERIES || !isWarm()) {
    const askedMs = performance.now();
    const answer = await peer.ask(asked);
    times.push(performance.now() - askedMs);
    const { readings: counted, buckets } = peer.counted(answer);
    if (counted !== readings || buckets < POINTS_LEAST) {
      throw new Error(`${counted} of ${readings} readings in ${buckets} of ${POINTS} buckets`);
    }
  }
  return {
    bulk_s: seconds,
    first_ms: times[0],
    next_ms: median(times.slice(1, 1 + NEXT_QUERIES)),
    warm_ms: median(times.slice(-Math.ceil(times.length / 4))),
    bytes: await peer.bytesPerReading(readings),
  };
}

/** Readings that were acknowledged, and those that are there after `kill -9` right after the last of them. */
async function killed(peer: Peer, generator: LoadGenerator, plan: Plan): Promise<Round> {
  await generator.send(peer, { set: "many", to: plan.killBatches, connections: CONNECTIONS });
  await peer.killAndRestart();
  const { startMs } = plan.sets.many;
  const seconds = plan.killBatches * BATCH / SENSORS;
  return {
    before_kill: plan.killBatches * BATCH,
    after_kill: await peer.count(SENSORS, startMs, startMs + seconds * 1000),
  };
}
