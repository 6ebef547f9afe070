/** What 500 open streams cost, beside a bare `Deno.serve` that writes the same bytes, in one run. */
import { type BenchOptions, type BenchResult, doing, median } from "../support/bench.ts";
import { startStreamServer } from "../support/stream_server.ts";

const CLIENTS = 500;
const EVENTS_PER_S = 10;
const READINGS_PER_EVENT = 10;
const SECONDS = 12;
const ROUNDS = 3;

interface Round {
  cpuS: number;
  p99Ms: number;
  events: number;
}

/** Figures: CPU seconds of the serving process per 12 s and age of events, medians of three rounds. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const rounds = options.quick ? 1 : ROUNDS;
  const perch: Round[] = [], bare: Round[] = [];
  for (let i = 0; i < rounds; i++) {
    doing("a bare server", i + 1, rounds);
    bare.push(await round(true));
    doing("Perch", i + 1, rounds);
    perch.push(await round(false));
  }
  const middle = (of: Round[], pick: (round: Round) => number) => median(of.map(pick));
  const cpuS = middle(perch, (r) => r.cpuS), bareCpuS = middle(bare, (r) => r.cpuS);
  return {
    name: "stream",
    figures: {
      clients: CLIENTS,
      events_per_s: EVENTS_PER_S,
      seconds: SECONDS,
      events_received: middle(perch, (r) => r.events),
      bare_events_received: middle(bare, (r) => r.events),
      cpu_s: cpuS,
      bare_cpu_s: bareCpuS,
      cpu_ratio: cpuS / bareCpuS,
      p99_ms: middle(perch, (r) => r.p99Ms),
      bare_p99_ms: middle(bare, (r) => r.p99Ms),
    },
  };
}

async function round(bare: boolean): Promise<Round> {
  const server = await startStreamServer({
    limits: {},
    groupsPerS: EVENTS_PER_S,
    readingsPerGroup: READINGS_PER_EVENT,
    limitSockets: true,
    bare,
  });
  const readers = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-net=127.0.0.1",
      new URL("stream_readers.ts", import.meta.url).href,
      ...[server.port, CLIENTS, SECONDS].map(String),
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    const lines = readers.stdout.pipeThrough(new TextDecoderStream()).getReader();
    await lines.read();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const before = cpuSeconds(server.pid);
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
    const cpuS = cpuSeconds(server.pid) - before;
    let output = "";
    for (let part = await lines.read(); !part.done; part = await lines.read()) output += part.value;
    const { events, p99 } = JSON.parse(output);
    await readers.status;
    return { cpuS, p99Ms: p99, events };
  } finally {
    await server.stop();
  }
}

/** User and system time of a process, from `/proc/<pid>/stat` (fields 14 and 15, 100 ticks per second). */
function cpuSeconds(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
