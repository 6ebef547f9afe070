/**
 * A report of 20 machines over 30 days by a running Perch, while readings come in: how long it takes to the finished
 * file, and what it does to the acknowledgements and the memory. The base is the time without one, before and after.
 */
import { join } from "node:path";
import {
  benchFolder,
  type BenchOptions,
  type BenchResult,
  doing,
  quantile,
} from "../../support/bench.ts";
import { addKey, startPerch } from "../../support/perch.ts";
import { freePort } from "../../support/port.ts";
import { startLoad } from "../backup/load.ts";
import { watch } from "../backup/watch.ts";
import { ordered } from "./orders.ts";
import { fillPast } from "./report_plant.ts";

const DAY_MS = 86_400_000;
const DAYS = 30;
const MACHINES = 20;
const FORMATS = ["pdf", "xlsx", "csv"] as const;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function measureReport(options: BenchOptions): Promise<BenchResult["figures"]> {
  const aloneMs = options.quick ? 4_000 : 20_000;
  const folder = await benchFolder(options);
  const dataDir = join(folder.path, "data");
  const endMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  try {
    await Deno.mkdir(dataDir);
    doing(`a plant of ${MACHINES} machines over ${DAYS} days`);
    const everyMs = options.quick ? 60_000 : 10_000;
    const readings = await fillPast(dataDir, { machines: MACHINES, days: DAYS, everyMs, endMs });
    const headers = { authorization: `Bearer ${await addKey({ dataDir, role: "admin" })}` };
    const perch = await startPerch({
      dataDir,
      env: { MQTT_PORT: String(freePort()), LOG_LEVEL: "warn" },
    });
    const load = startLoad(perch.url, headers);
    const watching = watch(perch.pid, join(dataDir, "perch.db"));
    try {
      doing("the start settles, with readings");
      await sleep(aloneMs);
      load.take();
      watching.take();
      doing("readings alone");
      await sleep(aloneMs / 2);
      const alone = { ms: load.take(), ...watching.take() };
      const figures: BenchResult["figures"] = { readings };
      const during: number[] = [];
      let rssMb = 0;
      for (const format of FORMATS) {
        doing(`readings during a report as ${format}`);
        const body = { format, from: endMs - DAYS * DAY_MS, to: endMs };
        const made = await ordered(perch.url, headers, "/api/reports", body);
        figures[`${format}_s`] = made.seconds;
        during.push(...load.take());
        rssMb = Math.max(rssMb, watching.take().rssMb);
      }
      doing("readings alone again");
      await sleep(aloneMs / 2);
      alone.ms.push(...load.take());
      const [base, meanwhile] = [quantile(alone.ms, 0.99), quantile(during, 0.99)];
      return {
        ...figures,
        ack_p99_alone_ms: base,
        ack_p99_during_ms: meanwhile,
        ack_p99_ratio: meanwhile / base,
        ack_longest_during_ms: Math.max(...during),
        rss_over_base_mb: rssMb - alone.rssMb,
      };
    } finally {
      watching.stop();
      await load.stop().finally(() => perch.stop());
    }
  } finally {
    await folder.remove();
  }
}
