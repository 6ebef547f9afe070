/**
 * Runs in a network of its own, where every address of the test belongs to this host: 9.9.9.9 is the internet,
 * the others are what must not be reached. A name server says what names mean, and changes its mind.
 * Prints one JSON line per question asked on standard input's single line.
 */
import { createOutgoing } from "../../lib/base/create_outgoing.ts";
import { OutgoingError } from "../../lib/base/outgoing.ts";
import { CLOSED_ADDRESSES } from "../support/closed_addresses.ts";
import { sabotaged } from "../support/sabotage.ts";

export const PUBLIC = "9.9.9.9";
const LAN = "10.20.30.40";
const LOCAL_ADDRESSES = [
  `${PUBLIC}/32`,
  `${LAN}/32`,
  "10.0.0.1/32",
  "192.168.7.7/32",
  "169.254.169.254/32",
  "100.100.100.200/32",
  "2606:4700::1111/128",
  "fd00::1/128",
  "64:ff9b::7f00:1/128",
];
const PORT = 80;
const FLIPS = 400;

export interface SsrfReport {
  /** Addresses that were not refused, with what came of them. */
  passed: string[];
  asked: number;
  /** Connections to what must not be reached, while the closed addresses were asked for. */
  closedConnections: string[];
  /** The same name: answers of the internet, refusals, and connections to this host. */
  flips: { answered: number; refused: number; other: string[]; loopback: number };
  connects: { opened: number; refused: number; other: string[]; loopback: number };
  /** What has to work. */
  allowed: Record<string, string>;
}

const folder = Deno.makeTempDirSync({ prefix: "perch-ssrf-" });
const decoder = new TextDecoder();

