import type { Context } from "hono";
import ipaddr from "ipaddr.js";
import { PerchError } from "../../lib/base/errors.ts";

/** Where a request comes from, as far as that can be trusted. */
export interface Peer {
  /** The client's address: the socket's, or the one that a trusted proxy names; `unknown` when it names none. */
  address: string;
  /** The browser speaks https (to the trusted proxy, or to the public URL). */
  secure: boolean;
  /**
   * Nobody but this host itself: a loopback socket, a loopback Host, no forwarding header, and nothing in the
   * configuration that mentions a proxy. A proxy may rewrite Host to a loopback address and forward nothing.
   */
  loopback: boolean;
  /**
   * A program of this host, as far as `ALLOWED_NETWORKS` goes: as `loopback`, but a public address at which Perch
   * itself is reached is no sign of a proxy, and one that is told of in `TRUSTED_PROXIES` names its clients.
   */
  here: boolean;
}

/** The address of a client that a proxy speaks for and does not name. It lies in no network. */
export const UNKNOWN = "unknown";

export interface PeerRules {
  /** True when the address lies in one of `TRUSTED_PROXIES`. */
  trusted: (address: string) => boolean;
  /** `PERCH_PUBLIC_URL`. */
  publicUrl: URL | null;
  /** A proxy may stand in front: there are `TRUSTED_PROXIES`, or people use an address that is not loopback. */
  proxied: boolean;
  /** People come through a proxy that `TRUSTED_PROXIES` does not name: what it forwards may look like this host. */
  hiddenProxy: boolean;
}

/**
 * Reads the rules from the configuration; `ports` are those that Perch listens on.
 * @throws PerchError `validation`
 */
export function peerRules(
  trustedProxies: readonly string[],
  publicUrl: URL | null,
  ports: readonly number[] = [],
): PeerRules {
  const isNamed = trustedProxies.length > 0;
  const isElsewhere = publicUrl !== null && !isLoopbackHost(publicUrl.host);
  return {
    trusted: parseCidrs(trustedProxies),
    publicUrl,
    proxied: isNamed || isElsewhere,
    hiddenProxy: !isNamed && isElsewhere && !ports.includes(portOf(publicUrl)),
  };
}

const portOf = ({ port, protocol }: URL) =>
  port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);

const FORWARDING_HEADERS = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
  "via",
];

type Cidr = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * Reads CIDR blocks or single addresses (`10.0.0.0/8`, `::1`, `192.168.1.2`).
 * @throws PerchError `validation` naming the entry that is not one.
 */
export function parseCidrs(blocks: readonly string[]): (address: string) => boolean {
  const ranges = blocks.map((block): Cidr => {
    try {
      if (block.includes("/")) return ipaddr.parseCIDR(block) as Cidr;
      const single = ipaddr.process(block);
      return [single, single.kind() === "ipv4" ? 32 : 128];
    } catch {
      throw new PerchError(
        "validation",
        `trusted proxy "${block}" is not an address or CIDR block`,
      );
    }
  });
  return (address) => {
    if (ranges.length === 0 || !ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return ranges.some(([range, bits]) =>
      range.kind() === parsed.kind() &&
      (parsed.kind() === "ipv4"
        ? (parsed as ipaddr.IPv4).match(range as ipaddr.IPv4, bits)
        : (parsed as ipaddr.IPv6).match(range as ipaddr.IPv6, bits))
    );
  };
}

/** True for 127.0.0.0/8, ::1 and the IPv4-mapped form of the former. */
export function isLoopbackAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";
}

/** Host name of a `Host` header in lower case, without port and brackets. Null when it is not one. */
export function hostNameOf(host: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host);
  if (!match) return null;
  return (match[1] ?? match[2]).toLowerCase();
}

/** True for `localhost` and loopback literals. */
export function isLoopbackHost(host: string): boolean {
  const name = hostNameOf(host);
  return name !== null && (name === "localhost" || isLoopbackAddress(name));
}

/**
 * Decides who is at the other end. Forwarding headers count only when the socket's address is a trusted
 * proxy; the client is then the last address of `X-Forwarded-For` that is not a trusted proxy itself, and unknown
 * where the proxy says something else instead.
 */
export function peerOf(
  socketAddress: string,
  host: string,
  headers: Headers,
  rules: PeerRules,
  /** It came over HTTPS of our own. */
  tls = false,
): Peer {
  const forwarded = FORWARDING_HEADERS.some((name) => headers.has(name));
  const viaProxy = rules.trusted(socketAddress);
  const publicHost = rules.publicUrl?.protocol === "https:" &&
    rules.publicUrl.host === host.toLowerCase();
  const isHere = !forwarded && isLoopbackAddress(socketAddress) && isLoopbackHost(host);
  const proto = viaProxy ? headers.get("x-forwarded-proto")?.split(",").at(-1)?.trim() : undefined;
  return {
    address: viaProxy
      ? clientOf(
        headers.get("x-forwarded-for") ?? (forwarded ? UNKNOWN : null),
        socketAddress,
        rules,
      )
      : socketAddress,
    secure: tls || (proto === undefined ? publicHost : proto === "https"),
    loopback: !rules.proxied && isHere,
    here: !rules.hiddenProxy && isHere,
  };
}

function clientOf(
  header: string | null,
  socketAddress: string,
  { trusted }: Pick<PeerRules, "trusted">,
): string {
  let client = socketAddress;
  if (header === null) return client;
  for (const part of header.split(",").reverse()) {
    const address = addressIn(part.trim());
    // Who cannot be told apart is nobody; least of all the proxy that speaks for them.
    if (address === null) return UNKNOWN;
    client = address;
    if (!trusted(address)) break;
  }
  return client;
}

/** `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]`, `[2001:db8::7]:4711`; null: it names nobody. */
function addressIn(text: string): string | null {
  const [, bracketed, dotted, plain] =
    /^(?:\[([^\]]+)\](?::\d{1,5})?|([\d.]+)(?::\d{1,5})?|([\da-f:.]+))$/i.exec(text) ?? [];
  if (dotted !== undefined) return ipaddr.IPv4.isValidFourPartDecimal(dotted) ? dotted : null;
  const six = bracketed ?? plain;
  return six !== undefined && ipaddr.IPv6.isValid(six) ? six : null;
}

/** The socket's other end, whoever a proxy speaks for. */
export function socketPeer(c: Context): { hostname: string; port: number } | null {
  const remote = (c.env as { remoteAddr?: Deno.NetAddr } | undefined)?.remoteAddr;
  return remote?.transport === "tcp" ? remote : null;
}
