/**
 * `deno task sim`: the simulated plant. With `--nodes N`, several nodes on one libSQL server behind a small proxy, with
 * a real broker: kill one of them and look at the pages. Everything lies in a temporary folder and goes with the end.
 */
import { createForward } from "../lib/app/nodes/forward.ts";
import { peerRules } from "../routes/http/peer.ts";
import { haveMosquitto, startMosquitto } from "../tests/support/mosquitto.ts";
import { perchCommand } from "../tests/support/perch.ts";
import { freePort } from "../tests/support/port.ts";
import { findSqld, startSqld } from "../tests/support/sqld.ts";

const MOST = 9;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Without nodes it is the command alone. */
async function plain(args: readonly string[]): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args: ["task", "-q", "perch", "sim", ...args] })
    .spawn();
  for (const signal of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      try {
        child.kill(signal);
      } catch {
        // It has ended.
      }
    });
  }
  return (await child.status).code;
}

interface Node {
  name: string;
  url: string;
  dataDir: string;
  child: Deno.ChildProcess | null;
}

async function several(n: number, args: readonly string[]): Promise<number> {
  const binary = await findSqld();
  const missing = [
    ...binary === null ? ["the libSQL server of npm"] : [],
    ...haveMosquitto() ? [] : ["mosquitto (apt-get install mosquitto)"],
  ];
  if (missing.length > 0) {
    console.error(`sim --nodes needs ${missing.join(" and ")}.`);
    return 2;
  }
  const ended = Promise.withResolvers<void>();
  for (const signal of SIGNALS) Deno.addSignalListener(signal, () => ended.resolve());
  const folder = await Deno.makeTempDir({ prefix: "perch-sim-nodes-" });
  await using sqld = await startSqld(binary!);
  await using broker = await startMosquitto();
  const port = portOf();
  const secret = crypto.randomUUID() + crypto.randomUUID();
  const nodes = Array.from({ length: n }, (_, index): Node => ({
    name: `node ${index + 1}`,
    url: `http://127.0.0.1:${freePort()}`,
    dataDir: `${folder}/node${index + 1}`,
    child: null,
  }));
  let isEnding = false;

  /** Starts it, and again whenever it ends. */
  async function run(node: Node, first: boolean): Promise<void> {
    for (let again = !first; !isEnding; again = true) {
      // The past is filled in once.
      const [command, all] = perchCommand(undefined, [
        ...["sim", ...args],
        ...again ? ["--history", "0"] : [],
      ]);
      node.child = new Deno.Command(command, {
        args: all,
        env: {
          PERCH_DATA: node.dataDir,
          PERCH_HOST: "127.0.0.1",
          PERCH_PORT: new URL(node.url).port,
          PERCH_PUBLIC_URL: `http://localhost:${port}`,
          PERCH_NODE_URL: node.url,
          NODE_LEASE_S: "6",
          DATABASE_URL: sqld.url,
          MQTT_URL: `mqtt://127.0.0.1:${broker.port}`,
          TRUSTED_PROXIES: "127.0.0.1",
          JWT_SECRET: secret,
          LOG_LEVEL: "warn",
          NO_COLOR: "1",
        },
        ...{ stdin: "null", stdout: "null", stderr: "piped" },
      }).spawn();
      const said = node.child.stderr.pipeThrough(new TextDecoderStream());
      for await (const text of said) if (!isEnding) console.error(`[${node.name}] ${text.trim()}`);
      await node.child.status;
      if (!isEnding) await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }

  const running = [run(nodes[0], true)];
  await Promise.race([firstKey(nodes[0]), ended.promise]);
  for (const node of nodes.slice(1)) {
    await Deno.mkdir(node.dataDir, { mode: 0o700 });
    await Deno.copyFile(`${nodes[0].dataDir}/channels.key`, `${node.dataDir}/channels.key`);
    await Deno.chmod(`${node.dataDir}/channels.key`, 0o600);
    running.push(run(node, false));
  }
  let turn = 0;
  const forward = createForward({
    keeper: () => nodes[turn++ % n].url,
    peers: peerRules([], null),
    patienceMs: 30_000,
    isProxy: true,
  });
  const proxy = Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, forward.fetch);
  console.log(greeting(port, nodes, sqld.url, broker.port));
  await ended.promise;
  isEnding = true;
  for (const { child } of nodes) {
    try {
      child?.kill("SIGTERM");
    } catch {
      // It has ended.
    }
  }
  await Promise.all(running);
  forward.close();
  await proxy.shutdown();
  await Deno.remove(folder, { recursive: true });
  return 0;
}

/** Resolves when the first node has made its keys and answers. */
async function firstKey({ url, dataDir }: Node): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/health/ready`).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok && await Deno.stat(`${dataDir}/channels.key`).catch(() => null)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** `PERCH_PORT`, else 8080, else any. */
function portOf(): number {
  const asked = Deno.env.get("PERCH_PORT");
  if (asked !== undefined) return Number(asked) || freePort();
  try {
    Deno.listen({ hostname: "127.0.0.1", port: 8080 }).close();
    return 8080;
  } catch {
    return freePort();
  }
}

function greeting(port: number, nodes: readonly Node[], database: string, mqtt: number): string {
  const lines = nodes.map(({ name, url, child }) => `    ${name}  ${url}  process ${child?.pid}`);
  return [
    "",
    `  A simulated plant on ${nodes.length} nodes: http://localhost:${port}`,
    "",
    "  Sign in as",
    "    admin@example.com      admin123",
    "    engineer@example.com   engineer123",
    "    viewer@example.com     viewer123",
    "",
    "  Nodes; any may be killed, and is started again",
    ...lines,
    "",
    `  libSQL server ${database}   MQTT mqtt://127.0.0.1:${mqtt}   Ctrl-C ends all of it`,
    "",
  ].join("\n");
}

function nodesOf(args: string[]): { n: number | null; rest: string[] } {
  const at = args.findIndex((arg) => /^--nodes(=|$)/.test(arg));
  if (at < 0) return { n: null, rest: args };
  const joined = args[at].split("=")[1];
  const rest = args.filter((_, i) => i !== at && (joined !== undefined || i !== at + 1));
  return { n: Number(joined ?? args[at + 1]), rest };
}

async function main(): Promise<number> {
  const { n, rest } = nodesOf(Deno.args);
  if (n === null) return await plain(rest);
  if (!Number.isInteger(n) || n < 2 || n > MOST) {
    console.error(`--nodes: give a whole number from 2 to ${MOST}.`);
    return 2;
  }
  return await several(n, rest);
}

Deno.exit(await main());
