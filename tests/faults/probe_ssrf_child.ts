/** Runs in a network of its own; prints what came of every address, through each kind of probe, as JSON. */
import { systemClock } from "../../lib/base/clock.ts";
import { createOutgoing } from "../../lib/base/create_outgoing.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Outgoing } from "../../lib/base/outgoing.ts";
import { pollErrorOf } from "../../lib/sources/polls/fault.ts";
import { kindOf } from "../../lib/sources/polls/kinds/mod.ts";
import { parseOptions } from "../../lib/sources/polls/poll_options.ts";
import { CLOSED_ADDRESSES } from "../support/closed_addresses.ts";
import { isClosed, LAN, listenEverywhere, startOwnNetwork } from "../support/own_network.ts";
import { sabotaged } from "../support/sabotage.ts";

export interface ProbeSsrfReport {
  /** Addresses that were not refused, by kind, with what came of them. */
  passed: string[];
  asked: number;
  /** Connections to what must not be reached. */
  closed: string[];
  /** Of `flip.test`: connections to the internet, refusals, others. */
  flips: { opened: number; refused: number; other: string[] };
  /** By kind: what an address that is allowed, or not, gives. */
  allowed: Record<string, string>;
  /** By where a redirect of a server of the internet leads. */
  redirected: Record<string, string>;
}

type Options = (host: string, url: string) => Record<string, unknown>;

const PORT = 80;
const FLIPS = 40;
/** Each kind with the options that lead it to an address. */
const KINDS: Readonly<Record<string, Options>> = {
  http: (_, url) => ({ url, redirects: 3 }),
  tcp: (host) => ({ host, port: PORT }),
  ping: (host) => ({ host }),
  dns: (host) => ({ name: "public.test", host, port: PORT }),
  certificate: (host) => ({ host, port: PORT }),
  modbus: (host) => ({ host, port: PORT, registers: "name,address\nx,1" }),
  prometheus: (_, url) => ({ url }),
};
const reached: string[] = [];
/** Where a server of the internet redirects to; null: it answers. */
let location: string | null = null;

