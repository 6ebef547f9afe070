import type { Context } from "hono";
import ipaddr from "ipaddr.js";
import { PerchError } from "../../lib/base/errors.ts";

/** Where a request comes from, as far as that can be trusted. */
export interface Peer {
  /** The client's address: the socket's, or the one that a trusted proxy names. */
  address: string;
  /** The browser speaks https (to the trusted proxy, or to the public URL). */
  secure: boolean;
  /**
   * Nobody but this host itself: a loopback socket, a loopback Host, no forwarding header, and nothing in the
   * configuration that mentions a proxy. A proxy may rewrite Host to a loopback address and forward nothing.
   */
  loopback: boolean;
}

export interface PeerRules {
  /** True when the address lies in one of `TRUSTED_PROXIES`. */
  trusted: (address: string) => boolean;
  /** `PERCH_PUBLIC_URL`. */
  publicUrl: URL | null;
  /** A proxy may stand in front: there are `TRUSTED_PROXIES`, or people use an address that is not loopback. */
  proxied: boolean;
}

/** Reads the rules from the configuration. @throws PerchError `validation` */
export function peerRules(trustedProxies: readonly string[], publicUrl: URL | null): PeerRules {
  return {
    trusted: parseCidrs(trustedProxies),
    publicUrl,
    proxied: trustedProxies.length > 0 || (publicUrl !== null && !isLoopbackHost(publicUrl.host)),
  };
}

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
 * proxy; the client is then the last address of `X-Forwarded-For` that is not a trusted proxy itself.
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
  const proto = viaProxy ? headers.get("x-forwarded-proto")?.split(",").at(-1)?.trim() : undefined;
  return {
    address: viaProxy
      ? clientOf(headers.get("x-forwarded-for"), socketAddress, rules.trusted)
      : socketAddress,
    secure: tls || (proto === undefined ? publicHost : proto === "https"),
    loopback: !rules.proxied && !forwarded && isLoopbackAddress(socketAddress) &&
      isLoopbackHost(host),
  };
}

function clientOf(
  header: string | null,
  socketAddress: string,
  trusted: (address: string) => boolean,
): string {
  let client = socketAddress;
  for (const part of (header ?? "").split(",").reverse()) {
    const address = part.trim();
    if (!ipaddr.isValid(address)) break;
    client = address;
    if (!trusted(address)) break;
  }
  return client;
}

/** The socket's other end, whoever a proxy speaks for. */
export function socketPeer(c: Context): { hostname: string; port: number } | null {
  const remote = (c.env as { remoteAddr?: Deno.NetAddr } | undefined)?.remoteAddr;
  return remote?.transport === "tcp" ? remote : null;
}
