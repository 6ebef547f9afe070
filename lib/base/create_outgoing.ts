import { isIP } from "node:net";
import { messageOf } from "./errors.ts";
import { certificateAt, recordsOf } from "./outgoing_looks.ts";
import { type Authorities, type ConnectInit, type Outgoing, OutgoingError } from "./outgoing.ts";
import {
  connectAt,
  portOf,
  requestAt,
  type ResolvedAddress,
  streamOf,
  textUpTo,
} from "./outgoing_http.ts";
import { createPinger } from "./ping.ts";
import { endpointOf, parseNetworks, reachOf, within } from "./reach.ts";

/*
 * DESIGN
 * A name is resolved once, every address it has is judged, and the connection is made to the judged
 * addresses and no other: a name that means something else a moment later gains nothing. TLS checks the
 * certificate against the name as ever. Redirects are answers, not followed. Addresses that stand in the
 * environment are not judged (`trusted`): whoever sets the environment owns the host. Where an admin allowed one
 * address and port for one purpose (`allow`), a private address is compared with it after it was resolved.
 */

export interface OutgoingDeps {
  /** Networks that an admin allowed, as they are now. */
  allowed(): readonly string[];
  /** Networks that the environment allows, this host's own included. */
  opened: readonly string[];
  /** Single addresses with their port, `127.0.0.1:8080`, that whoever started this Perch opens. Default none. */
  openedPlaces?(): readonly string[];
  /** Ports that this Perch listens on: never reached at any of this host's addresses. */
  ownPorts(): readonly number[];
  /** PEM texts of authorities beside the well-known ones. */
  ca?: readonly string[];
  /** For requests that name no time of their own. Default 10 s. */
  timeoutMs?: number;
  /** Every address of a name; tests hand in their own. */
  resolve?(host: string): Promise<ResolvedAddress[]>;
}

const TIMEOUT_MS = 10_000;
/** Shown in the sentence that refuses a private address. */
const ALLOWED_NETWORKS_SETTING = "outgoing.allowed_networks";

/** Creates the guard. Nothing is opened. */
export function createOutgoing(deps: OutgoingDeps): Outgoing {
  const opened = parseNetworks(deps.opened);
  const resolve = deps.resolve ?? resolveAll;
  const pinger = createPinger();
  let authorities: Promise<readonly Authorities[]> | null = null;
  const trust = () => authorities ??= trustOf(deps.ca ?? []);

  /** The addresses of a host that may be connected to, after all of them were judged. */
  async function judged(host: string, port: number, init: ConnectInit): Promise<ResolvedAddress[]> {
    const addresses = await addressesOf(host);
    if (init.trusted) return addresses;
    const closed = addresses.filter(({ address }) => needsAllowing(host, address, port));
    if (closed.length === 0) return addresses;
    const taken = closed.filter(({ address }) => endpointOf(address, port) === init.allow);
    if (taken.length === 0) {
      throw refusal(
        host,
        closed[0].address,
        "it is in a private network; an admin can allow that in the setting " +
          ALLOWED_NETWORKS_SETTING,
        endpointOf(closed[0].address, port),
      );
    }
    return taken;
  }

  async function addressesOf(host: string): Promise<ResolvedAddress[]> {
    const literal = isIP(host);
    if (literal !== 0) return [{ address: host, family: literal as 4 | 6 }];
    const addresses = await resolve(host);
    if (addresses.length === 0) throw unknownHost(host);
    return addresses;
  }

  /** Whether only an admin can open an address. @throws OutgoingError for one that nobody can */
  function needsAllowing(host: string, address: string, port: number): boolean {
    if (deps.ownPorts().includes(port) && isThisHost(address)) {
      throw refusal(host, address, "Perch itself listens there");
    }
    if (within(address, opened)) return false;
    if (deps.openedPlaces?.().includes(`${address}:${port}`)) return false;
    const reach = reachOf(address);
    if (reach === "closed") {
      throw refusal(
        host,
        address,
        "this host itself, link-local and reserved addresses are closed",
      );
    }
    return reach === "private" && !within(address, parseNetworks(deps.allowed()));
  }

  /** Runs `work` within its time; what ends it is thrown as an OutgoingError. */
  async function bounded<T>(
    host: string,
    init: ConnectInit,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timeoutMs = init.timeoutMs ?? deps.timeoutMs ?? TIMEOUT_MS;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = init.signal ? AbortSignal.any([timeout, init.signal]) : timeout;
    try {
      return await orAbort(work(signal), signal);
    } catch (error) {
      if (timeout.aborted) {
        throw new OutgoingError("timeout", `${host} did not answer within ${timeoutMs / 1000} s`);
      }
      init.signal?.throwIfAborted();
      throw faultOf(host, error);
    }
  }

  return {
    async fetch(address, init = {}) {
      const url = httpAddress(address);
      const host = hostOf(url);
      return await bounded(host, init, async (signal) => {
        const port = portOf(url);
        const addresses = await judged(host, port, init);
        const take = textUpTo(init.maxBytes);
        return await requestAt(url, addresses, init, signal, await trust(), take);
      });
    },
    async open(address, init = {}) {
      const url = httpAddress(address);
      const host = hostOf(url);
      // Its time is for the way to the body: the body itself is ended by the caller's signal alone.
      const life = new AbortController();
      const end = () => life.abort(init.signal?.reason);
      const forget = () => init.signal?.removeEventListener("abort", end);
      init.signal?.addEventListener("abort", end);
      try {
        return await bounded(host, init, async (signal) => {
          const addresses = await judged(host, portOf(url), init);
          signal.throwIfAborted();
          return await requestAt(url, addresses, init, life.signal, await trust(), (answer) => {
            answer.once("close", forget);
            return streamOf(answer);
          });
        });
      } catch (error) {
        life.abort(error);
        forget();
        throw error;
      }
    },
    async connect(name, port, init = {}) {
      const host = hostName(name);
      return await bounded(host, init, async (signal) => {
        const addresses = await judged(host, port, init);
        const secure = init.tls ? { name: host, trust: await trust() } : null;
        return await connectAt(addresses, port, secure, signal);
      });
    },
    async certificate(name, port, init = {}) {
      const host = hostName(name);
      return await bounded(host, init, async (signal) => {
        const addresses = await judged(host, port, init);
        return await certificateAt(addresses, port, host, await trust(), signal);
      });
    },
    async records(name, type, { server, ...init } = {}) {
      return await bounded(server?.host ?? name, init, async (signal) => {
        if (server === undefined) return await recordsOf(name, type, signal);
        const [{ address }] = await judged(hostName(server.host), server.port, init);
        return await recordsOf(name, type, signal, { ipAddr: address, port: server.port });
      });
    },
    async ping(name, init = {}) {
      const host = hostName(name);
      return await bounded(host, init, async (signal) => {
        const [{ address }] = await judged(host, 0, init);
        const timeoutMs = init.timeoutMs ?? deps.timeoutMs ?? TIMEOUT_MS;
        const tookMs = await pinger.ping(address, timeoutMs, signal);
        if (tookMs !== null) return tookMs;
        throw new OutgoingError("timeout", `${host} did not answer within ${timeoutMs / 1000} s`);
      });
    },
    mayPing: () => pinger.isPossible(),
    trust,
    async check(address) {
      const url = httpAddress(address);
      try {
        await bounded(hostOf(url), {}, () => judged(hostOf(url), portOf(url), {}));
      } catch (error) {
        if (error instanceof OutgoingError && error.fault === "forbidden") throw error;
      }
    },
    async toAllow(name, port) {
      const host = hostName(name);
      return await bounded(host, {}, async () => {
        const closed = (await addressesOf(host))
          .filter(({ address }) => needsAllowing(host, address, port));
        return closed.length === 0 ? null : endpointOf(closed[0].address, port);
      });
    },
  };
}

