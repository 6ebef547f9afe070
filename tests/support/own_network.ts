/**
 * A network of its own, in which every address of a test belongs to this host: 9.9.9.9 is the internet, the others
 * are what must not be reached. A name server says what names mean, and changes its mind. For a process that was
 * started by `inOwnNetwork`.
 */
export const PUBLIC = "9.9.9.9";
export const LAN = "10.20.30.40";
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

const decoder = new TextDecoder();

export interface OwnNetwork {
  /** Lets `flip.test` mean the internet, then this host, every few milliseconds; ends with what it gives. */
  flipNames(): () => void;
  close(): Promise<void>;
}

/** Takes the addresses and starts the name server. */
export async function startOwnNetwork(): Promise<OwnNetwork> {
  run("ip", "link", "set", "lo", "up");
  for (const address of LOCAL_ADDRESSES) run("ip", "addr", "add", address, "dev", "lo");
  const folder = Deno.makeTempDirSync({ prefix: "perch-network-" });
  const names = await startNames(folder);
  return {
    flipNames: () => flipNames(names, folder),
    async close() {
      names.kill("SIGTERM");
      await names.status;
      run("umount", "/etc/resolv.conf");
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

/** Runs a script there that prints one JSON value. @throws Error with what it said when it printed none */
export async function inOwnNetwork<T>(script: URL, withinMs = 90_000): Promise<T> {
  const { stdout, stderr } = await new Deno.Command("unshare", {
    args: ["--map-root-user", "--net", "--mount", Deno.execPath(), "run", "-A", script.pathname],
    stdin: "null",
    signal: AbortSignal.timeout(withinMs),
  }).output();
  const text = decoder.decode(stdout).trim();
  if (!text.startsWith("{")) throw new Error(`${text}\n${decoder.decode(stderr)}`);
  return JSON.parse(text);
}

/** Takes every connection to a port, and hands it on with the address that it came to. */
export function listenEverywhere(
  port: number,
  serve: (connection: Deno.TcpConn, came: string) => Promise<void>,
): void {
  // IPv4 too: it appears as ::ffff:….
  const listener = Deno.listen({ hostname: "::", port });
  (async () => {
    for await (const connection of listener) {
      serve(connection, (connection.localAddr as Deno.NetAddr).hostname).catch(() => {});
    }
  })();
}

/** Whether an address that was connected to is one that must not be reached. */
export const isClosed = (address: string) => address !== `::ffff:${PUBLIC}`;

function run(command: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(command, { args, stderr: "piped" }).outputSync();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${decoder.decode(stderr)}`);
}

/** dnsmasq: fixed names, and `flip.test` from a file that it reads again on SIGHUP. */
async function startNames(folder: string): Promise<Deno.ChildProcess> {
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
function flipNames(names: Deno.ChildProcess, folder: string): () => void {
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