async function serve(connection: Deno.TcpConn, came: string): Promise<void> {
  reached.push(came);
  await connection.read(new Uint8Array(4_096));
  const head = location === null
    ? "HTTP/1.1 200 OK\r\n"
    : `HTTP/1.1 302 Found\r\nLocation: ${location}\r\n`;
  const answer = `${head}Content-Length: 0\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(answer));
  connection.close();
}

const guardOf = (change: Partial<Parameters<typeof createOutgoing>[0]> = {}) =>
  createOutgoing({
    allowed: () => [],
    opened: sabotaged("no-guard") ? ["0.0.0.0/0", "::/0"] : [],
    ownPorts: () => [],
    ...change,
  });
const guard = guardOf();

/** "invalid", "up", or the code of why not. */
async function outcome(
  kind: string,
  options: Record<string, unknown>,
  { outgoing = guard, allowed = null }: { outgoing?: Outgoing; allowed?: string | null } = {},
): Promise<string> {
  const found = kindOf(kind)!;
  let parsed: Record<string, unknown>;
  try {
    parsed = parseOptions(found, options);
  } catch (error) {
    if (error instanceof PerchError) return "invalid";
    throw error;
  }
  const session = found.open(parsed, { outgoing, clock: systemClock(), allowed });
  try {
    await session.ask(AbortSignal.timeout(sabotaged("no-guard") ? 50 : 2_000));
    return "up";
  } catch (error) {
    return pollErrorOf(error).code;
  } finally {
    await session.close();
  }
}

/** Codes of what the guard did not let through. */
const REFUSED = new Set(["forbidden", "unallowed"]);

/** What stands for the host in an address, as it is written. */
const hostIn = (address: string) => /^\s*\w+:[/\\]*([^/?#\\]*)/.exec(address)?.[1] ?? address;

async function closedAddresses(): Promise<Pick<ProbeSsrfReport, "passed" | "asked" | "closed">> {
  const passed: string[] = [];
  let asked = 0;
  for (const [kind, optionsOf] of Object.entries(KINDS)) {
    for (const address of CLOSED_ADDRESSES) {
      const host = hostIn(address);
      // For those that take a host, what is before and behind it is not theirs.
      const isHost = /^\s*https?:/i.test(address) && host !== "" && !/@|public\.test/.test(host);
      if (!("url" in optionsOf("x", "x")) && !isHost) continue;
      asked++;
      const came = await outcome(kind, optionsOf(host, address));
      if (came !== "invalid" && !REFUSED.has(came)) passed.push(`${kind} ${address}: ${came}`);
    }
  }
  return { passed, asked, closed: reached.splice(0).filter(isClosed) };
}

async function flips(flipNames: () => () => void): Promise<ProbeSsrfReport["flips"]> {
  const stop = flipNames();
  const flips = { opened: 0, refused: 0, other: [] as string[] };
  for (const kind of ["http", "tcp"]) {
    for (let i = 0; i < FLIPS; i++) {
      const came = await outcome(kind, KINDS[kind]("flip.test", "http://flip.test/"));
      if (came === "up") flips.opened++;
      else if (REFUSED.has(came)) flips.refused++;
      else flips.other.push(`${kind}: ${came}`);
    }
  }
  stop();
  return flips;
}

async function allowed(): Promise<Record<string, string>> {
  const came: Record<string, string> = {};
  const own = guardOf({ ownPorts: () => [PORT] });
  for (const kind of ["http", "tcp", "ping"]) {
    const port = kind === "ping" ? 0 : PORT;
    const ask = async (what: string, host: string, deps: Parameters<typeof outcome>[2] = {}) => {
      came[`${kind}: ${what}`] = await outcome(kind, KINDS[kind](host, `http://${host}/`), deps);
    };
    await ask("internet", "public.test");
    await ask("LAN", "lan.test");
    await ask("LAN, allowed", "lan.test", { allowed: `${LAN}:${port}` });
    await ask("LAN, another port allowed", "lan.test", { allowed: `${LAN}:${port + 1}` });
    await ask("LAN, another host allowed", "lan.test", { allowed: `192.168.7.7:${port}` });
    await ask("metadata, allowed", "169.254.169.254", { allowed: `169.254.169.254:${port}` });
    await ask("loopback, allowed", "127.0.0.1", { allowed: `127.0.0.1:${port}` });
    if (port !== 0) {
      await ask("own port, allowed", LAN, { outgoing: own, allowed: `${LAN}:${port}` });
    }
  }
  return came;
}

async function redirected(): Promise<Record<string, string>> {
  const came: Record<string, string> = {};
  for (
    const to of [
      "http://127.0.0.1/",
      "http://lan.test/",
      "//169.254.169.254/x",
      "file:///etc/passwd",
    ]
  ) {
    location = to;
    // What is allowed for the first address is for that one alone.
    came[to] = await outcome("http", KINDS.http("", "http://public.test/"), {
      allowed: `9.9.9.9:${PORT}`,
    });
  }
  location = null;
  return came;
}

if (import.meta.main) {
  const network = await startOwnNetwork();
  Deno.writeTextFileSync("/proc/sys/net/ipv4/ping_group_range", "0 0");
  listenEverywhere(PORT, serve);
  try {
    const table = await closedAddresses();
    const flipped = await flips(network.flipNames);
    const led = await redirected();
    const reachedByNames = reached.splice(0).filter(isClosed);
    const allowing = await allowed();
    // Where the LAN was allowed it is reached, and nothing else is.
    const reachedByAllowing = reached.splice(0).filter((to) => isClosed(to) && !to.endsWith(LAN));
    const report: ProbeSsrfReport = {
      ...table,
      flips: flipped,
      redirected: led,
      allowed: allowing,
      closed: [table.closed, reachedByNames, reachedByAllowing].flat(),
    };
    console.log(JSON.stringify(report));
  } finally {
    await network.close();
  }
  Deno.exit(0);
}
