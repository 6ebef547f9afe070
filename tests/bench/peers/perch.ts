import { openConnection } from "../../../lib/db/connection.ts";
import { addKey, type PerchProcess, ROOT, startPerch } from "../../support/perch.ts";
import { readStream, setLimits } from "./as_used.ts";
import { type Asked, type Peer, textOf } from "./peer.ts";

/** The compiled program. */
export const BINARY = `${ROOT}dist/perch`;
/** On a host that is busy with what was sent before. */
const READY_MS = 120_000;

/**
 * The compiled Perch with all that it does out of the box: detection, alarms (each sensor gets limits), its host's
 * history; and one reader of the live stream.
 */
export async function perchPeer(below: string): Promise<Peer> {
  const folder = await Deno.makeTempDir({ dir: below, prefix: "perch-peer-" });
  const dataDir = `${folder}/data`;
  await Deno.mkdir(dataDir, { mode: 0o700 });
  const key = await addKey({ dataDir, role: "admin", binary: [BINARY] });
  const headers = { authorization: `Bearer ${key}` };
  const database = `${dataDir}/perch.db`;
  const emptyBytes = await withDatabase(database, usedBytes);
  let port: number | null = null;
  let perch = await start();
  port = Number(new URL(perch.url).port);

  function start(): Promise<PerchProcess> {
    const env = {
      ...{ LOG_LEVEL: "warn", MQTT_PORT: "0" },
      ...port === null ? {} : { PERCH_PORT: `${port}` },
    };
    return startPerch({ dataDir, binary: [BINARY], env, readyMs: READY_MS });
  }

  const get = async (path: string) => await textOf(await fetch(perch.url + path, { headers }));
  const sensor = (i: number) => `bench/m/m.s${i}`;

  return {
    get pid() {
      return perch.pid;
    },
    port,
    write: {
      path: "/api/v2/write?precision=ms",
      headers: [`Authorization: Bearer ${key}`],
    },
    async settleIn(sensors) {
      await setLimits({ url: perch.url, headers }, sensors);
      await readStream({ url: perch.url, headers });
    },
    async killAndRestart() {
      await perch.kill();
      perch = await start();
    },
    async restart() {
      await perch.stop();
      perch = await start();
    },
    async count(sensors, fromMs, toMs) {
      let sum = 0;
      for (let i = 0; i < sensors; i++) {
        const text = await get(
          `/api/readings?sensor=${sensor(i)}&from=${fromMs}&to=${toMs}&points=10`,
        );
        sum += counted(text).readings;
      }
      return sum;
    },
    ask: ({ fromMs, toMs, bucketS }: Asked) =>
      get(
        `/api/readings?sensor=${sensor(0)}&from=${fromMs}&to=${toMs}` +
          `&points=${(toMs - fromMs) / 1000 / bucketS}`,
      ),
    counted,
    // What stands in the journal waits for its sealing: neither its bytes nor its readings count.
    async bytesPerReading() {
      await perch.stop();
      return await withDatabase(database, async (one) => {
        await one("DELETE FROM journal_a");
        await one("DELETE FROM journal_b");
        return (await usedBytes(one) - emptyBytes) / await one("SELECT sum(n) FROM chunks");
      });
    },
    async [Symbol.asyncDispose]() {
      await perch.kill();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function counted(answer: string): { readings: number; buckets: number } {
  const { n } = JSON.parse(answer) as { n: number[] };
  return { readings: n.reduce((sum, one) => sum + one, 0), buckets: n.length };
}

/** The first number that a statement gives. */
type Ask = (sql: string) => Promise<number>;

async function withDatabase<T>(path: string, use: (ask: Ask) => Promise<T>): Promise<T> {
  const connection = await openConnection({ url: `file:${path}` });
  try {
    return await use(async (sql) => {
      if (!sql.startsWith("DELETE")) {
        return Number((await connection.query({ sql })).rows[0]?.[0]);
      }
      return (await connection.write([{ sql }]))[0].rowsAffected;
    });
  } finally {
    await connection.close();
  }
}

/** In pages that are in use. */
async function usedBytes(ask: Ask): Promise<number> {
  const pages = await ask("PRAGMA page_count") - await ask("PRAGMA freelist_count");
  return pages * await ask("PRAGMA page_size");
}
