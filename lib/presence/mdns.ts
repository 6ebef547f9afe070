/**
 * DNS-SD without Avahi: `_perch._tcp`, so that clients find Perch on the network. Where Avahi runs, that answers on
 * port 5353 and announces what `perch install` gave it: two answerers on one host would fight.
 */
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";

/** What is announced. */
export interface Announced {
  /** "Perch on pi"; where that is taken, "Perch on pi (2)". */
  name: string;
  /** Of this host, without `.local`. */
  host: string;
  port: number;
  txt: Record<string, string>;
  /** The one address to announce; null: all that the network can reach. */
  address: string | null;
}

export interface Mdns {
  task: Task;
  /** A sentence for people. */
  detail(): string;
}

export interface MdnsDeps {
  clock: Clock;
  log: Log;
  /** Null: nothing is to be announced, and why. */
  announced(): Announced | { off: string };
  /** Default: whether its socket is there. */
  avahiRuns?(): Promise<boolean>;
  /** Default: those of this host. */
  addresses?(): string[];
}

const AVAHI_SOCKET = "/run/avahi-daemon/socket";
const LOOK_MS = 30_000;
/** Long enough for those who are there to answer. */
const BROWSE_MS = 1_000;
const NAMES_TRIED = 9;

/** Announces while its task runs; takes it back when that ends, and announces anew when addresses change. */
export function createMdns(deps: MdnsDeps): Mdns {
  const { clock, log } = deps;
  const avahiRuns = deps.avahiRuns ?? (() => Deno.stat(AVAHI_SOCKET).then(() => true, () => false));
  const addresses = deps.addresses ?? reachableAddresses;
  let detail = "not announced yet";

  /** Announces until what is announced is another. */
  async function announce(what: Announced, signal: AbortSignal): Promise<void> {
    const { Bonjour } = await import("bonjour-service");
    let failure: unknown = null;
    const bonjour = new Bonjour({}, (error: unknown) => {
      failure = error;
    });
    try {
      const names = await browse(bonjour, clock, signal);
      const name = freeName(what.name, names);
      const shown = what.address === null ? addresses() : [what.address];
      const service = bonjour.publish({
        ...{ name, type: "perch", port: what.port, txt: what.txt, host: `${what.host}.local` },
      });
      const all = service.records.bind(service);
      // The library would announce every address that the host has. It asks for them after it looked for others of
      // the name, half a second from now.
      service.records = () => {
        const other = all().filter(({ type }) => type !== "A" && type !== "AAAA");
        const own = shown.map((address) => ({
          name: `${what.host}.local`,
          type: isIP(address) === 6 ? "AAAA" as const : "A" as const,
          ttl: 120,
          data: address,
        }));
        return [...other, ...own];
      };
      detail = `announced as “${name}” at ${shown.join(", ")}`;
      const key = keyOf(what, addresses());
      while (keyOf(deps.announced(), addresses()) === key && !await avahiRuns()) {
        if (failure !== null) throw failure;
        await clock.sleep(LOOK_MS, signal);
      }
      if (failure !== null) throw failure;
    } finally {
      // It says goodbye, so that nobody looks for what is gone.
      await new Promise<void>((resolve) => bonjour.unpublishAll(() => resolve()));
      bonjour.destroy();
    }
  }

  return {
    detail: () => detail,
    task: {
      name: "mdns",
      async run(signal) {
        while (!signal.aborted) {
          const what = deps.announced();
          if ("off" in what) detail = what.off;
          else if (await avahiRuns()) {
            detail = "Avahi runs here and announces it, after `perch install`";
          } else if (addresses().length === 0) detail = "this host has no address in a network";
          else {
            await announce(what, signal).catch((error) => {
              if (signal.aborted) return;
              detail = `it cannot be announced: ${messageOf(error)}`;
              log.info("Perch cannot be announced on the network", { error });
            });
          }
          await clock.sleep(LOOK_MS, signal);
        }
      },
    },
  };
}

function keyOf(what: Announced | { off: string }, addresses: readonly string[]): string {
  return JSON.stringify([what, addresses]);
}

/** Names of this kind that are on the network. */
async function browse(
  bonjour: InstanceType<typeof import("bonjour-service").Bonjour>,
  clock: Clock,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  const browser = bonjour.find({ type: "perch" }, ({ name }) => void names.add(name));
  try {
    await clock.sleep(BROWSE_MS, signal);
  } finally {
    browser.stop();
  }
  return names;
}

/** `Perch`, `Perch (2)` …: the first that nobody else has. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let n = 1; n <= NAMES_TRIED; n++) {
    const name = n === 1 ? wanted : `${wanted} (${n})`;
    if (!taken.has(name)) return name;
  }
  return wanted;
}

/** Addresses by which others reach this host: no loopback, no link-local. */
export function reachableAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) => all ?? [])
    .filter(({ internal, address }) => !internal && !/^(169\.254\.|fe[89ab])/i.test(address))
    .map(({ address }) => address).toSorted();
}
