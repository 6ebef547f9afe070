/** What an import does to readings that come in: their acknowledgements alone, during it, and alone again. */
import { join } from "node:path";
import { doing, quantile } from "../../support/bench.ts";
import { addKey } from "../../support/perch.ts";
import { startLoad } from "../backup/load.ts";
import { watch } from "../backup/watch.ts";

const SETTLES_MS = 8_000;
const ALONE_MS = 8_000;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A running Perch imports `dump` under 500 readings a second. */
export async function measureIngest(
  dump: string,
  place: string,
): Promise<Record<string, number>> {
  const headers = { authorization: `Bearer ${await addKey({ dataDir: place, role: "admin" })}` };
  const perch = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `${import.meta.dirname}/import_ingest_child.ts`, place, dump],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const said = perch.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: url } = await said.read();
  const load = startLoad(url!.trim(), headers);
  const watching = watch(perch.pid, join(place, "perch.db"));
  const stdin = perch.stdin.getWriter();
  try {
    doing("the start settles, with readings");
    await sleep(SETTLES_MS);
    load.take();
    watching.take();
    doing("readings alone");
    await sleep(ALONE_MS);
    const alone = { ms: load.take(), ...watching.take() };
    doing("readings during an import");
    const begun = performance.now();
    await stdin.write(new TextEncoder().encode("import\n"));
    const { value: stored } = await said.read();
    const seconds = (performance.now() - begun) / 1000;
    const [during, { rssMb, walMb }] = [load.take(), watching.take()];
    doing("readings alone again");
    await sleep(ALONE_MS);
    alone.ms.push(...load.take());
    const [base, meanwhile] = [quantile(alone.ms, 0.99), quantile(during, 0.99)];
    return {
      meanwhile_per_s: Math.round(Number(stored) / seconds),
      ack_p99_alone_ms: base,
      ack_p99_during_ms: meanwhile,
      ack_p99_ratio: meanwhile / base,
      ack_longest_during_ms: Math.max(...during),
      rss_over_base_mb: rssMb - alone.rssMb,
      wal_mb: walMb,
    };
  } finally {
    watching.stop();
    await load.stop().finally(() => stdin.close());
    await perch.status;
  }
}
