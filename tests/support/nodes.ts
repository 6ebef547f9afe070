import { createClient } from "@libsql/client";
import { addKey, type PerchProcess, startPerch } from "./perch.ts";
import { freePort } from "./port.ts";
import { until } from "./until.ts";

/** Some nodes of one site, on one libSQL server. */
export interface Nodes {
  readonly nodes: readonly SiteNode[];
  readonly key: string;
  /** The one that has the lease and runs, as the database says, as soon as one has; not `but`. */
  keeper(but?: SiteNode): Promise<SiteNode>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface SiteNode {
  readonly name: string;
  readonly url: string;
  readonly dataDir: string;
  perch(): PerchProcess;
  /** SIGKILL or SIGTERM, and waits; it stays down until `start`. */
  end(how: "kill" | "stop"): Promise<void>;
  /** From now on it is started again when it ends by itself, as a service manager does. */
  start(): Promise<void>;
}

export interface NodesOptions {
  n: number;
  databaseUrl: string;
  mqttUrl?: string;
  leaseS?: number;
  env?: (n: number) => Record<string, string>;
  under?: (n: number) => string[];
}

/** Starts them; the first keeps the site. */
export async function startNodes(options: NodesOptions): Promise<Nodes> {
  const { n, databaseUrl, mqttUrl, leaseS = 3 } = options;
  const nodes: SiteNode[] = [];
  const own = (index: number, port: number): Record<string, string> => ({
    DATABASE_URL: databaseUrl,
    PERCH_PORT: String(port),
    PERCH_NODE_URL: `http://127.0.0.1:${port}`,
    NODE_LEASE_S: String(leaseS),
    MQTT_PORT: "0",
    TRUSTED_PROXIES: "127.0.0.1",
    ...mqttUrl === undefined ? {} : { MQTT_URL: mqttUrl },
    ...options.env?.(index),
  });
  const made = await Promise.all(Array.from({ length: n }, async (_, index) => {
    const port = freePort();
    const dataDir = await Deno.makeTempDir({ prefix: `perch-node${index}-` });
    return { index, dataDir, port, env: own(index, port) };
  }));
  const key = await addKey({ dataDir: made[0].dataDir, role: "admin", env: made[0].env });
  for (const { index, dataDir, port, env } of made) {
    const under = options.under?.(index);
    const begin = () => startPerch({ dataDir, env, under, readyMs: 60_000 });
    nodes.push(siteNode(index, port, begin, dataDir));
  }
  await nodes[0].start();
  await Promise.all(
    nodes.slice(1).map(async (node) => {
      for (const file of ["jwt.key", "channels.key"]) await copyKey(nodes[0], node.dataDir, file);
      await node.start();
    }),
  );
  const client = createClient({ url: databaseUrl });
  return {
    nodes,
    key,
    keeper: (but) =>
      until("a node to keep the site", async () => {
        const sql = "SELECT n.url FROM owner o JOIN nodes n ON n.keeps = o.epoch";
        const { rows } = await client.execute(sql).catch(() => ({ rows: [] }));
        const node = nodes.find(({ url }) => url === rows[0]?.[0]);
        return node !== undefined && node !== but && await isAlive(node.perch().pid) ? node : null;
      }, 120_000),
    async [Symbol.asyncDispose]() {
      client.close();
      for (const node of nodes) {
        try {
          Deno.kill(node.perch().pid, "SIGCONT");
        } catch {
          // It has ended, or never began.
        }
        await node.end("kill").catch(() => {});
        await Deno.remove(node.dataDir, { recursive: true });
      }
    },
  };
}

/** The first node makes them with its first start. */
async function copyKey(first: SiteNode, to: string, file: string): Promise<void> {
  await until(`the first node's ${file}`, async () => {
    try {
      await Deno.copyFile(`${first.dataDir}/${file}`, `${to}/${file}`);
      await Deno.chmod(`${to}/${file}`, 0o600);
      return true;
    } catch {
      return null;
    }
  });
}

function siteNode(
  index: number,
  port: number,
  begin: () => Promise<PerchProcess>,
  dataDir: string,
): SiteNode {
  let perch: PerchProcess;
  let watching: Promise<void> = Promise.resolve();
  let isDown = true;

  async function watch(): Promise<void> {
    while (!isDown) {
      if (!await isAlive(perch.pid)) await begin().then((again) => perch = again, () => {});
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  return {
    name: `node ${index}`,
    url: `http://127.0.0.1:${port}`,
    dataDir,
    perch: () => perch,
    async end(how) {
      isDown = true;
      await watching;
      await perch[how]();
    },
    async start() {
      perch = await begin();
      isDown = false;
      watching = watch();
    },
  };
}

/** A process that was not waited for yet is a zombie, and not alive. */
export async function isAlive(pid: number): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return status !== "" && !/^State:\s+Z/m.test(status);
}