function run(command: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(command, { args, stderr: "piped" }).outputSync();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${decoder.decode(stderr)}`);
}

/** Connections by the address that they came to. */
const reached: string[] = [];

function listen(): void {
  // IPv4 too: it appears as ::ffff:….
  const listener = Deno.listen({ hostname: "::", port: PORT });
  (async () => {
    for await (const connection of listener) serve(connection);
  })();
}

async function serve(connection: Deno.TcpConn): Promise<void> {
  reached.push((connection.localAddr as Deno.NetAddr).hostname);
  try {
    await connection.read(new Uint8Array(4096));
    const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi";
    await connection.write(new TextEncoder().encode(answer));
    connection.close();
  } catch {
    // it left
  }
}

/** dnsmasq: fixed names, and `flip.test` from a file that it reads again on SIGHUP. */
async function startNames(): Promise<Deno.ChildProcess> {
  Deno.writeTextFileSync(`${folder}/resolv.conf`, "nameserver 127.0.0.1\noptions timeout:1\n");
  run("mount", "--bind", `${folder}/resolv.conf`, "/etc/resolv.conf");
  Deno.writeTextFileSync(`${folder}/hosts`, `${PUBLIC} flip.test\n`);
  const hosts: Record<string, string[]> = {
    "public.test": [PUBLIC],
    "local.test": ["127.0.0.1"],
    "zero.test": ["0.0.0.0"],
    "six.test": ["::1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "meta.test": ["169.254.169.254"],
    "lan.test": [LAN],
    "both.test": [PUBLIC, "127.0.0.1"],
    "xn--locl-73d.test": ["127.0.0.1"],
    "localhost": ["127.0.0.1"],
  };
  const child = new Deno.Command("dnsmasq", {
    args: [
      "--no-daemon",
      "--no-resolv",
      "--no-hosts",
      "--user=root",
      "--listen-address=127.0.0.1",
      "--bind-interfaces",
      "--cache-size=0",
      `--pid-file=${folder}/pid`,
      `--addn-hosts=${folder}/hosts`,
      "--cname=alias.test,local.test",
      ...Object.entries(hosts).flatMap(([name, addresses]) =>
        addresses.map((address) => `--host-record=${name},${address}`)
      ),
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  for (let tries = 0;; tries++) {
    try {
      await Deno.resolveDns("public.test", "A", {
        nameServer: { ipAddr: "127.0.0.1", port: 53 },
        signal: AbortSignal.timeout(500),
      });
      return child;
    } catch (error) {
      if (tries > 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Lets `flip.test` mean the internet, then this host, every few milliseconds. */
function flipNames(names: Deno.ChildProcess): () => void {
  let local = false;
  const timer = setInterval(() => {
    local = !local;
    // Whole or not at all: half a file would be a name that nobody knows.
    Deno.writeTextFileSync(`${folder}/next`, `${local ? "127.0.0.1" : PUBLIC} flip.test\n`);
    Deno.renameSync(`${folder}/next`, `${folder}/hosts`);
    names.kill("SIGHUP");
  }, 7);
  return () => clearInterval(timer);
}

const guard = createOutgoing({
  allowed: () => [],
  opened: sabotaged("no-guard") ? ["0.0.0.0/0", "::/0"] : [],
  ownPorts: () => [],
  timeoutMs: 2_000,
});
const admins = createOutgoing({
  allowed: () => ["10.20.30.0/24"],
  opened: [],
  ownPorts: () => [8080],
});
const own = createOutgoing({
  allowed: () => ["10.20.30.0/24"],
  opened: [],
  ownPorts: () => [PORT],
});

/** With SABOTAGE=no-pin: judged first, and then connected to by name, as filters do that are passed so. */
async function ask(url: string): Promise<string> {
  if (!sabotaged("no-pin")) return (await guard.fetch(url)).text;
  await guard.check(url);
  return await (await fetch(url)).text();
}

async function outcome(work: () => Promise<unknown>): Promise<string> {
  try {
    return String(await work());
  } catch (error) {
    return error instanceof OutgoingError ? error.fault : `${error}`;
  }
}

const isClosed = (address: string) => address !== `::ffff:${PUBLIC}`;

async function closedAddresses(): Promise<
  Pick<SsrfReport, "passed" | "asked" | "closedConnections">
> {
  reached.length = 0;
  const passed: string[] = [];
  for (const address of CLOSED_ADDRESSES) {
    const came = await outcome(() => ask(address));
    if (came !== "invalid" && came !== "forbidden") {
      passed.push(`${JSON.stringify(address)}: ${came}`);
    }
  }
  return {
    passed,
    asked: CLOSED_ADDRESSES.length,
    closedConnections: reached.filter(isClosed),
  };
}

async function flips(names: Deno.ChildProcess): Promise<Pick<SsrfReport, "flips" | "connects">> {
  const stop = flipNames(names);
  reached.length = 0;
  const asked = { answered: 0, refused: 0, other: [] as string[], loopback: 0 };
  for (let i = 0; i < FLIPS; i++) {
    const came = await outcome(() => ask("http://flip.test/"));
    if (came === "hi") asked.answered++;
    else if (came === "forbidden") asked.refused++;
    else asked.other.push(came);
  }
  asked.loopback = reached.filter(isClosed).length;
  reached.length = 0;
  const connects = { opened: 0, refused: 0, other: [] as string[], loopback: 0 };
  for (let i = 0; i < FLIPS; i++) {
    const came = await outcome(async () => {
      (await guard.connect("flip.test", PORT)).destroy();
      return "opened";
    });
    if (came === "opened") connects.opened++;
    else if (came === "forbidden") connects.refused++;
    else connects.other.push(came);
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  connects.loopback = reached.filter(isClosed).length;
  stop();
  return { flips: asked, connects };
}

async function allowed(): Promise<Record<string, string>> {
  return {
    "public name": await outcome(async () => (await guard.fetch("http://public.test/")).text),
    "public address": await outcome(async () => (await guard.fetch(`http://${PUBLIC}/`)).text),
    "public IPv6": await outcome(async () => (await guard.fetch("http://[2606:4700::1111]/")).text),
    "listed network": await outcome(async () => (await admins.fetch("http://lan.test/")).text),
    "network that is not listed": await outcome(async () =>
      (await admins.fetch("http://192.168.7.7/")).text
    ),
    "own port in a listed network": await outcome(async () =>
      (await own.fetch("http://lan.test/")).text
    ),
    "own port at a public address": await outcome(async () =>
      (await own.fetch("http://public.test/")).text
    ),
    "address from the environment": await outcome(async () =>
      (await guard.fetch("http://local.test/", { trusted: true })).text
    ),
  };
}

if (import.meta.main) {
  run("ip", "link", "set", "lo", "up");
  for (const address of LOCAL_ADDRESSES) run("ip", "addr", "add", address, "dev", "lo");
  listen();
  const names = await startNames();
  try {
    const report: SsrfReport = {
      ...await closedAddresses(),
      ...await flips(names),
      allowed: await allowed(),
    };
    console.log(JSON.stringify(report));
  } finally {
    names.kill("SIGTERM");
    await names.status;
    run("umount", "/etc/resolv.conf");
    Deno.removeSync(folder, { recursive: true });
  }
  Deno.exit(0);
}
