/**
 * A dump of line protocol on the disk, imported by Perch, by InfluxDB's own `influx -import` and by VictoriaMetrics's
 * `/write`, one after the other on the same disk: readings per second from the start until all is acknowledged, and
 * the most memory of the process that stores.
 */
import { type BenchOptions, doing, median } from "../../support/bench.ts";
import { startInflux } from "../../support/influx.ts";
import { startVictoria } from "../../support/victoria.ts";
import { measureIngest } from "./import_ingest.ts";
import { DUMP_HEAD, writeDump } from "./line_dump.ts";

const READINGS = 5_000_000;
const QUICK_READINGS = 500_000;
const ROUNDS = 3;

/** One import: how long, and the most memory. */
interface Taken {
  seconds: number;
  peakMb: number;
}

export async function importFigures(
  folder: string,
  { quick }: BenchOptions,
): Promise<{ figures: Record<string, number>; notes: string[] }> {
  const readings = quick ? QUICK_READINGS : READINGS;
  const rounds = quick ? 1 : ROUNDS;
  const dump = `${folder}/dump.lp`;
  doing(`writing a dump of ${readings} readings`);
  await writeDump(dump, readings);
  const importers = {
    perch: importWithPerch,
    influx: importWithInflux,
    victoria: importWithVictoria,
  };
  const taken: Record<string, Taken[]> = { perch: [], influx: [], victoria: [] };
  const notes: string[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const [name, run] of Object.entries(importers)) {
      doing(`import by ${name}`, round, rounds);
      const place = await Deno.makeTempDir({ dir: folder });
      try {
        taken[name].push(await run(dump, place, readings));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        if (round === 1) notes.push(`${name} is not installed: not measured`);
      } finally {
        await Deno.remove(place, { recursive: true });
      }
    }
  }
  const figures: Record<string, number> = { readings };
  for (const [name, all] of Object.entries(taken)) {
    if (all.length === 0) continue;
    figures[`${name}_per_s`] = Math.round(readings / median(all.map(({ seconds }) => seconds)));
    figures[`${name}_peak_mb`] = median(all.map(({ peakMb }) => peakMb));
  }
  if (taken.influx.length > 0) {
    figures.times_influx = figures.perch_per_s / figures.influx_per_s;
  }
  const place = await Deno.makeTempDir({ dir: folder });
  Object.assign(figures, await measureIngest(dump, place));
  return { figures, notes };
}

/** A process of its own: its memory is that of an import alone. */
async function importWithPerch(dump: string, place: string, readings: number): Promise<Taken> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `${import.meta.dirname}/imports_child.ts`, dump, place],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("the import by Perch failed");
  const { stored, ...taken } = JSON.parse(new TextDecoder().decode(stdout));
  same("perch", stored, readings);
  return taken;
}

async function importWithInflux(dump: string, place: string, readings: number): Promise<Taken> {
  await using server = await startInflux({ below: place });
  const { port } = new URL(server.url);
  const begun = performance.now();
  const { success } = await new Deno.Command("influx", {
    args: ["-import", `-path=${dump}`, "-precision=ns", "-host=127.0.0.1", `-port=${port}`],
    stdout: "null",
    stderr: "null",
  }).output();
  const seconds = (performance.now() - begun) / 1000;
  if (!success) throw new Error("influx -import failed");
  const count = "SELECT count(temperature) + count(pressure) FROM press";
  const query = new URLSearchParams({ db: "plant", q: count });
  const answer = await (await fetch(`${server.url}/query?${query}`)).json();
  same("influx", answer.results[0].series[0].values[0][1], readings);
  return { seconds, peakMb: await peakMbOf(server.pid) };
}

async function importWithVictoria(dump: string, place: string, readings: number): Promise<Taken> {
  // It reads lines itself; others are told to send a request for a few thousand.
  await using server = await startVictoria({ below: place, args: ["-influx.maxLineSize=1MB"] });
  const file = await Deno.open(dump);
  await file.seek(DUMP_HEAD.length, Deno.SeekMode.Start);
  const begun = performance.now();
  const response = await fetch(`${server.url}/write?precision=ns`, {
    method: "POST",
    body: file.readable,
  });
  await response.body?.cancel();
  const seconds = (performance.now() - begun) / 1000;
  if (!response.ok) throw new Error(`VictoriaMetrics answered ${response.status}`);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const [, rows] = /^vm_rows_inserted_total\{type="influx"\} (\d+)/m.exec(metrics) ?? [];
  same("VictoriaMetrics", Number(rows), readings);
  return { seconds, peakMb: await peakMbOf(server.pid) };
}

async function peakMbOf(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024);
}

function same(name: string, stored: number, readings: number): void {
  if (stored !== readings) throw new Error(`${name} stored ${stored} of ${readings} readings`);
}
