import { until } from "../../support/until.ts";
import { startVictoria } from "../../support/victoria.ts";
import { type Asked, diskBytes, type Peer, textOf } from "./peer.ts";

const MERGED_MS = 60_000;

/** VictoriaMetrics, configured as it is out of the box. */
export async function victoriaPeer(below: string): Promise<Peer> {
  const server = await startVictoria({ below, args: [] });
  const query = async (path: string, form: Record<string, string>) =>
    await textOf(
      await fetch(`${server.url}/api/v1/${path}`, {
        method: "POST",
        body: new URLSearchParams({ ...form, nocache: "1" }),
      }),
    );
  const metric = async (name: string) => {
    const text = await textOf(await fetch(`${server.url}/metrics`));
    return [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\S+)`, "gm"))]
      .reduce((sum, [, value]) => sum + Number(value), 0);
  };
  const flush = async () => void await textOf(await fetch(`${server.url}/internal/force_flush`));
  return {
    get pid() {
      return server.pid;
    },
    port: Number(new URL(server.url).port),
    write: { path: "/write?precision=ms", headers: [] },
    settleIn: () => Promise.resolve(),
    async killAndRestart() {
      await server.kill();
      await server.restart();
    },
    async restart() {
      await server.stop();
      await server.restart();
    },
    async count(_sensors, fromMs, toMs) {
      await flush();
      const endS = Math.ceil(toMs / 1000);
      const selected = `{__name__=~"m_.*"}[${endS - Math.floor(fromMs / 1000) + 1}s]`;
      const { data } = JSON.parse(
        await query("query", {
          query: `sum(count_over_time(${selected}))`,
          time: `${endS}`,
        }),
      );
      return Number(data.result[0]?.value[1] ?? 0);
    },
    // Windows have their end and not their beginning: a millisecond earlier they are those of the others.
    ask: ({ fromMs, toMs, bucketS }: Asked) =>
      query("query_range", {
        query: 'aggr_over_time(("count_over_time", "min_over_time", "max_over_time", ' +
          `"avg_over_time"), m_s0[${bucketS}s] offset 1ms)`,
        start: `${fromMs / 1000 + bucketS}`,
        end: `${toMs / 1000}`,
        step: `${bucketS}s`,
      }),
    counted(answer) {
      const counts = JSON.parse(answer).data.result.find(
        ({ metric }: { metric: { rollup: string } }) => metric.rollup === "count_over_time",
      ).values as [number, string][];
      return {
        readings: counts.reduce((sum, [, n]) => sum + Number(n), 0),
        buckets: counts.length,
      };
    },
    async bytesPerReading(readings) {
      await flush();
      await textOf(await fetch(`${server.url}/internal/force_merge`));
      // Said to be begun by the answer; small merges follow each other.
      for (let calm = 0; calm < 4; calm++) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        await until(
          "merges",
          async () => await metric("vm_active_merges") === 0 || null,
          MERGED_MS,
        );
      }
      await server.stop();
      return diskBytes(server.folder) / readings;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
