import { startInflux } from "../../support/influx.ts";
import { type Asked, diskBytes, type Peer, textOf } from "./peer.ts";

/** Out of the box it waits ten minutes before it writes its cache out, and four hours before the whole is compacted. */
const COMPACT_SOON = [
  'cache-snapshot-write-cold-duration = "1s"',
  'compact-full-write-cold-duration = "1s"',
];
const CALM_S = 8;
const COMPACTED_S = 90;

/** InfluxDB 1.x, configured as it is out of the box. */
export async function influxPeer(below: string): Promise<Peer> {
  const server = await startInflux({ below });
  const dataFolder = `${server.folder}/data`;
  const query = async (q: string) =>
    await textOf(
      await fetch(`${server.url}/query`, {
        method: "POST",
        body: new URLSearchParams({ db: "bench", epoch: "ms", q }),
      }),
    );
  await query("CREATE DATABASE bench");

  /** Waits until nothing on its disk changes any more. */
  async function compacted(): Promise<void> {
    let calm = 0;
    let last = -1;
    for (let s = 0; calm < CALM_S; s++) {
      if (s > COMPACTED_S) throw new Error(`InfluxDB still compacts after ${COMPACTED_S} s`);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const now = diskBytes(dataFolder);
      calm = now === last ? calm + 1 : 0;
      last = now;
    }
  }

  return {
    get pid() {
      return server.pid;
    },
    port: Number(new URL(server.url).port),
    write: { path: "/write?db=bench&precision=ms", headers: [] },
    settleIn: () => Promise.resolve(),
    async killAndRestart() {
      await server.kill();
      await server.restart();
    },
    async restart() {
      await server.stop();
      await server.restart();
    },
    async count(sensors, fromMs, toMs) {
      const range = `time >= ${fromMs}ms AND time < ${toMs}ms`;
      const { results } = JSON.parse(await query(`SELECT count(*) FROM m WHERE ${range}`));
      const [, ...counts] = (results[0].series?.[0].values[0] ?? [0]) as number[];
      return counts.slice(0, sensors).reduce((sum, n) => sum + n, 0);
    },
    ask: ({ fromMs, toMs, bucketS }: Asked) =>
      query(
        `SELECT min(s0), mean(s0), max(s0), count(s0) FROM m WHERE time >= ${fromMs}ms AND ` +
          `time < ${toMs}ms GROUP BY time(${bucketS}s)`,
      ),
    counted(answer) {
      const rows = JSON.parse(answer).results[0].series[0].values as number[][];
      return { readings: rows.reduce((sum, row) => sum + row[4], 0), buckets: rows.length };
    },
    async bytesPerReading(readings) {
      server.configure(COMPACT_SOON);
      await server.stop();
      await server.restart();
      await compacted();
      // Its log stays until it is full: what is asked is whether all is in the compacted files.
      await server.stop();
      await Deno.remove(`${server.folder}/wal`, { recursive: true });
      await server.restart();
      const { results } = JSON.parse(await query("SELECT count(s0) FROM m"));
      const found = results[0].series?.[0].values[0][1] ?? 0;
      if (found !== readings) throw new Error(`${found} of ${readings} readings are compacted`);
      await server.stop();
      return diskBytes(dataFolder) / readings;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
