/** Runs in a network of its own; prints what came of every address as JSON. */
import { createOutgoing } from "../../lib/base/create_outgoing.ts";
import { OutgoingError } from "../../lib/base/outgoing.ts";
import { CLOSED_ADDRESSES } from "../support/closed_addresses.ts";
import {
  isClosed,
  listenEverywhere,
  type OwnNetwork,
  PUBLIC,
  startOwnNetwork,
} from "../support/own_network.ts";
import { sabotaged } from "../support/sabotage.ts";

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

/** Connections by the address that they came to. */
const reached: string[] = [];

async function serve(connection: Deno.TcpConn, came: string): Promise<void> {
  reached.push(came);
  await connection.read(new Uint8Array(4096));
  const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi";
  await connection.write(new TextEncoder().encode(answer));
  connection.close();
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

async function flips(network: OwnNetwork): Promise<Pick<SsrfReport, "flips" | "connects">> {
  const stop = network.flipNames();
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
  const network = await startOwnNetwork();
  listenEverywhere(PORT, serve);
  try {
    const report: SsrfReport = {
      ...await closedAddresses(),
      ...await flips(network),
      allowed: await allowed(),
    };
    console.log(JSON.stringify(report));
  } finally {
    await network.close();
  }
  Deno.exit(0);
}