/** An http(s) address that may be asked for, without its fragment. @throws OutgoingError `invalid` */
export function httpAddress(text: string): URL {
  const invalid = (why: string) => new OutgoingError("invalid", `the address ${why}`);
  if (!URL.canParse(text)) throw invalid("is none: give one like https://hooks.example.com/perch");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw invalid("has to begin with https:// or http://");
  }
  if (url.username !== "" || url.password !== "") {
    throw invalid("must not hold a user name or password");
  }
  if (portOf(url) === 0) throw invalid("has port 0, where nobody can listen");
  url.hash = "";
  return url;
}

/** A host as the URL standard writes it, so that `0x7f.1` is the address that it means. */
function hostName(text: string): string {
  const authority = text.includes(":") && !text.startsWith("[") ? `[${text}]` : text;
  const address = `http://${authority}/`;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || /[/@?#:\\\s]/.test(text.includes(":") ? "" : text) || url.port !== "") {
    throw new OutgoingError("invalid", `${JSON.stringify(text.slice(0, 100))} is no host name`);
  }
  return hostOf(url);
}

const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, "");

function isThisHost(address: string): boolean {
  const own = Deno.networkInterfaces().map((face) => `${face.address}`);
  return within(address, THIS_HOST) || within(address, parseNetworks(own));
}

/** Loopback, and the zero address, which systems take for it. */
const THIS_HOST = parseNetworks(["127.0.0.0/8", "0.0.0.0/8", "::1", "::"]);

async function resolveAll(host: string): Promise<ResolvedAddress[]> {
  const { lookup } = await import("node:dns/promises");
  const found = await lookup(host, { all: true, verbatim: true });
  const addresses = found.map(({ address, family }) => ({ address, family: family as 4 | 6 }));
  // IPv4 first: a small plant's IPv6 is more often broken than its IPv4.
  return addresses.sort((a, b) => a.family - b.family);
}

function refusal(
  host: string,
  address: string,
  why: string,
  toAllow: string | null = null,
): OutgoingError {
  const shown = host === address ? address : `${host} (${address})`;
  return new OutgoingError("forbidden", `${shown} may not be connected to: ${why}`, { toAllow });
}

const unknownHost = (host: string) =>
  new OutgoingError("unreachable", `Cannot find ${host}. Check the server name`);

/**
 * The well-known authorities and the operator's: as one set where this process may read the former, else one
 * after the other.
 */
async function trustOf(own: readonly string[]): Promise<readonly Authorities[]> {
  if (own.length === 0) return [undefined];
  const tls = await import("node:tls");
  try {
    return [[...tls.rootCertificates, ...own]];
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    return [undefined, [...own]];
  }
}

/** Resolves like `work`, or rejects as soon as the signal aborts: a name server may take its time. */
function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

const TLS_FAULT = /CERT|TLS|SSL|UNABLE_TO_|SELF_SIGNED|certificate/;

function faultOf(host: string, error: unknown): OutgoingError {
  if (error instanceof OutgoingError) return error;
  const code = String((error as { code?: unknown } | null)?.code ?? "");
  const options = { cause: error };
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return unknownHost(host);
  const message = messageOf(error);
  const fault = TLS_FAULT.test(code) || TLS_FAULT.test(message) ? "tls" : "unreachable";
  return new OutgoingError(fault, `${host}: ${message}`, options);
}
